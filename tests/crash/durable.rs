//! Nothing is answered before the disk has it. This target's own `fsync` counts instead of
//! syncing, so that a build that does not wait is told from one that does.

use std::ffi::c_int;
use std::sync::atomic::{AtomicU64, Ordering};

use esign_copy::executor::Journal;
use esign_copy::job::{AttemptClass, Ending, ErrorClass, RowState};
use esign_copy::ledger::{Ledger, LedgerFacts, RunFacts, Writer};
use futures::executor::block_on;
use jiff::Timestamp;

use crate::judge::kit::Job;

const ROWS: usize = 20;
static SYNCS: AtomicU64 = AtomicU64::new(0);

/// Only the ledger's thread counts: other tests work in this process too.
fn count() -> c_int {
    if std::thread::current().name() == Some("ledger") {
        SYNCS.fetch_add(1, Ordering::SeqCst);
    }
    0
}

// SAFETY: these take the place of libc's functions in this test's program, with their signature.
// They say that a file is durable without making it so, and no test here cuts the power.
#[unsafe(no_mangle)]
extern "C" fn fsync(_: c_int) -> c_int {
    count()
}

// SAFETY: see `fsync`.
#[unsafe(no_mangle)]
extern "C" fn fdatasync(_: c_int) -> c_int {
    count()
}

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
    let ending = Ending {
        class: AttemptClass::Refused,
        http_status: Some(200),
        text: "no".into(),
        row: RowState::Failed(ErrorClass::Refused),
    };
    let mut unsynced = 0;
    let mut before = SYNCS.load(Ordering::SeqCst);
    let mut note = || {
        let now = SYNCS.load(Ordering::SeqCst);
        unsynced += usize::from(now == before);
        before = now;
    };
    for row in block_on(journal.claim(ROWS)).unwrap() {
        let attempt = block_on(journal.begin(row.key, Timestamp::now())).unwrap();
        note();
        let finish = journal.finish(row.key, attempt, ending.clone(), Timestamp::now());
        block_on(finish).unwrap();
        note();
    }
    drop(journal);
    writer.join().unwrap().0.close().unwrap();
    unsynced
}

#[test]
fn every_record_is_durable_before_it_is_answered() {
    assert_eq!(unsynced_records(), 0);
    // The build that commits without waiting for the disk is noticed.
    fail::cfg("broken-synchronous-normal", "return").unwrap();
    let unsynced = unsynced_records();
    fail::remove("broken-synchronous-normal");
    println!(
        "synchronous=NORMAL: {unsynced} of {} records not durable",
        2 * ROWS
    );
    assert!(unsynced >= 2 * ROWS - 2, "{unsynced}");
}
