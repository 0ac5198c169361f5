//! Uncertain rows that a person answers for, and audits of what was recorded.

use crate::kit::{Job, Ran, column};
use crate::settling::{OWNER, mailing, scripted, settling};

#[test]
fn a_person_s_answer_is_checked_and_kept() {
    let job = Job::new();
    job.write(
        "m.csv",
        "row_id,source_session_id,title,signer_1_last_name,signer_1_email\n\
         1,3f0c6c1e-0000-4000-8000-000000000001,A,Li,a@example.com\n\
         2,3f0c6c1e-0000-4000-8000-000000000001,B,Li,b+500@example.com\n\
         3,3f0c6c1e-0000-4000-8000-000000000001,C,Li,c+500@example.com\n",
    );
    job.run("m.csv", &[]).ends_with(4);
    let copied = job.report("m.results.csv")[0]["new_session_id"].clone();
    let free = "aaaaaaaa-0000-4000-8000-00000000000a";
    let refused: [(&[&str], &str); 9] = [
        (&["2", "--copied", "no-guid"], "is not a session id"),
        (
            &["2", "--copied", "00000000-0000-0000-0000-000000000000"],
            "is the empty GUID",
        ),
        (
            &["2", "--copied", &copied],
            "is already the copy of row 1 (a@example.com)",
        ),
        (
            &["2", "--copied", "3f0c6c1e-0000-4000-8000-000000000001"],
            "is a source",
        ),
        (&["2", "3", "--copied", free], "name one row"),
        (&["1", "--absent"], "row 1 (a@example.com) is copied"),
        (&["9", "--absent"], "the report of m.csv has no row 9"),
        (&["2", "1", "--absent"], "row 1 (a@example.com) is copied"),
        (&["2"], "--absent"),
    ];
    for (arguments, word) in refused {
        let mut all = vec!["resolve", "m.csv"];
        all.extend(arguments);
        job.other(&all).ends_with(2).says(word);
    }
    let uncertain = |job: &Job| {
        let report = job.other(&["report", "m.csv"]).stdout;
        report.matches(",uncertain,").count()
    };
    assert_eq!(uncertain(&job), 2, "nothing refused is recorded");
    job.other(&["resolve", "m.csv", "2", "--copied", free])
        .ends_with(0);
    job.other(&["resolve", "m.ledger", "3", "--absent"])
        .ends_with(0);
    assert_eq!(uncertain(&job), 0);
    let sent = job.received();
    job.run("m.csv", &["--limit", "0"]).ends_with(0);
    let status = column(&job.report("m.results.csv"), "status");
    assert_eq!(status, ["copied", "copied", "pending"]);
    job.run("m.csv", &[]);
    assert_eq!(
        job.received(),
        sent + 1,
        "only the absent row is sent again"
    );
}

/// What a list no longer has is not worked on, until its report is tried again.
#[test]
fn an_uncertain_row_that_left_its_list_is_left_alone() {
    let job = Job::new();
    mailing(&job, &["a@example.com", "b+drop-after-commit@example.com"]);
    job.run("m.csv", &[]).ends_with(4);
    let list = job.read("m.csv");
    let without: Vec<&str> = list.lines().take(2).collect();
    job.write("m.csv", without.join("\n") + "\n");
    let retry = "retry m.results.csv --ledger m.ledger";
    settling(&job, &[])
        .ends_with(4)
        .says("1 uncertain row no longer in the list")
        .says(retry);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "row"), ["1", ""]);
    assert_eq!(column(&lines, "status"), ["copied", "uncertain"]);
    job.other(&["status", "m.ledger"]).ends_with(0).says(retry);
    job.write("m.csv", list);
    settling(&job, &[]).ends_with(0);
    assert_eq!(job.received(), 2, "it was found");
    job.assert_promise("m.results.csv");
}

/// Who said "absent" too early can say so as long as nothing was sent.
#[test]
fn an_answer_can_be_taken_back_until_the_row_is_sent() {
    let job = Job::new();
    mailing(&job, &["a@example.com", "b+drop-after-commit@example.com"]);
    job.run("m.csv", &[]).ends_with(4);
    let row = job.report("m.results.csv")[1].clone();
    let resolve = |answer: &[&str]| {
        let command = ["resolve", "m.csv", row["row_id"].as_str()];
        job.other(&[&command, answer].concat())
    };
    let made = job.stats().transactions[&row["transaction_id"]].session_ids[0].to_string();
    resolve(&["--absent"])
        .ends_with(0)
        .says("it lists a copy that you missed")
        .says("next: ")
        .says(" run m.csv ")
        .says(&format!(" --endpoint {}", job.sandbox.base_url()));
    audit(&job, OWNER)
        .ends_with(4)
        .says("If that is its copy: ")
        .says(&format!("{} --copied {made}", row["row_id"]));
    resolve(&["--absent"]).ends_with(2).says("is pending");
    resolve(&["--copied", &made]).ends_with(0);
    audit(&job, OWNER).ends_with(0);
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 2, "nothing is sent again");
    job.assert_promise("m.results.csv");
}

