//! The mailing: counts, report, next command, exit codes.

use std::os::unix::fs::PermissionsExt;

use crate::kit::{HEADER, Job, SOURCE, column};

#[test]
fn a_mailing_is_copied_reported_and_then_done() {
    let job = Job::new();
    job.write(
        "m.csv",
        format!(
            "customer,SigningSessionId,Title,signer 1 last name,signer_1_email,status,empty\n\
             C-1,{SOURCE},\"Lease, 42\",Li,ana@example.com,vip,\n\
             C-2,{SOURCE},Lease 43,Bo,bo@example.com,,\n"
        ),
    );
    let ran = job.run("m.csv", &[]).ends_with(0);
    let last: Vec<&str> = ran.stderr.lines().rev().take(3).collect();
    assert!(last[0].starts_with("next: "), "{}", ran.stderr);
    assert_eq!(last[1], "report: m.results.csv");
    assert_eq!(
        last[2],
        "2 rows: 2 copied, 0 failed, 0 uncertain, 0 pending"
    );
    let header = job.read("m.results.csv").lines().next().unwrap().to_owned();
    assert_eq!(
        header,
        "row,row_id,source_session_id,new_session_id,status,error_class,error,http_status,\
         attempts,transaction_id,first_sent_at,finished_at,customer,title,signer_1_last_name,\
         signer_1_email,input.status,empty"
    );
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "row"), ["1", "2"]);
    assert_eq!(column(&lines, "status"), ["copied", "copied"]);
    assert_eq!(column(&lines, "attempts"), ["1", "1"]);
    assert_eq!(column(&lines, "customer"), ["C-1", "C-2"]);
    assert_eq!(column(&lines, "title"), ["Lease, 42", "Lease 43"]);
    assert_eq!(column(&lines, "input.status"), ["vip", ""]);
    for name in ["m.results.csv", "m.ledger", "m.ledger.lock"] {
        let mode = std::fs::metadata(job.path(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    job.assert_promise("m.results.csv");

    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 2, "a finished job sends nothing");
    job.other(&["status", "m.csv"])
        .ends_with(0)
        .says("2 copied")
        .says("no run is working on it");
    let rendered = job.other(&["report", "m.ledger"]).ends_with(0).stdout;
    assert_eq!(rendered, job.read("m.results.csv"));
}

#[test]
fn every_outcome_has_its_exit_code() {
    for (emails, code) in [
        (vec!["a@example.com"], 0),
        (vec!["a@example.com", "b+refuse@example.com"], 3),
        (
            vec!["a@example.com", "b+refuse@example.com", "c+500@example.com"],
            4,
        ),
    ] {
        let job = Job::new();
        job.mailing("m.csv", &emails);
        job.run("m.csv", &[]).ends_with(code);
        job.assert_promise("m.results.csv");
    }
}

#[test]
fn the_next_command_goes_on() {
    let job = Job::new();
    job.mailing(
        "my mailing.csv",
        &["a@example.com", "b@example.com", "c+refuse@example.com"],
    );
    let ran = job.run("my mailing.csv", &["--limit", "1"]).ends_with(0);
    for expected in ["run 'my mailing.csv'", "retry 'my mailing.results.csv'"] {
        let last = if expected.starts_with("run") {
            ran.stderr.clone()
        } else {
            let words = next_words(&ran.stderr);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            job.other(&words).ends_with(3).stderr
        };
        assert!(last.lines().last().unwrap().contains(expected), "{last}");
    }
}

/// The arguments of the command that the last line names.
fn next_words(stderr: &str) -> Vec<String> {
    let line = stderr
        .lines()
        .last()
        .unwrap()
        .strip_prefix("next: ")
        .unwrap();
    shlex::split(line).unwrap().split_off(1)
}

#[test]
fn a_rehearsal_needs_nothing_and_begins_afresh() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    for _ in 0..2 {
        let mut command = job.command(&["run", "m.csv", "--endpoint", "sandbox", "--rate", "max"]);
        let output = command.env_clear().output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(
            column(&job.report("m.rehearsal.results.csv"), "attempts"),
            ["1", "1"]
        );
    }
    assert!(!job.path("m.ledger").exists());
}

#[test]
fn nothing_is_said_when_quiet_and_well() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let ran = job.run("m.csv", &["-q"]).ends_with(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    job.mailing("bad.csv", &["a+refuse@example.com"]);
    job.run("bad.csv", &["-q"]).ends_with(3).says("1 failed");
}

#[test]
fn flags_beat_variables_and_variables_beat_defaults() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let endpoint = job.sandbox.base_url();
    let with_variables = |arguments: &[&str]| {
        let mut command = job.command(arguments);
        command
            .env("ESIGN_COPY_ENDPOINT", &endpoint)
            .env("ESIGN_COPY_QUIET", "true");
        command.env("ESIGN_COPY_LEDGER", "of the environment.ledger");
        command.output().unwrap()
    };
    let output = with_variables(&["run", "m.csv", "--ledger", "said.ledger"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty() && job.path("said.ledger").exists());
    with_variables(&["run", "m.csv", "--report", "other.csv", "--accept-changes"]);
    assert!(job.path("of the environment.ledger").exists());
}

#[test]
fn wrong_usage_is_told_apart() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    for (arguments, words) in [
        (vec!["run", "m.csv"], "--endpoint"),
        (vec!["run", "m.csv", "--endpoint", "prod"], "production"),
        (
            vec!["run", "m.csv", "--endpoint", "http://example.com/rest"],
            "https://",
        ),
        (
            vec!["run", "m.csv", "--endpoint", "stage", "--rate", "fast"],
            "5/s",
        ),
        (
            vec!["run", "m.csv", "--endpoint", "stage", "--set", "titel=x"],
            "title",
        ),
        (
            vec![
                "run",
                "m.csv",
                "--endpoint",
                "stage",
                "--on-uncertain",
                "settle",
            ],
            "--username",
        ),
        (
            vec!["run", "m.csv", "--endpoint", "stage", "--report", "m.csv"],
            "the manifest",
        ),
        (
            vec!["run", "m.csv", "--endpoint", "stage", "--ledger", "m.csv"],
            "the manifest",
        ),
    ] {
        job.other(&arguments).ends_with(2).says(words);
    }
    assert_eq!(
        std::fs::read_dir(job.folder()).unwrap().count(),
        1,
        "nothing was made"
    );
}

#[test]
fn the_last_three_lines_are_always_counts_report_and_next_command() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b+refuse@example.com"]);
    let ran = job.run("m.csv", &["--html", "m.html"]).ends_with(3);
    let lines: Vec<&str> = ran.stderr.lines().rev().take(3).collect();
    let starts = ["next: ", "report: m.results.csv", "2 rows: 1 copied"];
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{}", ran.stderr);
    }
    ran.says("correct the failed rows in m.results.csv");
}

/// Whom a mail reaches is said before anything is sent.
#[test]
fn a_run_says_that_invites_are_on() {
    let job = Job::new();
    let header = HEADER.replace("title", "send_signer_invites");
    let row = |invites: &str, email: &str| format!("{SOURCE},{invites},Li,{email}\n");
    let rows =
        row("TRUE", "a@example.com") + &row("", "b@example.com") + &row("no", "c@example.com");
    job.write("m.csv", header + &rows);
    let words = "send_signer_invites is true for 1 row: starting those copies mails";
    job.run("m.csv", &[]).ends_with(0).says(words);
    let again = job.run("m.csv", &[]).ends_with(0);
    assert!(
        !again.stderr.contains("send_signer_invites"),
        "{}",
        again.stderr
    );
}
