//! The metrics of a run, as a collector reads them.

use std::os::unix::fs::PermissionsExt;

use crate::kit::Job;

#[test]
fn metrics_agree_with_the_service() {
    let job = Job::new();
    job.mailing(
        "m.csv",
        &[
            "a@example.com",
            "b+refuse@example.com",
            "c+drop-after-commit@example.com",
        ],
    );
    let flags = ["--metrics", "m.prom", "--username", "owner@example.com"];
    job.run("m.csv", &flags).ends_with(3);
    let text = job.read("m.prom");
    let requests = job.stats().requests;
    for line in [
        "esign_copy_rows{manifest=\"m.csv\",status=\"copied\"} 2".to_owned(),
        "esign_copy_rows{manifest=\"m.csv\",status=\"failed\"} 1".to_owned(),
        "esign_copy_attempts_total{class=\"unknown\"} 1".to_owned(),
        "esign_copy_settle_seconds_count{status=\"copied\"} 1".to_owned(),
        format!(
            "esign_copy_run_requests{{operation=\"token\"}} {}",
            requests["GetToken"]
        ),
        format!(
            "esign_copy_run_requests{{operation=\"read\"}} {}",
            requests["GetSession"]
        ),
        "esign_copy_run_requests{operation=\"copy\"} 3".to_owned(),
        "esign_copy_last_success_timestamp_seconds 0".to_owned(),
        "esign_copy_run_exit_code 3".to_owned(),
    ] {
        assert!(
            text.lines().any(|has| has == line),
            "{line}\nis not in\n{text}"
        );
    }
    let mode = std::fs::metadata(job.path("m.prom"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o644);
    // Each metric is helped and typed once, before its values.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let name = name.trim_end_matches("_sum").trim_end_matches("_count");
        assert_eq!(
            text.matches(&format!("# TYPE {name} ")).count(),
            1,
            "{name}"
        );
    }
    job.run("m.csv", &flags).ends_with(3);
}

#[test]
fn metrics_never_replace_another_file() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.write("notes.txt", "mine");
    for (file, word) in [
        ("m.csv", "this is the manifest"),
        ("m.ledger", "a file of the ledger"),
        ("m.results.csv", "this is the report"),
        ("notes.txt", "is not overwritten"),
    ] {
        job.run("m.csv", &["--metrics", file])
            .ends_with(2)
            .says(word);
    }
    assert_eq!(job.received(), 0);
    assert_eq!(job.read("notes.txt"), "mine");
}

/// The value of a metric without labels, if the file has it.
fn value(job: &Job, name: &str) -> Option<i64> {
    let text = job.read("m.prom");
    let mut lines = text.lines();
    let found = lines.find_map(|line| line.strip_prefix(&format!("esign_copy_{name} ")));
    found.map(|value| value.parse().unwrap())
}

#[test]
fn a_refused_run_is_seen_in_its_metrics() {
    let job = Job::new();
    let flags = ["--metrics", "m.prom"];
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &flags).ends_with(0);
    let success = value(&job, "last_success_timestamp_seconds");
    assert_eq!(value(&job, "run_exit_code"), Some(0));
    let copied = "esign_copy_rows{manifest=\"m.csv\",status=\"copied\"} 1\n";
    let refused = |more: &[&str], code: i64| {
        let all: Vec<&str> = flags.iter().chain(more).copied().collect();
        std::fs::remove_file(job.path("m.prom")).unwrap();
        job.run("m.csv", &all).ends_with(code as i32);
        assert_eq!(value(&job, "run_exit_code"), Some(code), "{more:?}");
        assert_eq!(value(&job, "last_success_timestamp_seconds"), success);
        assert!(value(&job, "run_end_timestamp_seconds") >= success);
        assert_eq!(value(&job, "run_pauses"), Some(0));
        assert!(job.read("m.prom").contains(copied));
    };
    refused(&["--expect-rows", "9"], 5);
    refused(&["--set", "title"], 2);
    job.mailing("m.csv", &["a@example.com", "b@"]);
    refused(&[], 5);
    std::fs::remove_file(job.path("m.csv")).unwrap();
    refused(&[], 5);
    let mut command = job.sending("run", "m.csv", &flags);
    command.env_remove("ESIGN_COPY_API_KEY");
    assert_eq!(command.output().unwrap().status.code(), Some(2));
    assert_eq!(value(&job, "run_exit_code"), Some(2));
    job.write("m.results.csv", job.read("m.results.csv") + "1,\n");
    job.retry("m.results.csv", &flags).ends_with(5);
    assert_eq!(value(&job, "run_exit_code"), Some(5));
    assert!(job.read("m.prom").contains(copied));
    assert_eq!(job.received(), 1);
}

/// A night that is killed leaves nobody to write how it ended.
#[test]
fn a_killed_run_does_not_show_the_last_one_s_good_end() {
    let job = Job::new();
    let flags = ["--metrics", "m.prom", "--no-canary"];
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &flags).ends_with(0);
    assert_eq!(value(&job, "run_exit_code"), Some(0));
    let began = value(&job, "run_start_timestamp_seconds");
    let success = value(&job, "last_success_timestamp_seconds");
    job.mailing("m.csv", &["a@example.com", "b+hang@example.com"]);
    let mut child = job.sending("run", "m.csv", &flags).spawn().unwrap();
    job.wait_until_received(2);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(value(&job, "run_exit_code"), None);
    assert_eq!(value(&job, "run_end_timestamp_seconds"), Some(0));
    assert!(value(&job, "run_start_timestamp_seconds") >= began);
    assert_eq!(value(&job, "last_success_timestamp_seconds"), success);
    let retry = [&flags[..], &["--on-uncertain", "hold"]].concat();
    job.retry("m.results.csv", &retry).ends_with(4);
    assert_eq!(value(&job, "run_exit_code"), Some(4));
}

#[test]
fn a_run_without_its_ledger_is_seen_in_its_metrics() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let flags = ["--metrics", "m.prom", "--require-ledger"];
    job.run("m.csv", &flags).ends_with(5);
    assert_eq!(value(&job, "run_exit_code"), Some(5));
    assert_eq!(value(&job, "last_success_timestamp_seconds"), Some(0));
    job.run("m.csv", &flags[..2]).ends_with(0);
    std::fs::remove_file(job.path("m.ledger")).unwrap();
    let flags = ["--metrics", "m.prom"];
    for more in [&flags[..], &["--metrics", "m.prom", "--without-ledger"]] {
        let code = job.retry("m.results.csv", more).code;
        assert!([2, 5].contains(&code));
        assert_eq!(value(&job, "run_exit_code"), Some(i64::from(code)));
    }
}

#[test]
fn a_run_that_another_one_keeps_away_leaves_that_one_s_metrics() {
    let job = Job::new();
    job.mailing("m.csv", &["a+hang@example.com"]);
    let mut first = job
        .sending("run", "m.csv", &["--no-canary"])
        .spawn()
        .unwrap();
    job.wait_until_received(1);
    job.run("m.csv", &["--metrics", "m.prom"]).ends_with(75);
    assert!(!job.path("m.prom").exists());
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn metrics_that_cannot_be_written_stop_the_run_before_it_sends() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &["--metrics", "nowhere/m.prom"])
        .ends_with(1)
        .says("there is no folder nowhere; nothing was sent");
    assert_eq!(job.received(), 0);
    assert!(!job.path("m.ledger").exists());
}