/// A mistyped session id is not for ever.
#[test]
fn another_copy_can_be_named_as_long_as_it_is_a_person_s_answer() {
    let job = Job::new();
    mailing(&job, &["a@example.com", "b+drop-after-commit@example.com"]);
    job.run("m.csv", &[]).ends_with(4);
    let rows = job.report("m.results.csv");
    let made = job.stats().transactions[&rows[1]["transaction_id"]].session_ids[0].to_string();
    let wrong = "aaaaaaaa-0000-4000-8000-00000000000a";
    let resolve = |row: usize, id: &str| {
        job.other(&["resolve", "m.csv", &rows[row]["row_id"], "--copied", id])
    };
    resolve(1, wrong).ends_with(0);
    audit(&job, OWNER).ends_with(4);
    resolve(1, &made).ends_with(0);
    audit(&job, OWNER).ends_with(0);
    resolve(0, wrong).ends_with(2).says("is copied");
}

#[test]
fn an_answer_is_not_taken_back_once_its_row_was_sent() {
    let job = scripted(r#"[{"email":"b@example.com","faults":["500","429"]}]"#);
    mailing(&job, &["a@example.com", "b@example.com"]);
    job.run("m.csv", &[]).ends_with(4);
    let row_id = job.report("m.results.csv")[1]["row_id"].clone();
    let resolve = |answer: &[&str]| {
        let command = ["resolve", "m.csv", row_id.as_str()];
        job.other(&[&command, answer].concat())
    };
    resolve(&["--absent"]).ends_with(0);
    job.run("m.csv", &["--max-attempts", "1"]).ends_with(69);
    assert_eq!(job.received(), 3);
    resolve(&["--copied", "aaaaaaaa-0000-4000-8000-00000000000a"])
        .ends_with(2)
        .says("is pending");
}

#[test]
fn an_audit_lists_what_is_not_as_recorded() {
    let job = scripted(r#"[{"email":"b@example.com","faults":["duplicate-commit"]}]"#);
    mailing(&job, &["a@example.com", "c+drop-after-commit@example.com"]);
    let audit = |username: &str| audit(&job, username);
    job.run("m.csv", &[]).ends_with(4);
    audit(OWNER)
        .ends_with(4)
        .says("not recorded: row 2 (c+drop-after-commit@example.com)");
    settling(&job, &[]).ends_with(0);
    audit(OWNER)
        .ends_with(0)
        .says("2 transaction ids looked up: 2 as recorded");
    mailing(&job, &["b@example.com"]);
    settling(&job, &[]).ends_with(0);
    let posts = job.received();
    audit(OWNER)
        .ends_with(4)
        .says("twice: row 1 (b@example.com)");
    audit("nobody@example.com")
        .ends_with(2)
        .says("sessions' owner");
    assert_eq!(job.received(), posts, "an audit only reads");
    job.other(&["audit", "m.csv"])
        .ends_with(2)
        .says("--username");
}

#[test]
fn an_audit_misses_a_session_that_is_not_there() {
    let job = Job::new();
    mailing(&job, &["a@example.com", "b+500@example.com"]);
    job.run("m.csv", &[]).ends_with(4);
    let row = job.report("m.results.csv")[1]["row_id"].clone();
    let invented = "aaaaaaaa-0000-4000-8000-00000000000a";
    job.other(&["resolve", "m.csv", &row, "--copied", invented])
        .ends_with(0);
    audit(&job, OWNER).ends_with(4).says(&format!(
        "missing: row 2 (b+500@example.com) is copied, but the service does not find session {invented}"
    ));
}

fn audit(job: &Job, username: &str) -> Ran {
    let endpoint = job.sandbox.base_url();
    let of_owner = ["audit", "m.csv", "--username", username, "--rate", "max"];
    job.other(&[&of_owner[..], &["--endpoint", &endpoint]].concat())
}
