//! Signals at any other time than while a run works: each one ends the program, at once and with
//! nothing temporary left behind.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use esign_copy::sandbox::Settings;

use crate::kit::{Job, signal, wait_until};

/// Long before anything that is waited for in these tests would come to its own end.
const SOON: Duration = Duration::from_secs(20);

#[track_caller]
fn ends_soon(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > SOON {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the signal was swallowed");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What is in the folder and not meant to stay.
fn left_over(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_temporary = |name: &String| name.ends_with(".tmp") || name.contains(".building");
    names.filter(is_temporary).collect()
}

/// Waits for a report that is written and not in its place. (Whether one could be written is tried
/// before, with an empty file.)
fn wait_for_report(job: &Job) {
    let is_written = |name: &String| job.path(name).metadata().is_ok_and(|found| found.len() > 0);
    wait_until("no report is begun", || {
        left_over(job.folder()).iter().any(is_written)
    });
}

/// Starts the command with an instant at which it stands still.
fn halted(mut command: Command, at: &str) -> Child {
    let child = command.env("FAILPOINTS", format!("{at}=sleep(600000)"));
    child.stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_signal_while_the_report_is_written_ends_the_run() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let job = Job::new();
        job.mailing("m.csv", &["a@example.com"]);
        let mut child = halted(job.sending("run", "m.csv", &[]), "file-before-rename");
        wait_for_report(&job);
        signal(&child, name);
        assert_eq!(ends_soon(&mut child).code(), Some(code));
        assert_eq!(left_over(job.folder()), [""; 0]);
        assert!(!job.path("m.results.csv").exists());
        job.run("m.csv", &[]).ends_with(0);
        assert_eq!(job.received(), 1);
        job.assert_promise("m.results.csv");
    }
}

/// The run stopped in order, and then its report takes long: what ended it first is its code.
#[test]
fn a_second_signal_of_another_kind_keeps_the_first_one_s_code() {
    let job = Job::with(Settings {
        latency: Duration::from_millis(300),
        ..Settings::default()
    });
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    let mut child = halted(job.sending("run", "m.csv", &[]), "file-before-rename");
    job.wait_until_received(1);
    signal(&child, "INT");
    wait_for_report(&job);
    signal(&child, "TERM");
    assert_eq!(ends_soon(&mut child).code(), Some(130));
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 2);
}

#[test]
fn a_signal_during_the_first_import_leaves_nothing_behind() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let mut child = halted(job.sending("run", "m.csv", &[]), "ledger-before-rename");
    wait_until("nothing is built", || !left_over(job.folder()).is_empty());
    signal(&child, "INT");
    assert_eq!(ends_soon(&mut child).code(), Some(130));
    assert_eq!(left_over(job.folder()), [""; 0]);
    assert_eq!(job.received(), 0);
    job.run("m.csv", &[]).ends_with(0);
}

/// A run whose standard error nobody reads is stopped where it tells something.
struct Unread {
    child: Child,
    _pipe: File,
}

/// Starts a run, and fills its standard error once it is about to send.
fn unread(job: &Job, more: &[&str]) -> Unread {
    let fifo = job.path("stderr");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let open = || File::options().read(true).write(true).open(&fifo).unwrap();
    let (ours, theirs) = (open(), open());
    let mut command = job.sending("run", "m.csv", more);
    let child = command.stderr(theirs).spawn().unwrap();
    let mut lines = BufReader::new(ours.try_clone().unwrap()).lines();
    while !lines.next().unwrap().unwrap().starts_with("sending ") {}
    let mut filling = File::options();
    let mut filling = filling
        .write(true)
        .custom_flags(0o4000)
        .open(&fifo)
        .unwrap();
    while filling.write(&[b'.'; 4096]).is_ok() {}
    while filling.write(b".").is_ok() {}
    Unread { child, _pipe: ours }
}

fn slow() -> Job {
    Job::with(Settings {
        latency: Duration::from_millis(300),
        ..Settings::default()
    })
}

#[test]
fn a_terminal_that_takes_no_more_swallows_no_signal_at_the_end() {
    let job = slow();
    job.mailing("m.csv", &["a@example.com"]);
    let mut run = unread(&job, &[]);
    wait_until("no report is written", || {
        job.path("m.results.csv").exists()
    });
    assert_eq!(run.child.try_wait().unwrap(), None, "it waits for a reader");
    signal(&run.child, "INT");
    assert_eq!(ends_soon(&mut run.child).code(), Some(130));
    assert_eq!(job.report("m.results.csv")[0]["status"], "copied");
}

/// The first signal can't even be told; the second one ends the run all the same.
#[test]
fn a_terminal_that_takes_no_more_swallows_no_second_signal() {
    let job = slow();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    let mut run = unread(&job, &["-v"]);
    job.wait_until_received(1);
    signal(&run.child, "TERM");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(run.child.try_wait().unwrap(), None, "it waits for a reader");
    signal(&run.child, "TERM");
    assert_eq!(ends_soon(&mut run.child).code(), Some(143));
    let quick = ["--username", "owner@example.com", "--settle-window", "1s"];
    job.run("m.csv", &quick).ends_with(0);
    assert_eq!(job.stats().copies_committed, 2);
    job.assert_promise("m.results.csv");
}

#[test]
fn a_run_that_waits_for_another_ends_at_once() {
    let job = Job::new();
    job.mailing("m.csv", &["a+hang@example.com"]);
    let first = job.sending("run", "m.csv", &["--no-canary"]).spawn();
    let mut first = first.unwrap();
    job.wait_until_received(1);
    let second = job.sending("run", "m.csv", &["--wait", "1h"]).spawn();
    let mut second = second.unwrap();
    let mut said = BufReader::new(second.stderr.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().contains("waiting at most"));
    signal(&second, "INT");
    assert_eq!(ends_soon(&mut second).code(), Some(130));
    first.kill().unwrap();
    first.wait().unwrap();
}

/// Both ask a service that takes the connection and never answers.
#[test]
fn commands_that_only_ask_end_at_once() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let temporary = job.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}/rest", listener.local_addr().unwrap());
    let check = ["check", "m.csv", "--online", "--endpoint", &silent];
    let mut command = job.command(&check);
    let mut child = command.env("TMPDIR", &temporary).spawn().unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut asked = None;
    wait_until("nobody asks", || {
        asked = listener.accept().ok();
        asked.is_some()
    });
    let is_used = || std::fs::read_dir(&temporary).unwrap().count() > 0;
    assert!(
        is_used(),
        "the list is imported into a ledger to throw away"
    );
    signal(&child, "INT");
    assert_eq!(ends_soon(&mut child).code(), Some(130));
    assert!(!is_used());
    job.run("m.csv", &[]).ends_with(0);
    let audit = ["audit", "m.ledger", "--username", "owner@example.com"];
    let mut child = job.command(&audit).spawn().unwrap();
    signal(&child, "TERM");
    // It may have been done before, or not have begun to read signals yet.
    let status = ends_soon(&mut child);
    assert!([Some(143), Some(0), None].contains(&status.code()));
}

#[test]
fn standard_input_that_does_not_end_is_left_at_once() {
    let job = Job::new();
    let flags = ["--format", "csv", "--ledger", "l", "--report", "r"];
    let mut command = job.sending("run", "-", &flags);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe holds: it is read once this is written.
    input.write_all(&[b'x'; 200_000]).unwrap();
    signal(&child, "INT");
    assert_eq!(ends_soon(&mut child).code(), Some(130));
}
