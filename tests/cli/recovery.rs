//! Reports whose ledger is lost.

use esign_copy::sandbox::{Script, Settings};

use crate::kit::{HEADER, Job, Ran, SOURCE, column};

const OWNER: &str = "owner@example.com";

/// A copied row, two refused ones and a lost answer that is a copy; then the ledger is lost.
pub fn lost() -> Job {
    let job = Job::new();
    job.mailing(
        "m.csv",
        &[
            "a@example.com",
            "b+refuse@example.com",
            "c+refuse@example.com",
            "d+drop-after-commit@example.com",
        ],
    );
    job.run("m.csv", &[]).ends_with(4);
    lose(&job);
    job
}

pub fn lose(job: &Job) {
    for end in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(job.path(&format!("m.ledger{end}")));
    }
}

fn lone(job: &Job, report: &str, more: &[&str]) -> Ran {
    let mut all = vec!["--without-ledger"];
    all.extend(more);
    job.retry(report, &all)
}

pub fn looking_up(job: &Job, report: &str, more: &[&str]) -> Ran {
    let mut all = vec!["--username", OWNER, "--settle-window", "1s"];
    all.extend(more);
    lone(job, report, &all)
}

/// What the report said before is not what it says now: the row's line, with a cell replaced.
pub fn edit(job: &Job, line: usize, from: &str, to: &str) {
    let report = job.read("m.results.csv");
    let mut lines: Vec<String> = report.lines().map(str::to_owned).collect();
    assert!(lines[line].contains(from), "{}", lines[line]);
    lines[line] = lines[line].replacen(from, to, 1);
    job.write("m.results.csv", lines.join("\r\n") + "\r\n");
}

#[test]
fn a_lost_ledger_is_begun_anew_and_a_copy_that_the_report_calls_failed_is_found() {
    let job = lost();
    edit(&job, 4, ",uncertain,", ",failed,");
    edit(&job, 2, "b+refuse@", "b@");
    looking_up(&job, "m.results.csv", &[])
        .ends_with(3)
        .says("begun from the report alone: 1 copied, 0 uncertain, 3 failed or pending rows");
    let lines = job.report("m.results.csv");
    assert_eq!(
        column(&lines, "status"),
        ["copied", "copied", "failed", "copied"]
    );
    assert_eq!(column(&lines, "attempts"), ["1", "2", "2", "1"]);
    assert_eq!(column(&lines, "row"), ["1", "2", "3", "4"]);
    assert_eq!(lines[1]["signer_1_email"], "b@example.com");
    assert_eq!(job.received(), 6, "only the refused rows are sent again");
    job.assert_promise("m.results.csv");
    // From here on it is a ledger like any other.
    let again = ["--username", OWNER];
    job.retry("m.results.csv", &again).ends_with(3);
    assert_eq!(job.received(), 7);
    looking_up(&job, "m.results.csv", &[])
        .ends_with(5)
        .says("there is a ledger here");
    job.assert_promise("m.results.csv");
}

#[test]
fn uncertain_rows_are_settled_and_history_is_kept() {
    let job = lost();
    let before = job.report("m.results.csv");
    let ran = looking_up(&job, "m.results.csv", &["--limit", "0"]).ends_with(0);
    let after = job.report("m.results.csv");
    assert_eq!(
        column(&after, "status"),
        ["copied", "pending", "pending", "copied"],
        "{}",
        ran.stderr
    );
    for (before, after) in before.iter().zip(&after) {
        for name in [
            "row_id",
            "transaction_id",
            "first_sent_at",
            "attempts",
            "signer_1_email",
        ] {
            assert_eq!(before[name], after[name], "{name}");
        }
    }
    assert_eq!(before[0], after[0], "a copied row's line stays as it is");
    for name in ["error", "error_class", "http_status"] {
        assert_eq!(before[1][name], after[1][name], "{name}");
    }
    assert_eq!(job.received(), 4);
    let (_, next) = ran.stderr.split_once("next: ").unwrap();
    let once = ["--without-ledger", "--limit"];
    assert!(!once.iter().any(|flag| next.contains(flag)), "{next}");
    assert!(next.contains("--ledger m.ledger"), "{next}");
}

