//! Whatever the program creates is its user's alone, whatever the umask says: it holds people's names and
//! addresses.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::kit::{Job, signal, wait_until};

/// The program under an umask that takes nothing away.
fn open_to_all(job: &Job, arguments: &[&str]) -> Command {
    let program = job.command(arguments);
    let mut shell = job.command(&[]);
    let mut open = Command::new("sh");
    open.args(["-c", "umask 000; exec \"$@\"", "sh"]);
    open.arg(program.get_program()).args(program.get_args());
    open.current_dir(job.folder()).env_clear();
    for (name, value) in shell.env("TMPDIR", job.path("temporary")).get_envs() {
        open.env(name, value.unwrap());
    }
    open
}

/// Every file and folder below one, with its rights.
fn found(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        all.push((path.clone(), metadata.permissions().mode() & 0o777));
        if metadata.is_dir() {
            all.extend(found(&path));
        }
    }
    all
}

#[track_caller]
fn assert_private(job: &Job, but: &[&str]) {
    let found = found(job.folder());
    let is_ours =
        |(path, _): &&(PathBuf, u32)| !but.iter().any(|name| path.file_name().unwrap() == *name);
    for (path, mode) in found.iter().filter(is_ours) {
        let private = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(*mode, private, "{}: {mode:o}", path.display());
    }
}

#[test]
fn files_and_folders_are_their_users_alone() {
    let job = Job::new();
    std::fs::create_dir(job.path("temporary")).unwrap();
    let endpoint = job.sandbox.base_url();
    job.mailing("m.csv", &["a@example.com", "b+refuse@example.com"]);
    let run = ["run", "m.csv", "--endpoint", &endpoint, "--rate", "max"];
    let files = ["--html", "m.html", "--metrics", "m.prom"];
    let sent = open_to_all(&job, &[&run[..], &files].concat()).status();
    assert_eq!(sent.unwrap().code(), Some(3));
    let again = open_to_all(&job, &[&run[..], &["--new-ledger"]].concat()).status();
    assert_eq!(again.unwrap().code(), Some(3));
    let rehearsal = ["run", "m.csv", "--endpoint", "sandbox", "--rate", "max"];
    assert_eq!(
        open_to_all(&job, &rehearsal).status().unwrap().code(),
        Some(3)
    );
    for output in ["r.csv", "r.json", "r.html"] {
        let report = ["report", "m.ledger", "--output", output];
        assert!(open_to_all(&job, &report).status().unwrap().success());
    }
    assert_private(&job, &["m.csv", "m.prom", "temporary"]);
    let metrics = std::fs::metadata(job.path("m.prom")).unwrap();
    let mode = metrics.permissions().mode() & 0o777;
    assert_eq!(mode, 0o644, "made to be read by a collector");
}

/// Waits until the program has called a service that never answers.
fn asking(job: &Job, listener: &TcpListener, check: &[&str]) -> (Child, std::net::TcpStream) {
    let child = open_to_all(job, check).spawn().unwrap();
    let mut asked = None;
    wait_until("nobody asks", || {
        asked = listener.accept().ok();
        asked.is_some()
    });
    (child, asked.unwrap().0)
}

#[test]
fn what_check_throws_away_is_private_while_it_is_there() {
    let job = Job::new();
    std::fs::create_dir(job.path("temporary")).unwrap();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let silent = format!("http://{}/rest", listener.local_addr().unwrap());
    job.run("m.csv", &["--limit", "1"]).ends_with(0);
    let ledger = rusqlite::Connection::open(job.path("m.ledger")).unwrap();
    let sql = "UPDATE facts SET value = ?1 WHERE name = 'endpoint'";
    ledger.execute(sql, [&silent]).unwrap();
    drop(ledger);
    let check = ["check", "m.csv", "--online", "--endpoint", &silent];
    let (mut child, _open) = asking(&job, &listener, &check);
    let left = || found(&job.path("temporary"));
    assert!(!left().is_empty(), "the ledger is copied");
    assert_private(&job, &["m.csv", "temporary"]);
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(left(), []);
}
