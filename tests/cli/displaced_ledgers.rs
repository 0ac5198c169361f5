//! A ledger that is taken away, linked or damaged: nothing is sent by guess, and nothing that is
//! known is lost.

use std::process::Command;
use std::time::Duration;

use esign_copy::sandbox::Settings;

use crate::kit::{Job, Ran, column};

/// Far more rows than are sent before the test has done something to their ledger.
fn long_job() -> Job {
    let job = Job::with(Settings {
        latency: Duration::from_millis(30),
        ..Settings::default()
    });
    let emails: Vec<String> = (0..400).map(|n| format!("a{n}@example.com")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    job.mailing("m.csv", &emails);
    job
}

/// Does something to the ledger while a run works on it, and waits for that to end.
fn disturbed(job: &Job, disturb: impl FnOnce()) -> Ran {
    let mut run = job.sending("run", "m.csv", &[]);
    let child = run.spawn().unwrap();
    job.wait_until_received(8);
    disturb();
    let before = job.received();
    let ran: Ran = child.wait_with_output().unwrap().into();
    let after = job.received();
    assert!(after <= before + 8, "{after} after {before}");
    ran.ends_with(1)
}

#[test]
fn what_a_run_knew_is_kept_when_its_ledger_is_taken_away() {
    type Disturb = fn(&Job);
    let disturbances: [Disturb; 3] = [
        |job| std::fs::remove_file(job.path("m.ledger")).unwrap(),
        |job| std::fs::remove_file(job.path("m.ledger-wal")).unwrap(),
        |job| {
            std::fs::write(job.path("m.ledger.new"), "")
                .and_then(|()| std::fs::rename(job.path("m.ledger.new"), job.path("m.ledger")))
                .unwrap();
        },
    ];
    for disturb in disturbances {
        let job = long_job();
        let ran = disturbed(&job, || disturb(&job))
            .says("was deleted, emptied or replaced while the run worked")
            .says("400 rows: ")
            .says("report: m.results.csv");
        job.assert_promise("m.results.csv");
        let statuses = column(&job.report("m.results.csv"), "status");
        let copied = statuses.iter().filter(|status| *status == "copied").count();
        assert_eq!(copied as u64, job.received(), "every answer was recorded");
        // Put in its place as the last line says, the run goes on where it was.
        let next = ran.stderr.lines().last().unwrap();
        let next = next.strip_prefix("next: ").unwrap();
        let mut shell = Command::new("sh");
        let put_back = shell.args(["-c", next]).current_dir(job.folder()).status();
        assert!(put_back.unwrap().success(), "{next}");
        let ran = job.run("m.csv", &["--limit", "5"]).ends_with(0);
        assert!(!ran.stderr.contains("edited"), "{}", ran.stderr);
        assert_eq!(job.received(), copied as u64 + 5);
        job.assert_promise("m.results.csv");
    }
}

/// Between the last answer and the end, which takes longest with a large list.
#[test]
fn a_ledger_taken_away_at_the_very_end_is_kept_too() {
    for point in ["run-before-end", "file-before-rename"] {
        let job = Job::new();
        job.mailing("m.csv", &["a@example.com", "b@example.com"]);
        let mut run = job.sending("run", "m.csv", &["-q"]);
        run.env("FAILPOINTS", format!("{point}=sleep(1500)"));
        let child = run.spawn().unwrap();
        job.wait_until_received(2);
        // Into the pause; before it, the end would be the same.
        std::thread::sleep(Duration::from_millis(500));
        std::fs::remove_file(job.path("m.ledger")).unwrap();
        let ran: Ran = child.wait_with_output().unwrap().into();
        ran.ends_with(1)
            .says("What the run knew is saved as m.ledger.rescued-");
        job.assert_promise("m.results.csv");
        let again = job.run("m.csv", &[]).ends_with(5);
        again.says("saved what it knew as m.ledger.rescued-");
    }
}

#[test]
fn a_ledger_with_two_names_is_refused() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &["--limit", "1"]).ends_with(0);
    std::fs::hard_link(job.path("m.ledger"), job.path("l.ledger")).unwrap();
    for flags in [["--report", "r.csv"], ["--ledger", "l.ledger"]] {
        job.run("m.csv", &flags).ends_with(5).says("hard links");
    }
    std::fs::remove_file(job.path("l.ledger")).unwrap();
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 2);
}

/// A row that is looked up under another transaction id is found absent, and sent again.
#[test]
fn a_flipped_bit_in_an_id_is_noticed() {
    let job = Job::new();
    job.mailing(
        "m.csv",
        &["a@example.com", "b+drop-after-commit@example.com"],
    );
    job.run("m.csv", &[]).ends_with(4);
    let sound = std::fs::read(job.path("m.ledger")).unwrap();
    let report = job.report("m.results.csv");
    let ids = [
        &report[1]["transaction_id"],
        &report[0]["new_session_id"],
        &report[1]["row_id"],
    ];
    for id in ids {
        let mut refused = 0;
        for place in 0..sound.len() - id.len() {
            if &sound[place..place + id.len()] != id.as_bytes() {
                continue;
            }
            let mut damaged = sound.clone();
            damaged[place + id.len() - 1] ^= 1;
            std::fs::write(job.path("m.ledger"), damaged).unwrap();
            let flags = ["--username", "owner@example.com", "--settle-window", "1s"];
            let ran = job.run("m.csv", &flags);
            // A place that SQLite no longer uses does no harm.
            match ran.code {
                0 => job.assert_promise("m.results.csv"),
                _ => {
                    ran.ends_with(5).says("damaged");
                    refused += 1;
                }
            }
        }
        assert!(refused >= 2, "{id} stands in a table and in an index");
    }
    assert_eq!(job.received(), 2);
}
