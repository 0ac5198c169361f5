//! `check`: what it says of manifests and reports, and refuses as `run` would.

use crate::kit::{HEADER, Job, SOURCE};

#[test]
fn check_tells_all_problems_the_time_and_what_cannot_be_told_apart() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "bad", "a@example.com"]);
    let ran = job.other(&["check", "m.csv"]).ends_with(5);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(
        lines[0].starts_with("m.csv:3: column signer_1_email"),
        "{}",
        ran.stderr
    );
    assert!(
        lines[1].starts_with("m.csv:4: line 2 already has this row"),
        "{}",
        ran.stderr
    );
    assert!(lines[2].starts_with("error: 2 problems"), "{}", ran.stderr);
    job.write(
        "n.csv",
        format!(
            "transaction_id,{HEADER}T,{SOURCE},x,Li,a@example.com\nT,{SOURCE},x,Li,b@example.com\n"
        ),
    );
    job.other(&["check", "n.csv", "--rate", "1/s"])
        .ends_with(0)
        .says("2 rows share the transaction id 'T'")
        .says("at 1/s it takes about 4s")
        .says("invites are off");
}

#[test]
fn check_counts_what_the_ledger_has_sent_and_refuses_what_a_run_would() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b+refuse@example.com"]);
    job.run("m.csv", &[]).ends_with(3);
    job.mailing(
        "m.csv",
        &["a@example.com", "b+refuse@example.com", "c@example.com"],
    );
    let endpoint = job.sandbox.base_url();
    let check = ["check", "m.csv", "--endpoint", &endpoint];
    job.other(&check)
        .ends_with(0)
        .says("3 rows: 1 can be sent, 0 invalid")
        .says("with what m.ledger has already done: 3 rows: 1 copied, 1 failed, 0 uncertain, 1 pending");
    let retitled = job.read("m.csv").replacen("Lease", "Rent", 1);
    job.write("m.csv", retitled);
    job.other(&check).ends_with(5).says("--accept-changes");
    job.other(&["check", "m.csv"])
        .ends_with(0)
        .says("3 can be sent");
    job.other(&["check", "m.csv", "--endpoint", "stage"])
        .ends_with(0)
        .says("3 can be sent");
    job.other(&[
        "check",
        "m.csv",
        "--endpoint",
        "stage",
        "--ledger",
        "m.ledger",
    ])
    .ends_with(5);
    assert_eq!(job.received(), 2);
}

#[test]
fn check_of_a_report_tells_what_retry_would_send_and_what_was_changed() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b+refuse@example.com"]);
    job.run("m.csv", &[]).ends_with(3);
    job.write(
        "m.results.csv",
        job.read("m.results.csv").replace("b+refuse@", "b@"),
    );
    let before = std::fs::read(job.path("m.ledger")).unwrap();
    job.other(&["check", "m.results.csv"])
        .ends_with(0)
        .says("signer_1_email: 'b+refuse@example.com' → 'b@example.com'")
        .says("retry would send 1 row, 1 of them corrected");
    assert_eq!(std::fs::read(job.path("m.ledger")).unwrap(), before);
    assert_eq!(job.received(), 2);
}
