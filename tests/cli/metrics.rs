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
