//! Signals, locks, pipes: the same command goes on, and the service has each row once.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use esign_copy::sandbox::Settings;

use crate::kit::{Job, Ran, column, signal, wait_until};

fn slow(latency: u64) -> Job {
    Job::with(Settings {
        latency: Duration::from_millis(latency),
        ..Settings::default()
    })
}

fn emails(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("a{number}@example.com"))
        .collect()
}

fn mailing(job: &Job, count: usize) {
    let emails = emails(count);
    job.mailing(
        "m.csv",
        &emails.iter().map(String::as_str).collect::<Vec<_>>(),
    );
}

/// Starts a run and waits until the service has received so many copies.
fn started(job: &Job, received: u64, more: &[&str]) -> Child {
    let mut command = job.sending("run", "m.csv", more);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    job.wait_until_received(received);
    child
}

/// Whether these tests were started with SIGHUP ignored, and so their programs are.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & 1 == 1)
}

#[test]
fn a_signal_drains_reports_and_the_next_run_goes_on() {
    for (name, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        // As under nohup: the program then ignores it too, which is another test's subject.
        if name == "HUP" && ignores_hangup() {
            continue;
        }
        let job = slow(50);
        mailing(&job, 100);
        let mut child = started(&job, 8, &[]);
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let lines = job.report("m.results.csv");
        assert_eq!(lines.len(), 100);
        let statuses = column(&lines, "status");
        let copied = statuses.iter().filter(|status| *status == "copied").count() as u64;
        assert_eq!(
            copied,
            job.stats().copies_committed,
            "everything in flight was finished"
        );
        assert!(copied < 100);
        job.run("m.csv", &[]).ends_with(0);
        assert_eq!(job.received(), 100);
        job.assert_promise("m.results.csv");
    }
}

#[test]
fn what_outlasts_the_grace_is_uncertain() {
    let job = Job::new();
    job.mailing("m.csv", &["a+hang@example.com", "b@example.com"]);
    let mut child = started(&job, 2, &["--grace", "200ms", "--no-canary"]);
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "status")[0], "uncertain");
    job.assert_promise("m.results.csv");
}

#[test]
fn a_second_run_is_turned_away_and_told_who_holds_the_ledger() {
    let job = slow(500);
    mailing(&job, 10);
    let mut child = started(&job, 2, &[]);
    // It stands still, with a request out, for as long as the others need.
    signal(&child, "STOP");
    job.run("m.csv", &[])
        .ends_with(75)
        .says(&format!("process {}", child.id()));
    job.other(&["status", "m.csv"])
        .ends_with(0)
        .says(&format!("held by process {}", child.id()));
    let during = job.other(&["report", "m.csv"]).ends_with(0).stdout;
    assert_eq!(during.lines().count(), 11);
    assert!(during.contains("in flight"));
    job.write("bad.csv", "source_session_id\nnot a guid\n");
    job.run("bad.csv", &["--ledger", "m.ledger"]).ends_with(5);
    signal(&child, "CONT");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(job.received(), 10);
    job.run("m.csv", &[]).ends_with(0);
}

#[test]
fn a_run_can_wait_for_another_to_end() {
    let job = slow(500);
    mailing(&job, 20);
    let mut child = started(&job, 2, &[]);
    job.run("m.csv", &["--wait", "60s"])
        .ends_with(0)
        .says("waiting at most 1m for process")
        .says("20 rows: 20 copied");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(job.received(), 20);
    let mut child = started_anew(&job);
    signal(&child, "STOP");
    job.run("m.csv", &["--wait", "100ms"]).ends_with(75);
    signal(&child, "CONT");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_run_that_waited_sends_the_list_as_it_is_then() {
    let job = slow(500);
    mailing(&job, 20);
    let mut first = started(&job, 2, &[]);
    let mut second = job
        .sending("run", "m.csv", &["--wait", "60s"])
        .spawn()
        .unwrap();
    // It has read the list once it says that it waits.
    let mut said = BufReader::new(second.stderr.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().contains("waiting at most"));
    let list = job.read("m.csv").replace("a19@", "new@");
    job.write("m.new", list);
    std::fs::rename(job.path("m.new"), job.path("m.csv")).unwrap();
    signal(&first, "TERM");
    assert_eq!(first.wait().unwrap().code(), Some(143));
    let rest: Vec<String> = said.map(Result::unwrap).collect();
    assert_eq!(second.wait().unwrap().code(), Some(0), "{rest:?}");
    let lines = job.report("m.results.csv");
    let emails = column(&lines, "signer_1_email");
    assert_eq!((lines.len(), emails[19].as_str()), (20, "new@example.com"));
    assert_eq!(job.received(), 20);
}

/// Starts a run over rows of its own, in the same ledger.
fn started_anew(job: &Job) -> Child {
    let received = job.received();
    let emails: Vec<String> = (0..20)
        .map(|number| format!("b{number}@example.com"))
        .collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    job.mailing("m.csv", &emails);
    started(job, received + 2, &[])
}

#[test]
fn a_closed_pipe_and_an_empty_environment_do_no_harm() {
    let job = Job::new();
    mailing(&job, 5);
    let mut command = job.sending("run", "m.csv", &["-v"]);
    let mut child = command.spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    job.assert_promise("m.results.csv");
}

#[test]
fn a_signal_during_another_stop_does_not_take_its_place() {
    let job = Job::new();
    job.mailing("m.csv", &["a+refuse@example.com", "b+hang@example.com"]);
    let strict = [
        "--max-failures",
        "1",
        "--no-canary",
        "--grace",
        "200ms",
        "--max-uncertain",
        "none",
    ];
    let mut command = job.sending("run", "m.csv", &strict);
    let child = command.spawn().unwrap();
    job.wait_until_received(2);
    let report = || job.other(&["report", "m.csv"]).stdout;
    wait_until("nothing fails", || report().contains(",failed,refused,"));
    signal(&child, "INT");
    let ran = Ran::from(child.wait_with_output().unwrap()).ends_with(7);
    ran.says("stopped: --max-failures").says("next: ");
    let statuses = column(&job.report("m.results.csv"), "status");
    assert_eq!(statuses, ["failed", "uncertain"]);
}
