//! Rows that `resolve` is given by their numbers, and the reports that it writes again.

use crate::kit::{Job, Ran, SOURCE, column};
use crate::settling::mailing;

/// A report names its rows by numbers; a number that is a row's own key is that row.
#[test]
fn rows_are_named_by_their_number_in_the_report() {
    let job = Job::new();
    job.write(
        "m.csv",
        "row_id,source_session_id,title,signer_1_last_name,signer_1_email\n\
         3,3f0c6c1e-0000-4000-8000-000000000001,A,Li,a+500@example.com\n\
         x,3f0c6c1e-0000-4000-8000-000000000001,B,Li,b+500@example.com\n\
         y,3f0c6c1e-0000-4000-8000-000000000001,C,Li,c+500@example.com\n",
    );
    job.run("m.csv", &[]).ends_with(4);
    let statuses = || column(&job.report("m.results.csv"), "status");
    assert_eq!(statuses(), ["uncertain"; 3]);
    let resolve = |rows: &[&str]| job.other(&[&["resolve", "m.csv"], rows, &["--absent"]].concat());
    for (name, words) in [
        ("row:4", "the report of m.csv has no row 4"),
        ("row:0", "has no row 0"),
        ("row:", "Name a row by its number in the report (row:17)"),
        ("z", "Name a row by its number in the report (row:17)"),
    ] {
        resolve(&[name]).ends_with(2).says(words);
    }
    resolve(&["row:2", "x"])
        .ends_with(2)
        .says("row 2 (b+500@example.com) is named twice");
    assert_eq!(statuses(), ["uncertain"; 3], "nothing refused is recorded");
    resolve(&["row:2"])
        .ends_with(0)
        .says("row 2 (b+500@example.com) is pending")
        .says("report: m.results.csv");
    assert_eq!(
        statuses(),
        ["uncertain", "pending", "uncertain"],
        "the report is written again"
    );
    resolve(&["3"])
        .ends_with(0)
        .says("row 1 (a+500@example.com) is pending");
    resolve(&["row:3"])
        .ends_with(0)
        .says("row 3 (c+500@example.com)");
    assert_eq!(statuses(), ["pending"; 3]);
}

/// Every list that a ledger serves has a row 1.
#[test]
fn a_number_needs_its_list() {
    let job = Job::new();
    let with = |email: &str| {
        format!(
            "source_session_id,title,signer_1_last_name,signer_1_email\n\
             3f0c6c1e-0000-4000-8000-000000000001,A,Li,{email}+500@example.com\n"
        )
    };
    for name in ["a", "b"] {
        let list = format!("{name}.csv");
        job.write(&list, with(name));
        let files = [
            "--ledger",
            "all.ledger",
            "--report",
            &format!("{name}.out.csv"),
        ];
        job.run(&list, &files).ends_with(4);
    }
    job.other(&["resolve", "all.ledger", "row:1", "--absent"])
        .ends_with(2)
        .says("several lists share this ledger (a.csv, b.csv)");
    job.other(&[
        "resolve",
        "b.csv",
        "--ledger",
        "all.ledger",
        "row:1",
        "--absent",
    ])
    .ends_with(0)
    .says("row 1 (b+500@example.com) is pending")
    .says("report: b.out.csv");
    assert_eq!(column(&job.report("b.out.csv"), "status"), ["pending"]);
    assert_eq!(column(&job.report("a.out.csv"), "status"), ["uncertain"]);
}

/// A row id wins over a bare number; what can mean two rows is refused.
#[test]
fn a_name_that_can_mean_two_rows_is_refused() {
    let job = Job::new();
    let ids = ["A", "1", "row:2", "0003", "005"].into_iter().enumerate();
    let rows = ids.map(|(at, id)| format!("{id},{SOURCE},T{at},Li,a{at}+500@example.com\n"));
    let header = "row_id,source_session_id,title,signer_1_last_name,signer_1_email\n";
    job.write("m.csv", header.to_owned() + &rows.collect::<String>());
    let run = ["--no-canary", "--max-uncertain", "none"];
    job.run("m.csv", &run).ends_with(4);
    let resolve = |row: &str| job.other(&["resolve", "m.csv", row, "--absent"]);
    for (row, words) in [
        (
            "row:2",
            "'row:2' can mean row 2 (a1+500@example.com) or row 3 (a2+500@example.com). Give the \
             row_id: '1' for the first, 'row:2' for the second",
        ),
        (
            "3",
            "'3' can mean row 3 (a2+500@example.com) or row 4 (a3+500@example.com)",
        ),
    ] {
        resolve(row).ends_with(2).says(words);
    }
    for (row, words) in [
        ("1", "row 2 (a1+500@example.com) is pending"),
        ("row:1", "row 1 (a0+500@example.com) is pending"),
        ("row:3", "row 3 (a2+500@example.com) is pending"),
        ("5", "row 5 (a4+500@example.com) is pending"),
    ] {
        resolve(row).ends_with(0).says(words);
    }
}

