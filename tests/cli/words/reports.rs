//! Reports given back: to the wrong command, without their ledger, edited where they must not be.

use super::assert_words;
use super::scene::Scene;

/// A copied row and two that failed.
fn failed() -> Scene {
    let mut scene = Scene::mailing(&[
        "a@example.com",
        "b+refuse@example.com",
        "c+refuse@example.com",
    ]);
    scene.job.run("m.csv", &[]).ends_with(3);
    scene.knows("m.results.csv");
    scene
}

/// The report with one text for another.
fn edit(scene: &Scene, file: &str, from: &str, to: &str) {
    let report = scene.job.read("m.results.csv");
    assert!(report.contains(from), "{from}");
    scene.job.write(file, report.replacen(from, to, 1));
}

#[test]
fn the_wrong_file_or_command() {
    let mut scene = failed();
    let job = &scene.job;
    let cut = |line: &str| {
        let (first, rest) = line.split_once(',').unwrap();
        let (_, after) = rest.split_once(',').unwrap();
        format!("{first},{after}\n")
    };
    let report = job.read("m.results.csv");
    job.write(
        "no_row_ids.csv",
        report.lines().map(cut).collect::<String>(),
    );
    job.write("lone.results.csv", job.read("m.results.csv"));
    job.write("saved.csv", job.read("m.results.csv"));
    job.write("x.rehearsal.results.csv", job.read("m.results.csv"));
    job.write("x.stage.results.csv", job.read("m.results.csv"));
    scene.types_all(&[
        "run m.results.csv --endpoint [endpoint]",
        "retry missing.results.csv --endpoint [endpoint]",
        "retry m.csv --endpoint [endpoint] --ledger m.ledger",
        "retry no_row_ids.csv --endpoint [endpoint] --ledger m.ledger",
        "check no_row_ids.csv",
        "retry saved.csv --endpoint [endpoint]",
        "retry lone.results.csv --endpoint [endpoint]",
        "retry m.results.csv --endpoint stage",
        "retry lone.results.csv --endpoint [endpoint] --without-ledger",
        "retry lone.results.csv --endpoint [endpoint] --without-ledger --username o@example.com --on-uncertain hold",
        "retry m.results.csv --endpoint [endpoint] --without-ledger --username o@example.com",
        "retry saved.csv --endpoint [endpoint] --without-ledger --username o@example.com",
        "retry x.rehearsal.results.csv --endpoint stage --without-ledger --username o@example.com",
        "retry x.stage.results.csv --endpoint production --without-ledger --username o@example.com",
        "retry m.results.csv --endpoint [endpoint] --set note=1",
        "check lone.results.csv",
        "check saved.csv",
        "check m.results.csv --online --endpoint [endpoint]",
    ]);
    assert_words!("reports_misplaced", scene.shown());
}

#[test]
fn damaged_reports() {
    let mut scene = failed();
    let lines = scene.job.report("m.results.csv");
    let (row_id, transaction_id) = (&lines[1]["row_id"], &lines[1]["transaction_id"]);
    let copy = &lines[0]["new_session_id"];
    scene.calls(&copy[..35], "[copy 1, cut]");
    for (file, from, to) in [
        ("number", row_id.as_str(), "1.23E+15"),
        ("date", row_id, "2-Jan"),
        ("name", row_id, "#NAME?"),
        ("unknown", row_id, "r1other"),
        ("no_id", row_id, ""),
        ("guid", copy, &copy[..35]),
        ("transaction", transaction_id, "1E+10"),
        ("email", "b+refuse@example.com", "b@"),
        ("same", "b+refuse@example.com", "a@example.com"),
        (
            "source",
            "3f0c6c1e-0000-4000-8000-000000000001,,failed",
            ",,failed",
        ),
        ("header", "row_id,", "row id,row_id,"),
    ] {
        let file = format!("{file}.csv");
        edit(&scene, &file, from, to);
        scene.types(&format!(
            "retry {file} --ledger m.ledger --endpoint [endpoint]"
        ));
    }
    assert_words!("reports_damaged", scene.shown());
}

/// Without a ledger more of the report counts, and so more can be wrong with it.
#[test]
fn damaged_reports_without_their_ledger() {
    let mut scene = failed();
    let lines = scene.job.report("m.results.csv");
    let (copy, transaction_id) = (&lines[0]["new_session_id"], &lines[1]["transaction_id"]);
    let finished = &lines[0]["finished_at"];
    for (file, from, to) in [
        ("status", ",failed,", ",sent,"),
        ("copied", ",failed,", ",copied,"),
        ("no_copy", copy.as_str(), ""),
        ("failed_copy", ",copied,", ",failed,"),
        ("no_transaction", transaction_id, ""),
        ("time", finished, "24.11.2026 09:15"),
    ] {
        let file = format!("{file}.results.csv");
        edit(&scene, &file, from, to);
        scene.types(&format!(
            "retry {file} --without-ledger --username owner@example.com --endpoint [endpoint]"
        ));
    }
    assert_words!("reports_damaged_alone", scene.shown());
}

#[test]
fn corrected_rows() {
    let mut scene = failed();
    scene.types("check m.results.csv");
    edit(&scene, "m.results.csv", "b+refuse@", "b@");
    scene.types_all(&[
        "check m.results.csv",
        "retry m.results.csv --endpoint [endpoint] --rate max --username owner@example.com",
    ]);
    edit(&scene, "m.results.csv", "Lease,Li,a@", "Lease,Li,z@");
    edit(&scene, "m.results.csv", "c+refuse@", "c@");
    scene.types_all(&[
        "retry m.results.csv --endpoint [endpoint] --rate max --username owner@example.com",
        "retry m.results.csv --endpoint [endpoint] --rate max --username owner@example.com",
    ]);
    scene.knows("m.results.csv");
    assert_words!("retry", scene.shown());
}

#[test]
fn a_report_whose_ledger_is_lost() {
    let mut scene = failed();
    edit(&scene, "m.results.csv", "b+refuse@", "b@");
    for file in ["m.ledger", "m.ledger.lock"] {
        std::fs::remove_file(scene.job.path(file)).unwrap();
    }
    scene.types_all(&[
        "run m.csv --endpoint [endpoint]",
        "retry m.results.csv --endpoint [endpoint]",
        "check m.results.csv --without-ledger",
        "retry m.results.csv --endpoint [endpoint] --without-ledger",
        "retry m.results.csv --endpoint [endpoint] --rate max --without-ledger --trust-report --concurrency 1",
    ]);
    assert_words!("retry_without_ledger", scene.shown());
}
