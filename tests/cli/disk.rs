//! A disk that fills up: at the import, in the middle of a run, at the report.

use std::process::Command;

use crate::kit::{Job, Ran};

const ROWS: usize = 150;

/// `run` in which no file may grow beyond so many KiB; writing more fails, as on a full disk.
fn limited(job: &Job, kibibytes: usize) -> Ran {
    let run = job.sending("run", "m.csv", &["--username", "owner@example.com"]);
    let mut shell = Command::new("bash");
    // A process that ignores the signal gets the error instead.
    let script = format!("trap '' XFSZ; ulimit -f {kibibytes}; exec \"$@\"");
    shell.args(["-c", &script, "run"]);
    shell.arg(run.get_program()).args(run.get_args());
    shell.current_dir(job.folder()).env_clear();
    for (name, value) in run.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    shell.output().unwrap().into()
}

/// Every session that was made stands in the ledger, or was shown with its row.
fn every_copy_is_known(job: &Job, ran: &Ran) {
    let ledger = rusqlite::Connection::open(job.path("m.ledger")).unwrap();
    let sql = "SELECT row_id, new_session_id FROM rows WHERE transaction_id = ?1";
    for (transaction_id, seen) in &job.stats().transactions {
        let (row_id, recorded): (String, Option<String>) = ledger
            .query_row(sql, [transaction_id], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        for session in &seen.session_ids {
            let session = session.to_string();
            let shown = format!("row '{row_id}' was copied as {session}");
            let is_known = recorded.as_ref() == Some(&session) || ran.stderr.contains(&shown);
            assert!(is_known, "{transaction_id}: {session} in {}", ran.stderr);
        }
    }
}

#[test]
fn a_disk_that_fills_up_copies_nothing_twice_and_loses_nothing() {
    let emails: Vec<String> = (0..ROWS).map(|n| format!("a{n}@example.com")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let (mut at_import, mut in_run, mut unharmed) = (0, 0, 0);
    let mut size = 40;
    while unharmed == 0 && size < 20_000 {
        let job = Job::new();
        job.mailing("m.csv", &emails);
        let ran = limited(&job, size);
        let received = job.received() as usize;
        match (ran.code, received) {
            (1, 0) => at_import += 1,
            (1, 1..ROWS) => in_run += 1,
            (0, ROWS) => unharmed += 1,
            // What could not be written last was the report, or the ledger's last word.
            (1, ROWS) => {}
            (code, received) => panic!("{code} after {received} copies: {}", ran.stderr),
        }
        assert!(ran.code == 0 || !ran.stderr.is_empty());
        assert!(!ran.stderr.contains("damaged"), "{}", ran.stderr);
        if received > 0 {
            every_copy_is_known(&job, &ran);
            let counts = format!("{ROWS} rows: ");
            let last: Vec<&str> = ran.stderr.lines().rev().take(3).collect();
            assert!(last[0].starts_with("next: "), "{}", ran.stderr);
            assert!(last[2].starts_with(&counts), "{}", ran.stderr);
        }
        // With room again, the same command goes on: what was in flight is looked up.
        let quick = ["--username", "owner@example.com", "--settle-window", "2s"];
        job.run("m.csv", &quick).ends_with(0);
        assert_eq!(job.stats().copies_committed as usize, ROWS, "{size} KiB");
        job.assert_promise("m.results.csv");
        size += size / 3;
    }
    assert!(
        at_import > 0 && in_run > 0 && unharmed > 0,
        "{at_import} at the import, {in_run} in a run, {unharmed} not at all"
    );
}

/// Where not even a first byte of the report can be written, nothing is sent; where the disk is
/// full at its end, the ledger has every outcome and renders it later.
#[test]
fn a_report_that_can_not_be_written_is_no_loss() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    std::fs::create_dir(job.path("gone")).unwrap();
    std::fs::remove_dir(job.path("gone")).unwrap();
    job.run("m.csv", &["--report", "gone/m.results.csv"])
        .ends_with(1)
        .says("nothing was sent");
    assert_eq!(job.received(), 0);
}
