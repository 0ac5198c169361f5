//! How fast the ledger records attempts and outcomes: begin + finish with 64 rows in flight,
//! each durable before it returns. Prints the median of several runs.
//!
//!     cargo bench --bench ledger

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use esign_copy::executor::{AttemptEnd, AttemptStart, Journal};
use esign_copy::job::ManifestFacts;
use esign_copy::job::{
    AttemptClass, AttemptOutcome, Column, Fields, Record, RowState, SessionId, TakenCells,
};
use esign_copy::ledger::{
    ImportOptions, Ledger, LedgerError, LedgerFacts, ListColumns, RunFacts, Writer,
};
use jiff::Timestamp;

const ROWS: u64 = 20_000;
const IN_FLIGHT: usize = 64;
const RUNS: usize = 5;

fn record(number: u64) -> Record {
    let mut fields = Fields::default();
    fields.set(
        Column::SourceSessionId,
        "3f0c6c1e-0000-4000-8000-000000000001",
    );
    fields.set(Column::Title, &format!("Lease {number}"));
    Record {
        number,
        line: number + 1,
        row_id: None,
        hash: fields.content_hash(None),
        fields,
        taken: TakenCells::default(),
        constants: Vec::new(),
        problem: None,
        flaws: Vec::new(),
        other: BTreeMap::new(),
    }
}

fn filled(folder: &std::path::Path) -> Ledger {
    let facts = LedgerFacts {
        endpoint: "bench".into(),
        manifest: None,
    };
    let now = Timestamp::now();
    let path = folder.join("bench.ledger");
    let ledger = Ledger::begin::<_, LedgerError>(
        &path,
        &facts,
        now,
        |ledger| {
            let manifest = ManifestFacts {
                name: "bench".into(),
                size: 0,
                modified: now,
                sha256: [0; 32],
                options: String::new(),
                dialect: None,
            };
            let options = ImportOptions {
                keep_source_signers: true,
                ..ImportOptions::default()
            };
            let mut import = ledger.import(manifest, options)?;
            for number in 1..=ROWS {
                import.add(&record(number))?;
            }
            import
                .judge(ListColumns::default(), None)?
                .finish(now)
                .expect("nothing is refused");
            Ok(())
        },
        || Ok(()),
    );
    ledger.expect("a fresh ledger").0
}

async fn work_off(journal: impl Journal) {
    let mut tasks = tokio::task::JoinSet::new();
    let mut jobs = Vec::new();
    loop {
        if jobs.is_empty() {
            jobs = journal.claim(256).await.expect("claim");
        }
        let Some(job) = jobs.pop().transpose().expect("valid rows") else {
            break;
        };
        if tasks.len() >= IN_FLIGHT {
            tasks.join_next().await;
        }
        let journal = journal.clone();
        tasks.spawn(async move {
            let (row, at) = (job.key, Timestamp::now());
            let start = AttemptStart { row, at };
            let attempt = journal.begin(start).await.expect("begin");
            let id = format!("aaaaaaaa-0000-4000-8000-{:012}", row.0);
            let outcome = AttemptOutcome {
                class: AttemptClass::Copied,
                http_status: Some(200),
                text: String::new(),
                row: RowState::Copied(SessionId::parse(&id).expect("a GUID")),
            };
            let end = AttemptEnd {
                row,
                attempt,
                outcome,
                at: Timestamp::now(),
            };
            journal.finish(end).await.expect("finish");
        });
    }
    while tasks.join_next().await.is_some() {}
}

fn measured() -> Duration {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = filled(folder.path());
    assert_eq!(ledger.plan_manifest("bench").expect("a plan"), ROWS);
    let facts = RunFacts {
        command: "bench".into(),
        report: "m.results.csv".into(),
        username: None,
        pid: 0,
        host: "bench".into(),
    };
    let (run, _) = ledger
        .begin_run("bench", &facts, Timestamp::now())
        .expect("a run");
    let (writer, journal) = Writer::start(ledger, run).expect("a thread");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let start = Instant::now();
    runtime.block_on(work_off(journal));
    let took = start.elapsed();
    writer.join().expect("the ledger").0.close().expect("close");
    took
}

fn main() {
    let mut times: Vec<Duration> = (0..RUNS).map(|_| measured()).collect();
    times.sort();
    let per_second = |time: Duration| ROWS as f64 / time.as_secs_f64();
    println!(
        "begin + finish, {IN_FLIGHT} in flight, {ROWS} rows: median {:.0} rows/s ({:.0} to {:.0})",
        per_second(times[RUNS / 2]),
        per_second(times[RUNS - 1]),
        per_second(times[0]),
    );
}
