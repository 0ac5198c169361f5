//! What the name of a file promises: its form, and that it is a report.

use crate::kit::{Job, Ran};

fn mailing() -> Job {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b+refuse@example.com"]);
    job
}

fn report(job: &Job, more: &[&str]) -> Ran {
    job.other(&[&["report", "m.csv"], more].concat())
}

#[test]
fn a_report_has_the_form_that_its_name_says() {
    let job = mailing();
    job.run("m.csv", &[]).ends_with(3);
    for (name, start) in [
        ("o.csv", "row,row_id,"),
        ("o.json", "[\n{\"row\":1,"),
        ("o.JSON", "[\n{\"row\":1,"),
        ("o.html", "<!DOCTYPE html>"),
        ("o.htm", "<!DOCTYPE html>"),
        ("o.txt", "row,row_id,"),
        ("o.of.yesterday", "row,row_id,"),
        ("o", "row,row_id,"),
    ] {
        report(&job, &["--output", name]).ends_with(0);
        let text = job.read(name);
        assert!(text.starts_with(start), "{name}: {text}");
    }
    for (name, format) in [("p.txt", "json"), ("p.json", "json"), ("p.HTML", "html")] {
        report(&job, &["--output", name, "--format", format]).ends_with(0);
    }
    assert!(job.read("p.txt").starts_with('['));
    for more in [
        &["--output", "q.xlsx"][..],
        &["--output", "q.PDF"],
        &["--output", "q.jsonl"],
        &["--output", "q.csv.gz"],
        &["--output", "q.xlsx", "--format", "csv"],
        &["--output", "q.csv", "--format", "json"],
        &["--output", "q.html", "--format", "csv"],
    ] {
        report(&job, more).ends_with(2).says("q.");
    }
    let names = std::fs::read_dir(job.folder()).unwrap();
    let is_wrong = |name: std::ffi::OsString| name.to_string_lossy().starts_with("q.");
    assert!(!names.map(|entry| entry.unwrap().file_name()).any(is_wrong));
    let ran = report(&job, &["--format", "json"]).ends_with(0);
    assert!(ran.stdout.starts_with('['));
}

#[test]
fn a_run_writes_no_file_whose_name_promises_another_form() {
    let job = mailing();
    for more in [
        ["--report", "j.json"],
        ["--report", "j.html"],
        ["--report", "j.XLSX"],
        ["--report", "j.pdf"],
        ["--html", "j.csv"],
        ["--html", "j.json"],
        ["--html", "j.docx"],
        ["--metrics", "j.json"],
        ["--metrics", "j.csv"],
    ] {
        job.run("m.csv", &more).ends_with(2).says(more[1]);
    }
    let mut command = job.sending("run", "m.csv", &[]);
    let ran = Ran::from(command.env("ESIGN_COPY_REPORT", "j.json").output().unwrap());
    ran.ends_with(2).says("name it .csv");
    assert_eq!(job.received(), 0);
    assert!(!job.path("m.ledger").exists() && !job.path("m.ledger.lock").exists());
    let all = [
        "--report",
        "r.of-today",
        "--html",
        "p.htm",
        "--metrics",
        "m.txt",
    ];
    job.run("m.csv", &all).ends_with(3);
    assert!(job.read("r.of-today").starts_with("row,row_id,"));
    let all = ["--ledger", "m.ledger", "--report", "r.json"];
    job.retry("r.of-today", &all).ends_with(2);
    job.retry("r.of-today", &["--ledger", "m.ledger", "--report", "r.CSV"])
        .ends_with(3);
}

/// Mail programs and some file systems write names in capitals.
#[test]
fn a_report_is_one_in_capitals_too() {
    let job = mailing();
    job.run("m.csv", &[]).ends_with(3);
    std::fs::rename(job.path("m.ledger"), job.path("M.ledger")).unwrap();
    std::fs::rename(job.path("m.ledger.lock"), job.path("M.ledger.lock")).unwrap();
    let text = job.read("m.results.csv").replace("+refuse", "");
    std::fs::remove_file(job.path("m.results.csv")).unwrap();
    job.write("M.RESULTS.CSV", text);
    job.run("M.RESULTS.CSV", &[]).ends_with(5).says("retry");
    job.other(&["check", "M.RESULTS.CSV"])
        .ends_with(0)
        .says("retry would send 1 row, 1 of them corrected");
    job.other(&["status", "M.RESULTS.CSV"]).ends_with(0);
    job.retry("M.RESULTS.CSV", &[]).ends_with(0);
    assert_eq!(job.received(), 3);
    let lines = job.report("M.RESULTS.CSV");
    assert!(lines.iter().all(|line| line["status"] == "copied"));
    assert!(!job.path("m.results.csv").exists());
}

const REPLACED: &str = "the last rehearsal's ledger and report are replaced";

#[test]
fn a_refused_rehearsal_replaces_nothing_and_leaves_nothing() {
    let job = Job::new();
    let rehearse = |more: &[&str]| {
        let words = ["run", "m.csv", "--endpoint", "sandbox", "--rate", "max"];
        job.other(&[&words, more].concat())
    };
    let names = || {
        let names = std::fs::read_dir(job.folder()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    job.mailing("m.csv", &["a@example.com", "no address"]);
    rehearse(&[]).ends_with(5);
    assert_eq!(names(), ["m.csv"]);
    job.mailing("m.csv", &["a@example.com", "a@example.com"]);
    rehearse(&[]).ends_with(5);
    assert_eq!(names(), ["m.csv"]);
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    let ran = rehearse(&[]).ends_with(0);
    assert!(!ran.stderr.contains(REPLACED), "{}", ran.stderr);
    let report = job.read("m.rehearsal.results.csv");
    job.mailing("m.csv", &["a@example.com", "no address"]);
    let late = ["--set", "expires_on=2020-01-01"];
    for more in [&[][..], &late] {
        if more == late {
            job.mailing("m.csv", &["a@example.com", "c@example.com"]);
        }
        let ran = rehearse(more).ends_with(5);
        assert!(!ran.stderr.contains(REPLACED), "{}", ran.stderr);
        assert_eq!(job.read("m.rehearsal.results.csv"), report);
        let rendered = job.other(&["report", "m.rehearsal.ledger"]).ends_with(0);
        assert_eq!(rendered.stdout, report, "the last one's ledger is there");
    }
    rehearse(&[]).ends_with(0).says(REPLACED);
}

/// What a real run was refused for leaves no lock either; one that began keeps it.
#[test]
fn a_lock_stays_only_beside_a_ledger() {
    let job = Job::new();
    job.mailing("m.csv", &["no address"]);
    job.run("m.csv", &[]).ends_with(5);
    assert!(!job.path("m.ledger.lock").exists());
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    std::fs::remove_file(job.path("m.ledger")).unwrap();
    std::fs::remove_file(job.path("m.results.csv")).unwrap();
    let ran = job.run("m.csv", &[]);
    assert_ne!(ran.code, 0, "its lock file says that sending had begun");
    assert!(job.path("m.ledger.lock").exists());
    assert_eq!(job.received(), 1);
}
