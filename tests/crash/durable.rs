//! Nothing is answered before the disk has it. `durable.c`, preloaded, counts the calls of `fsync`
//! that the ledger's thread makes, so that a ledger that does not wait for the disk is noticed.

use std::path::{Path, PathBuf};
use std::process::Command;

use esign_copy::executor::{AttemptEnd, AttemptStart, Journal};
use esign_copy::job::{AttemptClass, AttemptOutcome, ErrorClass, RowState};
use esign_copy::ledger::{Ledger, LedgerFacts, RunFacts, Writer};
use futures::executor::block_on;
use jiff::Timestamp;

use crate::judge::kit::Job;

const ROWS: usize = 20;
/// Set by `durable.c`'s caller: the file that grows by a byte with each sync.
const SYNCS: &str = "COUNTED_SYNCS";
/// Whether syncs of the -wal are left out, as a ledger would that commits without waiting.
const WITHOUT_WAL: &str = "WITHOUT_WAL_SYNCS";

/// Begins and ends an attempt for each row. Gives how many of these records came back without
/// a sync.
fn unsynced_records() -> usize {
    let job = Job::new();
    let emails: Vec<String> = (0..ROWS).map(|n| format!("p{n}@example.com")).collect();
    job.mailing(
        "m.csv",
        &emails.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    job.run("m.csv", &["--limit", "0"]).ends_with(0);
    let facts = LedgerFacts {
        endpoint: job.sandbox.base_url(),
        manifest: None,
    };
    let mut ledger = Ledger::open(&job.path("m.ledger"), &facts)
        .unwrap()
        .unwrap();
    assert_eq!(ledger.plan_manifest("m.csv").unwrap(), ROWS as u64);
    let facts = RunFacts {
        command: String::new(),
        report: "m.results.csv".into(),
        username: None,
        pid: 0,
        host: String::new(),
    };
    let (run, _) = ledger.begin_run("m.csv", &facts, Timestamp::now()).unwrap();
    let (writer, journal) = Writer::start(ledger, run).unwrap();
    let outcome = AttemptOutcome {
        class: AttemptClass::Refused,
        http_status: Some(200),
        text: "no".into(),
        row: RowState::Failed(ErrorClass::Refused),
    };
    let counted = std::env::var_os(SYNCS).map(PathBuf::from).unwrap();
    let syncs = || std::fs::metadata(&counted).unwrap().len();
    let mut unsynced = 0;
    let mut before = syncs();
    let mut note = || {
        let now = syncs();
        unsynced += usize::from(now == before);
        before = now;
    };
    for row in block_on(journal.claim(ROWS)).unwrap() {
        let (row, at) = (row.unwrap().key, Timestamp::now());
        let attempt = block_on(journal.begin(AttemptStart { row, at })).unwrap();
        note();
        let end = AttemptEnd {
            row,
            attempt,
            outcome: outcome.clone(),
            at: Timestamp::now(),
        };
        block_on(journal.finish(end)).unwrap();
        note();
    }
    drop(journal);
    writer.join().unwrap().0.close().unwrap();
    unsynced
}

#[test]
#[ignore = "the test below starts it with durable.c preloaded"]
fn count_unsynced_records() {
    println!("unsynced: {}", unsynced_records());
}

/// Counts in a process of its own, into which `durable.c` is loaded.
fn counted_in_a_process(shim: &Path, without_wal: bool) -> usize {
    let syncs = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "durable::count_unsynced_records"])
        .args(["--ignored", "--nocapture"])
        .env("LD_PRELOAD", shim)
        .env(SYNCS, syncs.path());
    if without_wal {
        command.env(WITHOUT_WAL, "1");
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let count = text.split_once("unsynced: ").map(|(_, rest)| rest);
    let count = count.and_then(|rest| rest.lines().next()?.parse().ok());
    count.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

#[cfg(target_os = "linux")]
#[test]
fn every_record_is_durable_before_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let shim = folder.path().join("durable.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/durable.c");
    let built = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
        .args([&shim, &source])
        .output()
        .expect("cc builds SQLite, so it is there");
    assert!(built.status.success(), "{built:?}");
    assert_eq!(counted_in_a_process(&shim, false), 0);
    // A ledger that commits without waiting for the disk is noticed.
    let unsynced = counted_in_a_process(&shim, true);
    println!(
        "synchronous=NORMAL: {unsynced} of {} records not durable",
        2 * ROWS
    );
    assert!(unsynced >= 2 * ROWS - 2, "{unsynced}");
}
