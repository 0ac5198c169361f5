//! Ledgers put back as they were while their last run worked. The lock file names that run, and
//! so does the old ledger: it can't be told by that.

use std::path::Path;

use crate::behaviour::{Behaviour, Framing};
use crate::job::{Job, SOURCE, address};
use crate::server::Server;

const FILES: [&str; 2] = ["m.ledger", "m.ledger-wal"];

/// Copies the ledger, as a backup does that runs beside it.
fn back_up(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let read = |name| Some((name, std::fs::read(folder.join(name)).ok()?));
    FILES.into_iter().filter_map(read).collect()
}

#[test]
fn a_backup_made_during_the_last_run_is_refused() {
    let good = Behaviour::Good(Framing::Length);
    let server = Server::start([[good; 5].as_slice(), &[Behaviour::Hang]].concat());
    let job = Job::of(20);
    // The sixth request hangs until its time is over: the backup is made meanwhile.
    let flags = ["--concurrency", "1", "--timeout", "2s"];
    let mut child = job.spawn(&server.endpoint(), &flags);
    server.wait_for_commits(6);
    let backup = back_up(&job.path(""));
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert_eq!(server.truth().committed(), 20);
    for (name, bytes) in backup {
        std::fs::write(job.path(name), bytes).unwrap();
    }
    let refused = job.run(&server.endpoint(), &[]).ends_with(&[5]);
    assert!(
        refused.stderr.contains("it has 6 attempts of 20"),
        "{}",
        refused.stderr
    );
    assert_eq!(server.truth().committed(), 20);
}

/// More is written than SQLite keeps in the -wal: it is folded into the ledger while the run
/// works, and the ledger alone then knows the run but not its end.
#[test]
fn a_ledger_folded_in_once_is_refused_without_its_wal() {
    // Rows so large that a few of them fill it.
    let fields: Vec<String> = (0..14).map(|n| format!("signer_1_merge_F{n}")).collect();
    let header = format!("source_session_id,signer_1_email,{}\n", fields.join(","));
    let cells = vec!["x".repeat(9_000); fields.len()].join(",");
    let row = |number| format!("{SOURCE},{},{cells}\n", address(number));
    let (rows, sent) = (70, 66);
    let goods = vec![Behaviour::Good(Framing::Length); sent - 1];
    let server = Server::start([goods, vec![Behaviour::Hang]].concat());
    let job = Job::with(&header, (0..rows).map(row));
    let mut child = job.spawn(&server.endpoint(), &["--concurrency", "1"]);
    server.wait_for_commits(sent as u64);
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(job.path("m.ledger-wal")).unwrap();
    std::fs::remove_file(job.path("m.ledger-shm")).unwrap();
    let refused = job.run(&server.endpoint(), &[]).ends_with(&[5]);
    assert!(
        refused.stderr.contains("attempts of 66"),
        "{}",
        refused.stderr
    );
    assert_eq!(server.truth().committed(), sent as u64);
}