#[test]
fn a_row_of_two_lists_is_written_in_both_reports() {
    let job = Job::new();
    mailing(&job, &["a@example.com", "b+500@example.com"]);
    job.run("m.csv", &[]).ends_with(4);
    job.mailing(
        "n.csv",
        &["c@example.com", "d+500@example.com", "b+500@example.com"],
    );
    job.run("n.csv", &["--ledger", "m.ledger"]).ends_with(4);
    let of_n = ["resolve", "n.csv", "--ledger", "m.ledger", "--absent"];
    job.other(&[&of_n[..], &["row:2"]].concat())
        .ends_with(0)
        .says("row 2 (d+500@example.com) is pending")
        .says("report: n.results.csv\n");
    job.other(&["status", "n.results.csv", "--ledger", "m.ledger"])
        .ends_with(0)
        .says("n.csv (read ");
    let of_report = ["resolve", "n.results.csv", "--ledger", "m.ledger"];
    let copied = ["--copied", "aaaaaaaa-0000-4000-8000-00000000000a"];
    job.other(&[&of_report[..], &["row:2"], &copied].concat())
        .ends_with(0)
        .says("row 2 (d+500@example.com) is copied");
    job.other(&[&of_n[..], &["row:3"]].concat())
        .ends_with(0)
        .says("row 3 (b+500@example.com) is pending")
        .says("report: m.results.csv\nreport: n.results.csv\n");
    let statuses = |report: &str| column(&job.report(report), "status");
    assert_eq!(statuses("m.results.csv"), ["copied", "pending"]);
    assert_eq!(statuses("n.results.csv"), ["copied", "copied", "pending"]);
}

/// The last report that its reader has numbers the rows of an older list.
#[test]
fn a_number_of_an_older_report_is_not_taken() {
    let job = Job::new();
    mailing(&job, &["a@example.com", "b+500@example.com"]);
    job.run("m.csv", &[]).ends_with(4);
    mailing(
        &job,
        &["c+hang@example.com", "a@example.com", "b+500@example.com"],
    );
    let mut killed = job.sending("run", "m.csv", &[]).spawn().unwrap();
    job.wait_until_received(3);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let resolve = |row: &str| job.other(&["resolve", "m.csv", row, "--absent"]);
    resolve("row:2")
        .ends_with(2)
        .says("the list was read again after its last report was written");
    let row_id = job.report("m.results.csv")[1]["row_id"].clone();
    resolve(&row_id)
        .ends_with(0)
        .says("row 3 (b+500@example.com) is pending");
    resolve("row:1")
        .ends_with(0)
        .says("row 1 (c+hang@example.com) is pending");
}

/// What somebody has put in the report's place stays as it is.
#[test]
fn an_answer_never_overwrites_an_edited_report() {
    let job = Job::new();
    mailing(&job, &["a+500@example.com"]);
    job.run("m.csv", &[]).ends_with(4);
    let edited = job.read("m.results.csv").replace("Lease", "Contract");
    job.write("m.results.csv", &edited);
    let ran = job
        .other(&["resolve", "m.csv", "row:1", "--absent"])
        .ends_with(0);
    let words = "that file is now ";
    let (_, kept) = ran.stderr.split_once(words).expect(&ran.stderr);
    let (kept, _) = kept.split_once(". ").expect(kept);
    assert_eq!(job.read(kept), edited);
    assert_eq!(column(&job.report("m.results.csv"), "status"), ["pending"]);
    job.write("m.results.csv", "no report\n");
    job.other(&[
        "resolve",
        "m.csv",
        "row:1",
        "--copied",
        "aaaaaaaa-0000-4000-8000-00000000000a",
    ])
    .ends_with(1)
    .says("is copied: aaaaaaaa")
    .says("your answer is recorded, but the report could not be written again")
    .says("this is not a report");
    assert_eq!(job.read("m.results.csv"), "no report\n");
}

/// The variable is for every job; a ledger says which service it is for.
#[test]
fn a_ledger_that_is_named_needs_no_endpoint() {
    let job = Job::new();
    mailing(&job, &["a@example.com", "b+500@example.com"]);
    job.run("m.csv", &[]).ends_with(4);
    let with_stage = |arguments: &[&str]| {
        let mut command = job.command(arguments);
        command.env("ESIGN_COPY_ENDPOINT", "stage");
        // Should a guard fail, its request must not leave this machine.
        command.env("ESIGN_COPY_PROXY", "http://127.0.0.1:9");
        Ran::from(command.output().unwrap())
    };
    let endpoint = format!("endpoint: {}", job.sandbox.base_url());
    with_stage(&["status", "m.ledger"])
        .ends_with(0)
        .says(&endpoint);
    with_stage(&["report", "m.results.csv"]).ends_with(0);
    with_stage(&["status", "m.csv", "--ledger", "m.ledger"]).ends_with(0);
    with_stage(&["resolve", "m.ledger", "row:2", "--absent"]).ends_with(0);
    with_stage(&["status", "m.csv"]).ends_with(5);
    let said = ["status", "m.ledger", "--endpoint", "stage"];
    job.other(&said)
        .ends_with(5)
        .says("belongs to the endpoint");
    with_stage(&["audit", "m.ledger", "--username", "owner@example.com"])
        .ends_with(5)
        .says("belongs to the endpoint");
}

/// What the list no longer has is not sent; and a page does not know what was answered.
#[test]
fn an_answer_says_what_does_not_follow_from_it() {
    let job = Job::new();
    mailing(
        &job,
        &["a@example.com", "b+500@example.com", "c+500@example.com"],
    );
    job.run("m.csv", &["--html", "m.html"]).ends_with(4);
    let row_id = job.report("m.results.csv")[2]["row_id"].clone();
    let list = job.read("m.csv");
    let without: Vec<&str> = list.lines().take(3).collect();
    job.write("m.csv", without.join("\n") + "\n");
    job.run("m.csv", &["--limit", "0"]).ends_with(4);
    let resolve = |row: &str| {
        job.other(&["resolve", "m.csv", row, "--absent"])
            .ends_with(0)
    };
    resolve("row:2")
        .says("row 2 (b+500@example.com) is pending: the next run sends it")
        .says("m.html was written before this answer; to write it again: ");
    let gone =
        format!("row '{row_id}' (c+500@example.com) is pending, but no list has it any more");
    resolve(&row_id).says(&gone);
}
