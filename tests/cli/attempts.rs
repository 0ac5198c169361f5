//! The table of attempts, as a user meets it.

use std::time::{Duration, Instant};

use esign_copy::sandbox::{Script, Settings};

use crate::kit::{Job, Ran, column};

fn scripted(script: &str) -> Job {
    Job::with(Settings {
        script: Script::parse(script).unwrap(),
        ..Settings::default()
    })
}

#[test]
fn each_answer_has_its_status_and_class() {
    let job = Job::new();
    let faults = [
        ("refuse", "failed", "refused"),
        ("403", "failed", "refused"),
        ("404", "failed", "refused"),
        ("400-html", "uncertain", "unknown"),
        ("408", "uncertain", "unknown"),
        ("500", "uncertain", "unknown"),
        ("500-after-commit", "uncertain", "unknown"),
        ("502", "uncertain", "unknown"),
        ("503", "uncertain", "unknown"),
        ("drop-before-commit", "uncertain", "unknown"),
        ("drop-after-commit", "uncertain", "unknown"),
        ("half-answer-after-commit", "uncertain", "unknown"),
        ("html-200", "uncertain", "unknown"),
        ("redirect", "uncertain", "unknown"),
        ("source-id", "uncertain", "unknown"),
        ("zero-guid", "uncertain", "unknown"),
        ("no-id", "uncertain", "unknown"),
        ("two-ids", "uncertain", "unknown"),
        ("error-with-id", "uncertain", "unknown"),
        ("huge", "uncertain", "unknown"),
        ("unreadable", "uncertain", "unknown"),
        ("null", "uncertain", "unknown"),
        ("204-after-commit", "uncertain", "unknown"),
        ("details-with-success", "copied", ""),
    ];
    let emails: Vec<String> = faults
        .iter()
        .map(|(fault, _, _)| format!("a+{fault}@example.com"))
        .collect();
    job.mailing(
        "m.csv",
        &emails.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let all = ["--no-canary", "--max-uncertain", "none"];
    job.run("m.csv", &all).ends_with(4);
    let lines = job.report("m.results.csv");
    for (line, (fault, status, class)) in lines.iter().zip(faults) {
        assert_eq!(
            (line["status"].as_str(), line["error_class"].as_str()),
            (status, class),
            "{fault}"
        );
        assert_eq!(line["attempts"], "1", "{fault}");
        assert_eq!(line["error"].is_empty(), status == "copied", "{fault}");
    }
    job.assert_promise("m.results.csv");
    job.run("m.csv", &[]).ends_with(4);
    assert_eq!(
        job.received(),
        faults.len() as u64,
        "nothing unknown is sent again"
    );
}

#[test]
fn the_service_s_words_reach_the_report() {
    let job = Job::new();
    job.mailing("m.csv", &["a+refuse@example.com"]);
    job.run("m.csv", &[]).ends_with(3);
    let lines = job.report("m.results.csv");
    assert!(lines[0]["error"].starts_with("Error:"), "{:?}", lines[0]);
    assert_eq!(lines[0]["http_status"], "200");
    assert!(!lines[0]["finished_at"].is_empty());
}

#[test]
fn a_refusal_for_now_pauses_and_then_succeeds() {
    let job = scripted(
        r#"[{"email": "a@example.com", "target": "copy", "faults": ["429:2", "503:1"], "then": "ok"}]"#,
    );
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    let start = Instant::now();
    job.run("m.csv", &[]).ends_with(0).says("pausing");
    assert!(start.elapsed() >= Duration::from_secs(3));
    assert_eq!(column(&job.report("m.results.csv"), "attempts"), ["3", "1"]);
    job.assert_promise("m.results.csv");
}

#[test]
fn a_row_out_of_attempts_is_left_for_the_next_run() {
    let job = scripted(
        r#"[{"email": "a@example.com", "target": "copy", "faults": ["429:0", "429:0"], "then": "ok"}]"#,
    );
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &["--max-attempts", "2"]).ends_with(69);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "status"), ["pending", "copied"]);
    assert_eq!(lines[0]["error_class"], "refused");
    job.run("m.csv", &["--max-attempts", "2"]).ends_with(0);
    assert_eq!(column(&job.report("m.results.csv"), "attempts"), ["3", "1"]);
}

#[test]
fn a_longer_pause_than_allowed_stops_the_run() {
    let job = scripted(
        r#"[{"email": "a@example.com", "target": "copy", "faults": ["429:3600"], "then": "ok"}]"#,
    );
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &["--concurrency", "1"])
        .ends_with(69)
        .says("--max-pause");
    assert_eq!(
        column(&job.report("m.results.csv"), "status"),
        ["pending", "pending"]
    );
}

#[test]
fn an_expired_token_is_renewed() {
    let job = scripted(
        r#"[{"email": "a@example.com", "target": "copy", "faults": ["bad-token", "bad-token"], "then": "ok"}]"#,
    );
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(column(&job.report("m.results.csv"), "attempts"), ["3"]);
    // A null means that only to a token that was taken before, and is not taken for a read now.
    let job = scripted(
        r#"[{"email": "b@example.com", "target": "copy", "faults": ["null"], "then": "ok"},
            {"target": "session", "faults": ["ok", "null"], "then": "ok"}]"#,
    );
    job.mailing(
        "m.csv",
        &["a@example.com", "b@example.com", "c@example.com"],
    );
    let reused = ["--token-reuse", "10m", "--concurrency", "1"];
    job.run("m.csv", &reused).ends_with(0);
    assert_eq!(
        column(&job.report("m.results.csv"), "attempts"),
        ["1", "2", "1"]
    );
}

