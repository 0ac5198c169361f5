//! Tests that never fail prove little. Each broken build drops one of the program's precautions,
//! and the same judge must notice; so must it notice a ledger or a report that was tampered with.

use std::time::Duration;

use esign_copy::sandbox::Settings;

use crate::judge::kit::{Job, wait_until};
use crate::judge::{Figures, differences, judge};
use crate::kills::Ordeal;

/// Kills a run while answers are out, twice, and lets the third one finish.
fn killed_while_answers_are_out(failpoints: &'static str) -> (Figures, Figures) {
    let slow = Settings {
        latency: Duration::from_millis(300),
        ..Settings::default()
    };
    let ordeal = Ordeal::with(slow, 1, 40, false, failpoints);
    let mut killed = Figures::default();
    for round in 1..=2 {
        let before = ordeal.job.stats().copies_committed;
        let mut child = ordeal.start();
        // The service has made these copies, and answers them only 300 ms later.
        wait_until("nothing is sent", || {
            ordeal.job.stats().copies_committed >= before + 4 * round
        });
        child.kill().unwrap();
        child.wait().unwrap();
        killed.add(ordeal.judge());
    }
    let status = ordeal.start().wait().unwrap();
    assert!(status.code().is_some());
    (killed, ordeal.judge())
}

#[test]
fn a_ledger_of_results_only_is_noticed() {
    let (killed, ended) = killed_while_answers_are_out("broken-result-only=return");
    assert!(killed.lost.len() >= 4, "{killed}");
    assert!(ended.duplicates.len() >= 4, "{ended}");
    println!("result-only ledger: {ended}");
    // The same kills of the sound build, so that it is the breakage that was noticed.
    let (killed, ended) = killed_while_answers_are_out("");
    killed.assert_kept("killed");
    ended.assert_kept("ended");
}

#[test]
fn a_blind_repeat_is_noticed() {
    let run = |failpoints| {
        let job = Job::new();
        job.mailing(
            "m.csv",
            &[
                "a@example.com",
                "b+drop-after-commit@example.com",
                "c+half-answer-after-commit@example.com",
                "d+500-after-commit@example.com",
            ],
        );
        let mut command = job.sending("run", "m.csv", &["--max-attempts", "3"]);
        command.env("FAILPOINTS", failpoints).output().unwrap();
        judge(&job.path("m.ledger"), &job.stats())
    };
    let broken = run("broken-blind-repeat=return");
    assert_eq!(broken.duplicates.len(), 3, "{broken}");
    println!("blind repeat: {broken}");
    run("").assert_kept("the same faults and the sound build");
}

#[test]
fn a_ledger_that_was_tampered_with_is_noticed() {
    let job = Job::new();
    let emails = ["a@example.com", "b@example.com", "c+refuse@example.com"];
    job.mailing("m.csv", &emails);
    job.run("m.csv", &[]).ends_with(3);
    let (ledger, report) = (job.path("m.ledger"), job.path("m.results.csv"));
    let sound = std::fs::read(&ledger).unwrap();
    let noticed = |sql: &str| {
        std::fs::write(&ledger, &sound).unwrap();
        let connection = rusqlite::Connection::open(&ledger).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        let figures = judge(&ledger, &job.stats());
        let kinds = [&figures.duplicates, &figures.lost, &figures.invented];
        let lengths = kinds.map(Vec::len);
        let unaccounted = figures.unaccounted.len();
        (lengths, unaccounted, differences(&report, &ledger).len())
    };
    assert_eq!(noticed(""), ([0, 0, 0], 0, 0));
    for (sql, expected) in [
        // A copy that is forgotten: its attempt is there, and so is the copy.
        (
            "UPDATE rows SET status = 'pending', new_session_id = NULL WHERE id = 1",
            ([0, 1, 0], 1, 2),
        ),
        (
            "UPDATE rows SET status = 'failed' WHERE id = 2",
            ([0, 1, 0], 1, 1),
        ),
        (
            "UPDATE rows SET transaction_id = 'x' WHERE id = 1",
            ([0, 1, 1], 0, 1),
        ),
        (
            "UPDATE rows SET new_session_id = 'x' WHERE id = 1",
            ([0, 0, 1], 0, 1),
        ),
        (
            "UPDATE rows SET status = 'copied' WHERE id = 3",
            ([0, 0, 1], 0, 1),
        ),
        (
            "UPDATE rows SET status = 'odd' WHERE id = 3",
            ([0, 0, 0], 1, 1),
        ),
        (
            "UPDATE attempts SET class = NULL WHERE row = 3",
            ([0, 0, 0], 1, 0),
        ),
        (
            "DELETE FROM attempts WHERE row = 3; DELETE FROM records WHERE row = 3;
          DELETE FROM contents WHERE row = 3; DELETE FROM rows WHERE id = 3",
            ([0, 0, 0], 0, 1),
        ),
    ] {
        assert_eq!(noticed(sql), expected, "{sql}");
    }
}
