//! The samples do what the README says of them.

use std::path::Path;

use crate::kit::{Job, column};

fn project(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_sample_mailing_is_a_realistic_one() {
    let job = Job::new();
    std::fs::copy(project("samples/mailing.csv"), job.path("mailing.csv")).unwrap();
    job.run("mailing.csv", &[]).ends_with(0);
    let lines = job.report("mailing.results.csv");
    assert!(lines.len() >= 25);
    let mut sources = column(&lines, "source_session_id");
    sources.dedup();
    assert_eq!(sources.len(), 1);
    job.assert_promise("mailing.results.csv");
}

/// The sample of a bad day has the service say no, ask for patience, and lose an answer.
#[test]
fn the_sample_of_a_bad_day_meets_every_kind_of_trouble() {
    let job = Job::new();
    for name in ["mailing.csv", "bad-day.json"] {
        std::fs::copy(project("samples").join(name), job.path(name)).unwrap();
    }
    let rehearsal = "run mailing.csv --endpoint sandbox --fault-script bad-day.json --rate max \
                     --settle-window 2s";
    let rehearsal: Vec<&str> = rehearsal.split(' ').collect();
    job.other(&rehearsal)
        .ends_with(3)
        .says("28 rows: 27 copied, 1 failed, 0 uncertain, 0 pending")
        .says("pausing for 1s");
    let lines = job.report("mailing.rehearsal.results.csv");
    let of = |name: &str| {
        let email = format!("{name}@example.com");
        let line = lines.iter().find(|line| line["signer_1_email"] == email);
        let line = line.expect("the sample has this row");
        (line["status"].clone(), line["attempts"].clone())
    };
    for (name, status, attempts) in [
        ("tomas.novak", "copied", "2"),
        ("ingrid.lindqvist", "copied", "2"),
        ("rafael.moreno", "copied", "2"),
        ("yuki.tanaka", "failed", "1"),
        ("priya.nair", "copied", "1"),
        ("amara.okafor", "copied", "1"),
    ] {
        assert_eq!(of(name), (status.into(), attempts.into()), "{name}");
    }
    job.other(&rehearsal).ends_with(3).says("begins afresh");
}

/// The sample of bad rows holds every kind of problem, and each is told with its line.
#[test]
fn the_sample_of_bad_rows_shows_every_problem() {
    let job = Job::new();
    std::fs::copy(project("samples/bad-rows.csv"), job.path("bad-rows.csv")).unwrap();
    let ran = job.other(&["check", "bad-rows.csv"]).ends_with(5);
    for (line, words) in [
        (3, "is not an e-mail address"),
        (4, "it must name the session to copy"),
        (5, "is not a session id"),
        (6, "needs an e-mail address or an id"),
        (7, "is not a date"),
        (8, "1 to 30"),
        (9, "is not a transaction id"),
        (10, "line 2 already has row_id"),
        (11, "has 4 fields"),
        (12, "is the header again"),
        (13, "is empty"),
        (14, "after a closing quote"),
        (15, "never closed"),
    ] {
        let place = format!("bad-rows.csv:{line}: ");
        let told = ran
            .stderr
            .lines()
            .any(|one| one.starts_with(&place) && one.contains(words));
        assert!(told, "{place}{words} is not in\n{}", ran.stderr);
    }
}
