//! A crash at each phase: before and after every record, request and file operation.

use std::collections::VecDeque;
use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::time::Duration;

use esign_copy::sandbox::{Rule, Script, Settings};

use crate::judge::kit::Job;
use crate::judge::{Figures, differences, judge};

const SOURCES: [&str; 2] = [
    "3f0c6c1e-0000-4000-8000-000000000001",
    "3f0c6c1e-0000-4000-8000-000000000002",
];
const ROWS: u64 = 16;
/// The rows that meet a fault, once each, and whether the copy is made all the same.
const FAULTS: [(u64, &str); 7] = [
    (3, "drop-after-commit"),
    (5, "drop-before-commit"),
    (6, "late-commit:200ms"),
    (8, "null-after-commit"),
    (9, "503"),
    (11, "refuse"),
    (12, "500"),
];
const ABORTED: i32 = 6;

/// What becomes of uncertain rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Settle,
    Hold,
}
use Mode::{Hold, Settle};

/// Points by phase, the hits at which the program ends there, and the modes in which it gets
/// there.
const POINTS: [(&str, &[u32], &[Mode]); 29] = [
    ("attempt-before-begin", &[1, 7], &[Settle]),
    ("attempt-begin-uncommitted", &[1, 7], &[Settle, Hold]),
    ("group-committed", &[1, 6, 11], &[Settle, Hold]),
    ("attempt-begun", &[1, 7], &[Settle, Hold]),
    ("attempt-answered", &[1, 7], &[Settle, Hold]),
    ("attempt-finish-uncommitted", &[1, 7], &[Settle, Hold]),
    ("attempt-finished", &[1, 7], &[Settle, Hold]),
    ("import-record", &[1, 9], &[Settle]),
    ("import-uncommitted", &[1], &[Settle]),
    ("import-committed", &[1], &[Settle]),
    ("ledger-before-rename", &[1], &[Settle]),
    ("ledger-old-removed", &[1], &[Settle]),
    ("ledger-renamed", &[1], &[Settle]),
    ("run-uncommitted", &[1], &[Settle]),
    ("run-begun", &[1], &[Settle]),
    ("lock-before-sending", &[1], &[Settle]),
    ("lock-sending", &[1], &[Settle]),
    ("look-up-before", &[1, 4], &[Settle]),
    ("look-up-answered", &[1, 4], &[Settle]),
    ("settle-uncommitted", &[1, 2], &[Settle]),
    ("settled-as-copied", &[1], &[Settle]),
    ("absent-before-record", &[1], &[Settle]),
    ("absent-recorded", &[1], &[Settle]),
    ("run-before-end", &[1], &[Settle, Hold]),
    ("report-line", &[1, 9], &[Settle]),
    ("file-before-rename", &[1], &[Settle, Hold]),
    ("file-renamed", &[1], &[Settle]),
    // The first two belong to the ledger that is built aside.
    ("ledger-before-checkpoint", &[1, 2], &[Settle]),
    ("ledger-checkpointed", &[1, 2], &[Settle]),
];

fn service() -> Settings {
    let rule = |(number, fault): &(u64, &str)| Rule {
        email: Some(email(*number)),
        faults: vec![Some(fault.parse().unwrap())],
        ..Rule::default()
    };
    Settings {
        script: Script {
            rules: FAULTS.iter().map(rule).collect(),
        },
        latency: Duration::from_millis(2),
        ..Settings::default()
    }
}

fn email(number: u64) -> String {
    format!("p{number}@example.com")
}

fn manifest() -> String {
    let row = |number: u64| {
        let source = SOURCES[number as usize % 2];
        format!("{source},Lease,Li,{}\n", email(number))
    };
    let header = "source_session_id,title,signer_1_last_name,signer_1_email\n";
    header.to_owned() + &(0..ROWS).map(row).collect::<String>()
}

fn flags(mode: Mode) -> Vec<&'static str> {
    let settling = match mode {
        Settle => ["--username", "owner@example.com", "--settle-window", "1s"].as_slice(),
        Hold => &[],
    };
    [settling, &["--max-uncertain", "none"]].concat()
}

/// Ends a run at a point, then runs again until the rows are done.
fn crash_at(point: &str, hit: u32, mode: Mode) -> Figures {
    let about = format!("{point}, hit {hit}, {mode:?}");
    let job = Job::with(service());
    job.write("m.csv", manifest());
    let (ledger, report) = (job.path("m.ledger"), job.path("m.results.csv"));
    let action = format!("{point}={}*off->return", hit - 1);
    let crashed = job
        .sending("run", "m.csv", &flags(mode))
        .env("FAILPOINTS", action)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&crashed.stderr);
    let signal = crashed.status.signal();
    assert_eq!(
        signal,
        Some(ABORTED),
        "{about}: it never got there: {stderr}"
    );
    match ledger.exists() {
        true => drop(judge(&ledger, &job.stats()).assert_kept(&about)),
        false => assert_eq!(job.received(), 0, "{about}"),
    }
    if report.exists() {
        assert_eq!(job.report("m.results.csv").len() as u64, ROWS, "{about}");
    }
    let mut runs = 0;
    let (done, end) = match mode {
        Settle => (vec![3], "0 uncertain, 0 pending"),
        Hold => (vec![3, 4], "0 pending"),
    };
    let mut ran = job.run("m.csv", &flags(mode));
    while !done.contains(&ran.code) && runs < 4 {
        runs += 1;
        ran = job.run("m.csv", &flags(mode));
    }
    assert!(done.contains(&ran.code), "{about}: {}", ran.stderr);
    let figures = judge(&ledger, &job.stats()).assert_kept(&about);
    assert!(figures.to_string().ends_with(end), "{about}: {figures}");
    // The refused row may have been out at the crash; without look-ups nobody can tell then.
    let refused = figures.failed + u64::from(mode == Hold && figures.failed == 0);
    assert_eq!((figures.rows, refused), (ROWS, 1), "{about}");
    assert_eq!(differences(&report, &ledger), [""; 0], "{about}");
    figures
}