#[test]
fn without_look_ups_rows_are_held_until_the_next_retry() {
    let job = lost();
    let stranger = ["--username", "nobody@example.com"];
    lone(&job, "m.results.csv", &stranger)
        .ends_with(4)
        .says("does not know nobody@example.com")
        .says("4 rows: 1 copied, 0 failed, 3 uncertain");
    assert_eq!(job.received(), 4, "nothing is sent");
    // With the right one, the very ledger begun so goes on, and still knows what is to be sent.
    let again = ["--username", OWNER, "--settle-window", "1s"];
    job.retry("m.results.csv", &again).ends_with(3);
    let status = column(&job.report("m.results.csv"), "status");
    assert_eq!(status, ["copied", "failed", "failed", "copied"]);
    assert_eq!(job.received(), 6);
    job.assert_promise("m.results.csv");
}

#[test]
fn it_is_wrong_usage_where_nothing_can_be_looked_up_unless_the_report_is_trusted() {
    let job = lost();
    lone(&job, "m.results.csv", &[])
        .ends_with(2)
        .says("--trust-report");
    let held = ["--username", OWNER, "--on-uncertain", "hold"];
    lone(&job, "m.results.csv", &held).ends_with(2);
    job.retry("m.results.csv", &["--trust-report"]).ends_with(2);
    assert!(!job.path("m.ledger").exists());
    assert_eq!(job.received(), 4);
    lone(&job, "m.results.csv", &["--trust-report"])
        .ends_with(4)
        .says("sent as the report says");
    let status = column(&job.report("m.results.csv"), "status");
    assert_eq!(status, ["copied", "failed", "failed", "uncertain"]);
    assert_eq!(job.received(), 6);
    job.assert_promise("m.results.csv");
}

#[test]
fn a_part_of_a_report_knows_nothing_of_the_other_rows() {
    let job = lost();
    let report = job.read("m.results.csv");
    let lines: Vec<&str> = report.lines().collect();
    job.write("part.csv", format!("{}\n{}\n", lines[0], lines[3]));
    looking_up(&job, "part.csv", &[])
        .ends_with(5)
        .says("--ledger");
    looking_up(&job, "part.csv", &["--ledger", "m.ledger"]).ends_with(3);
    assert_eq!(job.received(), 5);
    assert_eq!(column(&job.report("part.results.csv"), "row"), ["3"]);
    job.run("m.csv", &[])
        .ends_with(5)
        .says("not in the report that this ledger was begun from");
    assert_eq!(job.received(), 5, "the rows it lacks may be copied");
}

#[test]
fn the_manifest_goes_on_in_a_ledger_begun_from_its_whole_report() {
    let job = lost();
    job.run("m.csv", &[])
        .ends_with(5)
        .says("m.results.csv exists");
    edit(&job, 2, "b+refuse@", "b@");
    looking_up(&job, "m.results.csv", &[]).ends_with(3);
    assert_eq!(job.received(), 6);
    job.run("m.csv", &["--username", OWNER]).ends_with(3);
    assert_eq!(job.received(), 6, "the stale master list is no edit");
    job.write("m.csv", job.read("m.csv").replace("b+refuse@", "b@"));
    job.run("m.csv", &["--username", OWNER]).ends_with(3);
    assert_eq!(job.received(), 6);
    job.assert_promise("m.results.csv");
}

#[test]
fn other_columns_and_the_user_s_own_ids_stay() {
    let job = Job::new();
    let header = HEADER.replace("title", "title,row_id,transaction_id,Note,status");
    let row = |key: &str, email: &str| {
        format!("{SOURCE},Lease,{key},deal-{key},\"a;b \"\"{key}\"\"\",new,Li,{email}\n")
    };
    let rows = row("7", "a@example.com")
        + &row("8", "b+refuse@example.com")
        + &row("9", "c+drop-after-commit@example.com");
    job.write("m.csv", format!("{header}{rows}"));
    job.run("m.csv", &[]).ends_with(4);
    let before = job.report("m.results.csv");
    lose(&job);
    edit(&job, 2, "b+refuse@", "b@");
    edit(&job, 3, ",uncertain,", ",pending,");
    looking_up(&job, "m.results.csv", &[]).ends_with(0);
    let after = job.report("m.results.csv");
    assert_eq!(before[0], after[0]);
    assert_eq!(after[1]["transaction_id"], "deal-8");
    assert_eq!(
        job.received(),
        4,
        "deal-9 is found by its id, title and time"
    );
    assert_eq!(after[1]["Note"], "a;b \"8\"");
    assert_eq!(after[1]["input.status"], "new");
    job.assert_promise("m.results.csv");
}

