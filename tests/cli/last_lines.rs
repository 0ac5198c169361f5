//! The last lines of a run: why rows failed, the counts, the report, the next command.

use crate::kit::Job;

#[test]
fn the_end_of_a_run_says_why_rows_failed_the_commonest_reason_first() {
    let job = Job::new();
    let emails = [
        "a@example.com",
        "b+404@example.com",
        "c+refuse@example.com",
        "d+refuse@example.com",
        "e+403@example.com",
    ];
    job.mailing("m.csv", &emails);
    let ran = job.run("m.csv", &[]).ends_with(3);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let [.., first, second, third, counts, report, next] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert!(first.starts_with("2 rows failed: Error: "), "{first}");
    assert!(
        second.starts_with("1 row failed: ") && second.contains("404"),
        "{second}"
    );
    assert!(
        third.starts_with("1 row failed: ") && third.contains("403"),
        "{third}"
    );
    assert_eq!(
        *counts,
        "5 rows: 1 copied, 4 failed, 0 uncertain, 0 pending"
    );
    assert_eq!(*report, "report: m.results.csv");
    assert!(next.starts_with("next: "), "{next}");
    let quiet = job.run("m.csv", &["-q"]).ends_with(3);
    assert!(
        quiet.stderr.starts_with("correct the failed rows") && quiet.stderr.contains(first),
        "{}",
        quiet.stderr
    );
    let log = job.run("m.csv", &["--log-format", "json"]).ends_with(3);
    let ended: serde_json::Value =
        serde_json::from_str(log.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(ended["reasons"][0]["rows"], 2);
    assert_eq!(ended["reasons"].as_array().unwrap().len(), 3);
    assert_eq!(ended["message"], *counts);
}

#[test]
fn lost_connections_name_the_flag_that_helps() {
    let advice = "--fresh-connections opens a new one";
    for (flags, is_advised) in [(&[][..], true), (&["--fresh-connections"], false)] {
        let job = Job::new();
        let lost = "b+drop-before-commit@example.com";
        job.mailing("m.csv", &["a@example.com", lost, "c@example.com"]);
        let ran = job.run("m.csv", flags).ends_with(4);
        assert_eq!(ran.stderr.contains(advice), is_advised, "{}", ran.stderr);
    }
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b+500@example.com"]);
    let ran = job.run("m.csv", &[]).ends_with(4);
    assert!(!ran.stderr.contains(advice), "{}", ran.stderr);
}

#[test]
fn a_run_that_only_waits_for_look_ups_says_once_why() {
    let job = Job::new();
    job.mailing(
        "m.csv",
        &["a@example.com", "b+drop-before-commit@example.com"],
    );
    let flags = [
        "-q",
        "--username",
        "owner@example.com",
        "--settle-window",
        "7s",
    ];
    let ran = job.run("m.csv", &flags);
    let words = "1 uncertain row is being looked up";
    assert_eq!(ran.stderr.matches(words).count(), 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("--settle-window (7s)"),
        "{}",
        ran.stderr
    );
    job.mailing(
        "n.csv",
        &["c@example.com", "d+drop-after-commit@example.com"],
    );
    let ran = job.run("n.csv", &flags).ends_with(0);
    assert!(!ran.stderr.contains(words), "{}", ran.stderr);
}

/// A page knows nothing of what is done after it; one of another list is not spoken of.
#[test]
fn a_page_of_an_earlier_run_is_named_with_the_command_that_writes_it_again() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b+refuse@example.com"]);
    job.mailing("other.csv", &["z@example.com"]);
    job.run("other.csv", &["--html", "other.html", "--accept-changes"])
        .ends_with(0);
    let words = "was written before this run; to write it again: ";
    let first = job.run("m.csv", &["--html", "page.html"]).ends_with(3);
    assert!(!first.stderr.contains(words), "{}", first.stderr);
    let again = job.run("m.csv", &[]).ends_with(3);
    assert!(!again.stderr.contains(words), "nothing was done");
    let report = job.read("m.results.csv").replace("+refuse", "");
    job.write("m.results.csv", report);
    let ran = job.retry("m.results.csv", &[]).ends_with(0);
    let named: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.contains(words))
        .collect();
    let [line] = &named[..] else {
        panic!("{}", ran.stderr)
    };
    let (page, command) = line.split_once(words).unwrap();
    assert_eq!(page.trim(), "page.html");
    assert!(job.read("page.html").contains("1 failed"));
    let command: Vec<&str> = command.split(' ').skip(1).collect();
    job.other(&command).ends_with(0);
    assert!(!job.read("page.html").contains("1 failed"));
}