/// Not one of them may be sent twice, whatever the service means by saying nothing.
#[test]
fn copies_that_are_made_and_answered_with_nothing_stop_the_run() {
    let faults = [
        "null-after-commit",
        "literal-null-after-commit",
        "201-after-commit",
        "202-after-commit",
        "204-after-commit",
        "206-after-commit",
    ];
    for fault in faults {
        for flags in [&[][..], &["--token-reuse", "10m"]] {
            let script = format!(r#"[{{"faults": ["{fault}"], "then": "repeat"}}]"#);
            let job = scripted(&script);
            let emails: Vec<String> = (0..9).map(|n| format!("a{n}@example.com")).collect();
            let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
            job.mailing("m.csv", &emails);
            job.run("m.csv", flags).ends_with(6);
            assert_eq!(job.received(), 3, "{fault}");
            job.assert_promise("m.results.csv");
            job.run("m.csv", flags).ends_with(6);
            assert_eq!(job.received(), 6, "other rows, and never the same");
            job.assert_promise("m.results.csv");
        }
    }
}

#[test]
fn token_calls_that_fail_for_a_while_are_waited_for() {
    let faults = [
        "503",
        "502",
        "429",
        "drop-before-commit",
        "half-answer-after-commit",
        "unreadable",
        "html-200",
        "null",
    ];
    for fault in faults {
        let script = format!(
            r#"[{{"target": "token", "faults": ["ok", "ok", "{fault}", "{fault}"], "then": "ok"}}]"#
        );
        let job = scripted(&script);
        job.mailing(
            "m.csv",
            &["a@example.com", "b@example.com", "c@example.com"],
        );
        let once = ["--max-attempts", "1", "--no-canary"];
        job.run("m.csv", &once).ends_with(0).says("pausing for");
        assert_eq!(job.received(), 3, "{fault}");
    }
    for fault in ["401", "403", "refuse"] {
        let script = format!(r#"[{{"target": "token", "faults": ["{fault}"], "then": "ok"}}]"#);
        let job = scripted(&script);
        job.mailing("m.csv", &["a@example.com"]);
        job.run("m.csv", &[]).ends_with(6);
        assert_eq!(job.received(), 0, "{fault}");
    }
}

#[test]
fn refused_credentials_stop_the_run_and_leave_the_rest_pending() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    let mut command = job.sending("run", "m.csv", &[]);
    let output = command
        .env("ESIGN_COPY_API_KEY", "a wrong key")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(6));
    assert_eq!(
        column(&job.report("m.results.csv"), "status"),
        ["pending", "pending"]
    );
    assert_eq!(job.received(), 0);
    job.run("m.csv", &[]).ends_with(0);

    let mut command = job.sending("run", "token.csv", &[]);
    job.mailing("token.csv", &["c@example.com"]);
    command
        .env_remove("ESIGN_COPY_API_KEY")
        .env_remove("ESIGN_COPY_SALT");
    let output = command
        .env("ESIGN_COPY_TOKEN", "no token")
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(6),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_service_that_is_not_there_costs_no_row() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    // A port that was free a moment ago, and that nothing listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let endpoint = format!("http://127.0.0.1:{port}/rest");
    let arguments = [
        "run",
        "m.csv",
        "--endpoint",
        &endpoint,
        "--max-attempts",
        "2",
    ];
    let mut command = job.command(&arguments);
    command
        .env_remove("ESIGN_COPY_API_KEY")
        .env_remove("ESIGN_COPY_SALT")
        .env("ESIGN_COPY_TOKEN", "a-ready-token");
    Ran::from(command.output().unwrap()).ends_with(69);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "status"), ["pending", "pending"]);
    assert_eq!(column(&lines, "error_class"), ["not_sent", "not_sent"]);
    assert_eq!(column(&lines, "attempts"), ["0", "0"]);
}

#[test]
fn too_many_failures_stop_the_run() {
    let job = Job::new();
    let emails: Vec<String> = (0..30)
        .map(|n| format!("a{n}+refuse@example.com"))
        .collect();
    job.mailing(
        "m.csv",
        &emails.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let run = |most| {
        let one = ["--max-failures", most, "--concurrency", "1", "--no-canary"];
        job.run("m.csv", &one).ends_with(7);
    };
    run("3");
    assert_eq!(job.received(), 3);
    run("50%");
    assert_eq!(job.received(), 23);
}

#[test]
fn the_rate_is_a_ceiling_over_tokens_and_copies() {
    let job = Job::new();
    let emails: Vec<String> = (0..20).map(|n| format!("a{n}@example.com")).collect();
    job.mailing(
        "m.csv",
        &emails.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let start = Instant::now();
    job.run("m.csv", &["--rate", "20/s"]).ends_with(0);
    let took = start.elapsed();
    // 40 requests at 20 a second, each an interval after the one before, or after the start.
    assert!(took >= Duration::from_millis(1990), "{took:?}");
}

#[test]
fn an_internal_error_in_an_attempt_is_told_and_ends_as_1() {
    let job = Job::new();
    job.mailing(
        "m.csv",
        &["a@example.com", "b@example.com", "c@example.com"],
    );
    let panicking = |flags: &[&str]| {
        let mut command = job.sending("run", "m.csv", flags);
        command.env("FAILPOINTS", "attempt-answered=1*off->1*panic->off");
        Ran::from(command.output().unwrap())
    };
    panicking(&["--concurrency", "1"])
        .ends_with(1)
        .says("is uncertain: an internal error ended the attempt")
        .says("3 rows: 2 copied, 0 failed, 1 uncertain, 0 pending");
    job.assert_promise("m.results.csv");
    job.run("m.csv", &[]).ends_with(4);
    assert_eq!(job.received(), 3);
}