/// Four people, two of whom were sent before the report was written and one after; then the
/// ledger is lost.
fn stale() -> Job {
    let job = Job::new();
    let people = ["one", "two", "three", "four"].map(|name| format!("{name}@example.com"));
    job.mailing("m.csv", &people.each_ref().map(String::as_str));
    job.run("m.csv", &["--limit", "2"]).ends_with(0);
    let report = job.read("m.results.csv");
    job.run("m.csv", &["--limit", "1"]).ends_with(0);
    lose(&job);
    job.write("m.results.csv", report);
    job
}

#[test]
fn a_check_tells_what_would_be_done_without_the_ledger() {
    let job = lost();
    let check = |more: &[&str]| {
        let all = [&["check", "m.results.csv"], more].concat();
        job.other(&all)
    };
    check(&[]).ends_with(5).says("`check --without-ledger`");
    check(&["--without-ledger"])
        .ends_with(0)
        .says("would look up 2 rows that the report calls failed or pending")
        .says("1 uncertain one without sending any, and leave 1 copied one as they are");
    assert!(!job.path("m.ledger").exists());
    job.other(&["check", "m.csv", "--without-ledger"])
        .ends_with(2)
        .says("m.csv is not one");
    edit(&job, 2, "b+refuse@", "b@@");
    let place = "m.results.csv:3: column signer_1_email";
    check(&["--without-ledger"]).ends_with(5).says(place);
    looking_up(&job, "m.results.csv", &[])
        .ends_with(5)
        .says(place);
    edit(&job, 2, "b@@", "b@");
    looking_up(&job, "m.results.csv", &[]).ends_with(3);
    check(&["--without-ledger"])
        .ends_with(5)
        .says("there is a ledger here");
}

#[test]
fn ids_that_changed_places_stop_the_run_before_anything_is_sent() {
    let job = stale();
    let lines = job.report("m.results.csv");
    let (three, four) = (&lines[2]["transaction_id"], &lines[3]["transaction_id"]);
    edit(&job, 3, three, "swapped");
    edit(&job, 4, four, three);
    edit(&job, 3, "swapped", four);
    looking_up(&job, "m.results.csv", &[])
        .ends_with(7)
        .says("the report does not match what was copied")
        .says("no signer has four@example.com");
    assert_eq!(job.received(), 3, "three@ would get another copy");
    let again = ["--username", OWNER, "--settle-window", "1s"];
    job.retry("m.results.csv", &again).ends_with(7);
    assert_eq!(job.received(), 3);
}

#[test]
fn a_row_corrected_after_it_was_copied_is_not_reported_as_copied_to_the_new_address() {
    let job = stale();
    edit(&job, 3, "three@", "other@");
    looking_up(&job, "m.results.csv", &[])
        .ends_with(7)
        .says("no signer has other@example.com");
    let status = column(&job.report("m.results.csv"), "status");
    assert_eq!(status[2], "uncertain");
    assert_eq!(job.received(), 3);
}

/// What a report calls uncertain is looked up as it was sent, and has not changed since.
#[test]
fn an_uncertain_row_that_is_proven_absent_is_sent_in_the_same_run() {
    let script = r#"[{"email": "b@example.com", "faults": ["drop-before-commit"], "then": "ok"},
        {"email": "c@example.com", "faults": ["drop-after-commit"], "then": "ok"}]"#;
    let job = Job::with(Settings {
        script: Script::parse(script).unwrap(),
        ..Settings::default()
    });
    job.mailing(
        "m.csv",
        &["a@example.com", "b@example.com", "c@example.com"],
    );
    job.run("m.csv", &[]).ends_with(4);
    lose(&job);
    looking_up(&job, "m.results.csv", &[])
        .ends_with(0)
        .says("1 copied, 2 uncertain, 0 failed or pending rows");
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "status"), ["copied"; 3]);
    assert_eq!(column(&lines, "attempts"), ["1", "2", "1"]);
    assert_eq!(job.received(), 4);
    job.assert_promise("m.results.csv");
}

/// Without a copy that look-ups are known to find, an absence is not proven, and nothing is sent.
#[test]
fn an_uncertain_row_that_is_not_proven_absent_is_not_sent() {
    let script = r#"[{"email": "a@example.com", "faults": ["drop-before-commit"], "then": "ok"}]"#;
    let job = Job::with(Settings {
        script: Script::parse(script).unwrap(),
        ..Settings::default()
    });
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(4);
    lose(&job);
    looking_up(&job, "m.results.csv", &[]).ends_with(4);
    assert_eq!(job.received(), 1);
}
