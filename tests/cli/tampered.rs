//! Ledgers that somebody else has had a hand in: what they bring with them does not run, and is refused.

use std::os::unix::fs::PermissionsExt;

use crate::kit::Job;

/// Two rows, one sent, in a ledger that was then changed.
fn changed(sql: &str) -> Job {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &["--limit", "1"]).ends_with(0);
    let ledger = rusqlite::Connection::open(job.path("m.ledger")).unwrap();
    ledger.execute_batch(sql).unwrap();
    job
}

fn refused(job: &Job, what: &str) {
    let endpoint = job.sandbox.base_url();
    job.run("m.csv", &[]).ends_with(5).says(what);
    job.retry("m.results.csv", &[]).ends_with(5).says(what);
    for command in ["status", "report"] {
        job.other(&[command, "m.ledger"]).ends_with(5).says(what);
    }
    let audit = ["audit", "m.ledger", "--endpoint", &endpoint];
    job.other(&[&audit[..], &["--username", "owner@example.com"]].concat())
        .ends_with(5)
        .says(what);
    let resolve = ["resolve", "m.ledger", "row:1", "--absent"];
    job.other(&resolve).ends_with(5);
    let check = ["check", "m.csv", "--endpoint", &endpoint];
    job.other(&check).ends_with(5).says(what);
    assert_eq!(job.received(), 1);
}

#[test]
fn a_trigger_that_puts_sent_rows_back_is_refused() {
    let job = changed(
        "CREATE TRIGGER again AFTER UPDATE OF status ON rows WHEN new.status = 'copied'
         BEGIN UPDATE rows SET status = 'pending', new_session_id = NULL WHERE id = new.id; END",
    );
    refused(&job, "trigger again");
}

#[test]
fn a_view_in_a_tables_place_is_refused() {
    let job = changed(
        "PRAGMA legacy_alter_table = ON; PRAGMA foreign_keys = OFF;
         ALTER TABLE rows RENAME TO kept;
         CREATE VIEW rows AS SELECT * FROM kept WHERE status = 'copied'",
    );
    refused(&job, "is not as esign-copy makes it");
}

#[test]
fn a_ledger_that_everybody_may_write_is_refused() {
    let job = changed("");
    let mode = |mode| {
        let rights = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(job.path("m.ledger"), rights).unwrap();
    };
    mode(0o602);
    refused(&job, "everybody on this machine may write this ledger");
    // A group that works on it together is nobody else.
    mode(0o660);
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 2);
}
