//! Uncertain rows, as a user meets them: looked up or held; and the first copy.

use esign_copy::sandbox::{Script, Settings};

use crate::kit::{Job, Ran, column};

pub const OWNER: &str = "owner@example.com";

pub fn settling(job: &Job, more: &[&str]) -> Ran {
    let mut all = vec!["--username", OWNER, "--settle-window", "4s"];
    all.extend(more);
    job.run("m.csv", &all)
}

pub fn mailing(job: &Job, emails: &[&str]) {
    job.mailing("m.csv", emails);
}

pub fn scripted(script: &str) -> Job {
    Job::with(Settings {
        script: Script::parse(script).unwrap(),
        ..Settings::default()
    })
}

#[test]
fn every_way_to_lose_an_answer_is_found_out() {
    let job = Job::new();
    let faults = [
        "ok",
        "drop-after-commit",
        "half-answer-after-commit",
        "500-after-commit",
        "400-html-after-commit",
        "null-after-commit",
        "hang-after-commit",
        "unreadable",
        "huge",
        "no-id",
        "zero-guid",
        "two-ids",
        "error-with-id",
        "source-id",
        "late-commit",
        "invisible",
        "drop-before-commit",
        "500",
        "503",
        "null",
    ];
    let emails: Vec<String> = faults
        .iter()
        .map(|fault| format!("a+{fault}@example.com"))
        .collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    mailing(&job, &emails);
    // The last four meet their fault every time: those rows are used up, the others copied.
    let ran = settling(&job, &["--timeout", "2s", "--max-attempts", "2"]);
    let lines = job.report("m.results.csv");
    for (line, fault) in lines.iter().zip(faults) {
        let expected = match fault {
            "drop-before-commit" | "500" | "503" | "null" => ("failed", "unknown"),
            _ => ("copied", ""),
        };
        let stands = (line["status"].as_str(), line["error_class"].as_str());
        assert_eq!(stands, expected, "{fault}: {}", line["error"]);
    }
    ran.ends_with(3);
    job.assert_promise("m.results.csv");
}

#[test]
fn every_way_to_say_nothing_is_found_out() {
    let job = Job::new();
    let faults = [
        "null-after-commit",
        "literal-null-after-commit",
        "201-after-commit",
        "202-after-commit",
        "204-after-commit",
        "206-after-commit",
    ];
    // Three in a row would stop the run.
    let emails: Vec<String> = faults
        .iter()
        .flat_map(|fault| {
            [
                format!("a+{fault}@example.com"),
                format!("b{fault}@example.com"),
            ]
        })
        .collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    mailing(&job, &emails);
    settling(&job, &["--concurrency", "1"]).ends_with(0);
    assert_eq!(job.received(), emails.len() as u64);
    job.assert_promise("m.results.csv");
}

#[test]
fn settling_goes_on_after_three_nulls_have_stopped_the_run() {
    let job = Job::new();
    let nulls = [
        "a@example.com",
        "b+null-after-commit@example.com",
        "c+null@example.com",
        "d+204-after-commit@example.com",
        "e@example.com",
    ];
    mailing(&job, &nulls);
    settling(&job, &["--concurrency", "1"])
        .ends_with(6)
        .says("stopped: the service answered 3 copies in a row with nothing");
    let statuses = column(&job.report("m.results.csv"), "status");
    assert_eq!(
        statuses,
        ["copied", "copied", "pending", "copied", "pending"]
    );
    assert_eq!(job.received(), 4);
    job.assert_promise("m.results.csv");
}

