//! The samples for cron, systemd and Kubernetes, and what a nightly run does.

use std::process::Command;

use crate::kit::{Job, Ran};

fn sample(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/cron/");
    std::fs::read_to_string(format!("{folder}{name}")).unwrap()
}

/// The words of the command in a sample.
fn words(name: &str) -> Vec<String> {
    let text = sample(name);
    let line = text.lines().find(|line| line.contains("esign-copy run"));
    let command = line.unwrap().split_once("esign-copy run").unwrap().1;
    let words = command.split_whitespace().map(str::to_owned);
    std::iter::once("run".to_owned()).chain(words).collect()
}

fn words_of_cronjob() -> Vec<String> {
    let text = sample("cronjob.yaml");
    let args = text.split_once("args:").unwrap().1;
    let args = args.split_once("env:").unwrap().0;
    let words = args
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- "));
    words.map(str::to_owned).collect()
}

/// Runs a sample's command with an empty environment but for the credentials, against the
/// sandbox.
fn tonight(job: &Job, words: &[String], more: &[&str]) -> Ran {
    let endpoint = job.sandbox.base_url();
    let mut command = Command::new(env!("CARGO_BIN_EXE_esign-copy"));
    command.env_clear().current_dir(job.folder());
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--metrics" => {
                words.next();
                command.args(["--metrics", "nightly.prom"]);
            }
            "production" => {
                command.arg(&endpoint);
            }
            "--endpoint=production" => {
                command.args(["--endpoint", &endpoint]);
            }
            word => {
                command.arg(word);
            }
        }
    }
    command.args(["--rate", "max"]).args(more);
    job.write("key", job.sandbox.api_key());
    job.write("salt", job.sandbox.salt());
    command.env("ESIGN_COPY_API_KEY_FILE", job.path("key"));
    command.env("ESIGN_COPY_SALT_FILE", job.path("salt"));
    command.output().unwrap().into()
}

#[test]
fn each_sample_works_every_night_and_is_silent() {
    for words in [
        words("crontab"),
        words("esign-copy.service"),
        words_of_cronjob(),
    ] {
        assert!(words.contains(&"--require-ledger".to_owned()), "{words:?}");
        let job = Job::new();
        job.mailing("nightly.csv", &["a@example.com", "b@example.com"]);
        tonight(&job, &words, &[])
            .ends_with(5)
            .says("--require-ledger");
        let first: Vec<String> = words
            .iter()
            .filter(|word| *word != "--require-ledger")
            .cloned()
            .collect();
        tonight(&job, &first, &["--settle-window", "1s"]).ends_with(0);
        // A list that grows copies its new rows; the same list copies nothing.
        job.mailing(
            "nightly.csv",
            &["a@example.com", "c@example.com", "b@example.com"],
        );
        for _ in 0..2 {
            let ran = tonight(&job, &words, &[]).ends_with(0);
            let is_log = words.contains(&"--log-format=json".to_owned());
            assert!(
                is_log || (ran.stdout + &ran.stderr).is_empty(),
                "{}",
                ran.stderr
            );
            assert_eq!(job.received(), 3);
        }
    }
}

#[test]
fn daily_files_into_one_ledger_copy_no_row_twice() {
    let job = Job::new();
    job.mailing("monday.csv", &["a@example.com", "b@example.com"]);
    job.mailing("tuesday.csv", &["b@example.com", "c@example.com"]);
    for day in ["monday.csv", "tuesday.csv", "monday.csv"] {
        job.run(day, &["--ledger", "all.ledger"]).ends_with(0);
    }
    assert_eq!(job.received(), 3);
    let copied = job.report("tuesday.results.csv");
    assert_eq!(copied.len(), 2);
    assert!(copied.iter().all(|line| line["status"] == "copied"));
}

#[test]
fn a_service_is_given_more_time_to_stop_than_its_requests() {
    let service = sample("esign-copy.service");
    let seconds = |text: &str| -> u64 { text.trim_end_matches('s').parse().unwrap() };
    let after = |text: &str, mark: &str| {
        let rest = text.split_once(mark).unwrap().1;
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let grace = seconds(&after(&service, "--grace "));
    assert!(seconds(&after(&service, "TimeoutStopSec=")) > grace);
    assert!(service.contains("LoadCredential="));
    let job = sample("cronjob.yaml");
    let grace = seconds(&after(&job, "--grace="));
    assert!(seconds(&after(&job, "terminationGracePeriodSeconds: ")) > grace);
    assert!(job.contains("concurrencyPolicy: Forbid") && job.contains("persistentVolumeClaim"));
    assert!(sample("esign-copy.timer").contains("OnCalendar="));
}