#[test]
fn a_crash_at_any_phase_copies_nothing_twice_and_loses_nothing() {
    let mut cases = VecDeque::new();
    for (point, hits, modes) in POINTS {
        for mode in modes {
            cases.extend(hits.iter().map(|hit| (point, *hit, *mode)));
        }
    }
    let count = cases.len();
    let cases = Mutex::new(cases);
    let total = Mutex::new(Figures::default());
    let work = || {
        while let Some((point, hit, mode)) = {
            let mut cases = cases.lock().unwrap();
            cases.pop_front()
        } {
            let figures = crash_at(point, hit, mode);
            total.lock().unwrap().add(figures);
        }
    };
    // They wait for windows more than they work.
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(work);
        }
    });
    let total = total.into_inner().unwrap();
    println!("{count} crashes at {} points, {total}", POINTS.len());
}

#[test]
fn a_panic_in_an_attempt_is_one_uncertain_row_and_the_run_goes_on() {
    for point in ["attempt-begun", "attempt-answered", "attempt-before-begin"] {
        let job = Job::with(service());
        job.write("m.csv", manifest());
        let ran = job
            .sending("run", "m.csv", &flags(Settle))
            .env("FAILPOINTS", format!("{point}=6*off->1*panic"))
            .output()
            .unwrap();
        let ended = ran.status.code();
        let figures = judge(&job.path("m.ledger"), &job.stats()).assert_kept(point);
        let left = (figures.uncertain, figures.pending);
        let expected = match point {
            "attempt-before-begin" => (0, 1),
            _ => (1, 0),
        };
        assert_eq!((ended, left), (Some(1), expected), "{point}: {figures}");
        job.run("m.csv", &flags(Settle)).ends_with(3);
        let figures = judge(&job.path("m.ledger"), &job.stats()).assert_kept(point);
        assert_eq!((figures.copied, figures.failed), (ROWS - 1, 1), "{point}");
    }
}

#[test]
fn a_crash_while_corrections_are_taken_back_leaves_them_to_the_next_retry() {
    for (point, corrected_at_once) in [
        ("corrections-uncommitted", false),
        ("corrections-committed", true),
        ("run-begun", true),
        ("attempt-answered", true),
    ] {
        let job = Job::new();
        job.mailing("m.csv", &["a@example.com", "b+refuse@example.com"]);
        job.run("m.csv", &flags(Settle)).ends_with(3);
        let corrected = job.read("m.results.csv").replace("b+refuse@", "b@");
        job.write("m.results.csv", &corrected);
        let mut command = job.sending("retry", "m.results.csv", &flags(Settle));
        let crashed = command
            .env("FAILPOINTS", format!("{point}=return"))
            .output();
        assert_eq!(crashed.unwrap().status.signal(), Some(ABORTED), "{point}");
        let ledger = job.path("m.ledger");
        let figures = judge(&ledger, &job.stats()).assert_kept(point);
        assert_eq!(figures.failed == 0, corrected_at_once, "{point}");
        assert_eq!(job.read("m.results.csv"), corrected, "{point}");
        job.retry("m.results.csv", &flags(Settle)).ends_with(0);
        let figures = judge(&ledger, &job.stats()).assert_kept(point);
        assert_eq!((figures.copied, figures.committed), (2, 2), "{point}");
    }
}

/// To begin anew means to send anew, so nothing but the user's word may do it: not a run that
/// finds the old ledger gone, or the new one without its lock.
#[test]
fn a_crash_while_a_ledger_begins_anew_is_not_taken_for_a_beginning() {
    for point in [
        "import-record",
        "ledger-before-rename",
        "ledger-old-removed",
        "ledger-renamed",
        "lock-before-new-ledger",
    ] {
        let job = Job::new();
        job.mailing("m.csv", &["a@example.com", "b@example.com"]);
        job.run("m.csv", &[]).ends_with(0);
        let mut command = job.sending("run", "m.csv", &["--new-ledger"]);
        let crashed = command
            .env("FAILPOINTS", format!("{point}=return"))
            .output();
        assert_eq!(crashed.unwrap().status.signal(), Some(ABORTED), "{point}");
        let ran = job.run("m.csv", &[]);
        let expected = if point == "import-record" { 0 } else { 5 };
        assert_eq!(ran.code, expected, "{point}: {}", ran.stderr);
        assert_eq!(job.received(), 2, "{point}");
        job.run("m.csv", &["--new-ledger"]).ends_with(0);
        assert_eq!(job.received(), 4, "{point}");
    }
}