#[test]
fn what_a_killed_run_left_is_settled_by_the_next() {
    // After the first copy four requests are out, and none of them is ever answered.
    let rule = |(n, fault)| {
        format!(r#"{{"email": "a{n}@example.com", "faults": ["{fault}"], "then": "ok"}}"#)
    };
    let faults = ["hang", "hang-after-commit"].into_iter().cycle();
    let rules: Vec<String> = (1..5).zip(faults).map(rule).collect();
    let job = scripted(&format!("[{}]", rules.join(",")));
    let emails: Vec<String> = (0..12).map(|n| format!("a{n}@example.com")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    mailing(&job, &emails);
    let mut run = job.sending("run", "m.csv", &["--username", OWNER]);
    let mut child = run.spawn().unwrap();
    job.wait_until_received(5);
    child.kill().unwrap();
    child.wait().unwrap();
    settling(&job, &[])
        .ends_with(0)
        .says("4 rows were in flight when an earlier run ended");
    assert_eq!(job.stats().copies_committed, 12);
    job.assert_promise("m.results.csv");
    let commits = job.stats().copies_committed;
    settling(&job, &[]).ends_with(0);
    assert_eq!(job.stats().copies_committed, commits);
}

#[test]
fn without_a_username_rows_are_held_and_that_is_said() {
    let job = Job::new();
    mailing(&job, &["a@example.com", "b+500@example.com"]);
    job.run("m.csv", &[])
        .ends_with(4)
        .says("rows whose answer is lost stay uncertain, because without --username they can't be looked up");
    job.run("m.csv", &["--on-uncertain", "settle"])
        .ends_with(2)
        .says("--on-uncertain settle needs --username");
    let held = ["--username", OWNER, "--on-uncertain", "hold"];
    job.run("m.csv", &held).ends_with(4);
    assert_eq!(job.received(), 2);
    // What was held is settled once that is possible, and sent again, once it is surely absent.
    settling(&job, &["--limit", "0"])
        .ends_with(0)
        .says("looking up 1 uncertain row at http");
    assert_eq!(job.received(), 2);
    let status = column(&job.report("m.results.csv"), "status");
    assert_eq!(status, ["copied", "pending"]);
}

#[test]
fn a_username_that_the_service_does_not_know_is_said_once() {
    let job = Job::new();
    mailing(
        &job,
        &["a@example.com", "b+500@example.com", "c@example.com"],
    );
    let wrong = ["--username", "nobody@example.com", "--settle-window", "2s"];
    let ran = job.run("m.csv", &wrong).ends_with(4);
    assert_eq!(
        ran.stderr
            .matches("does not know nobody@example.com (")
            .count(),
        1
    );
    assert_eq!(job.received(), 3);
}

#[test]
fn too_many_uncertain_rows_stop_the_run() {
    let job = Job::new();
    let emails: Vec<String> = (0..9).map(|n| format!("a{n}+500@example.com")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    mailing(&job, &emails);
    let one = ["--no-canary", "--concurrency", "1"];
    job.run("m.csv", &one)
        .ends_with(7)
        .says("--max-uncertain reached: 5 rows could not be settled");
    assert_eq!(job.received(), 5);
}

#[test]
fn a_first_copy_that_is_not_as_asked_for_stops_the_run() {
    let emails = ["a@example.com", "b@example.com", "c@example.com"];
    for (fault, word) in [
        ("ignore-title", "its title is"),
        ("drop-signers", "no signer has a@example.com"),
        ("ignore-transaction-id", "its transaction id is"),
    ] {
        let job = scripted(&format!(
            r#"[{{"email":"a@example.com","faults":["{fault}"]}}]"#
        ));
        mailing(&job, &emails);
        settling(&job, &[]).ends_with(7).says(word);
        assert_eq!(job.received(), 1, "{fault}");
    }
}

#[test]
fn a_first_copy_that_look_ups_do_not_show_is_no_proof() {
    let job = scripted(r#"[{"email":"a@example.com","faults":["invisible:30s"]}]"#);
    mailing(&job, &["a@example.com", "b@example.com", "c@example.com"]);
    let quick = ["--username", OWNER, "--settle-window", "1s"];
    job.run("m.csv", &quick)
        .ends_with(0)
        .says("did not find the first copy within 1s");
    job.mailing(
        "m.csv",
        &["d@example.com", "a@example.com", "b@example.com"],
    );
    job.run("m.csv", &quick).ends_with(0);
    // Each of the two runs read its first copy back.
    assert_eq!(job.stats().requests["GetSession"], 2);
}
