//! What is never overwritten, and what happens when something can't be written.

use std::os::unix::fs::PermissionsExt;

use crate::kit::Job;

#[test]
fn a_file_that_is_not_ours_is_never_overwritten() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.write("m.results.csv", "name,phone\nAna,1\n");
    job.run("m.csv", &[]).ends_with(2).says("not overwritten");
    assert_eq!(job.read("m.results.csv"), "name,phone\nAna,1\n");
    assert_eq!(job.received(), 0);
}

#[test]
fn a_report_that_cannot_be_written_sends_nothing() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &["--report", "no/such/folder/r.csv"])
        .ends_with(1)
        .says("nothing was sent");
    assert_eq!(job.received(), 0);
}

#[test]
fn a_report_that_fails_later_loses_nothing() {
    let job = Job::with(esign_copy::sandbox::Settings {
        latency: std::time::Duration::from_millis(300),
        ..Default::default()
    });
    job.mailing("m.csv", &["a@example.com"]);
    std::fs::create_dir(job.path("out")).unwrap();
    let mut child = job
        .sending("run", "m.csv", &["--report", "out/r.csv"])
        .spawn()
        .unwrap();
    job.wait_until_received(1);
    std::fs::remove_dir_all(job.path("out")).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let rendered = job.other(&["report", "m.csv"]).ends_with(0).stdout;
    assert!(rendered.contains(",copied,"), "{rendered}");
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 1);
}

#[test]
fn a_report_can_be_rendered_into_a_file() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    job.other(&["report", "m.csv", "--output", "again.csv"])
        .ends_with(0);
    assert_eq!(job.read("again.csv"), job.read("m.results.csv"));
    let mode = std::fs::metadata(job.path("again.csv"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    job.write("notes.txt", "mine");
    job.other(&["report", "m.csv", "--output", "notes.txt"])
        .ends_with(2);
    assert_eq!(job.read("notes.txt"), "mine");
}

#[test]
fn a_ledger_of_another_endpoint_than_was_said_is_not_looked_at() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    let own = job.sandbox.base_url();
    let row_id = job.report("m.results.csv")[0]["row_id"].clone();
    let commands: [&[&str]; 4] = [
        &["audit", "m.csv", "--username", "owner@example.com"],
        &["resolve", "m.csv", &row_id, "--absent"],
        &["status", "m.csv"],
        &["report", "m.csv"],
    ];
    for command in commands {
        let by_name = [command, &["--ledger", "m.ledger"]].concat();
        let itself = [&command[..1], &["m.ledger"], &command[2..]].concat();
        for words in [by_name, itself] {
            let at = |endpoint: &str| job.other(&[&words, &["--endpoint", endpoint][..]].concat());
            at("stage")
                .ends_with(5)
                .says("belongs to the endpoint http://127.0.0.1");
            let good = at(&own);
            assert!(!good.stderr.contains("belongs to"), "{}", good.stderr);
        }
    }
    job.other(&["check", "m.results.csv", "--endpoint", "stage"])
        .ends_with(5)
        .says("belongs to the endpoint");
    job.other(&["status", "m.ledger", "--endpoint", "stag"])
        .ends_with(2);
}
