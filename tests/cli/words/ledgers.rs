//! Ledgers that are not there, not ours, or held by another run.

use super::assert_words;
use super::scene::Scene;
use crate::kit::Job;

#[test]
fn nothing_is_there() {
    let mut scene = Scene::mailing(&["a@example.com"]);
    scene.types_all(&[
        "status m.csv",
        "status missing.csv",
        "status missing.ledger",
        "status m.csv --endpoint stage",
        "report m.csv",
        "audit m.csv",
        "audit m.csv --username owner@example.com",
        "resolve m.csv",
        "resolve m.csv K1",
        "resolve m.csv K1 --absent",
        "resolve m.csv K1 --absent --copied 3f0c6c1e-0000-4000-8000-000000000002",
        "run m.csv --endpoint [endpoint] --require-ledger",
    ]);
    assert_words!("ledger_missing", scene.shown());
}

#[test]
fn another_ledger_than_is_meant() {
    let mut scene = Scene::mailing(&["a@example.com"]);
    let job = &scene.job;
    job.run("m.csv", &[]).ends_with(0);
    job.write("m.tsv", job.read("m.csv").replace(',', "\t"));
    job.write("text.ledger", "my notes\n".repeat(100));
    job.write("short.ledger", "my notes\n");
    let good = std::fs::read(job.path("m.ledger")).unwrap();
    let marked = |at: usize, value: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
        bytes
    };
    job.write("newer.ledger", marked(60, 99));
    job.write("other.ledger", marked(68, 7));
    job.write("half.ledger", &good[..good.len() / 2]);
    std::fs::create_dir(job.path("folder.ledger")).unwrap();
    scene.types("run m.csv --endpoint https://esign.example.com/rest");
    scene.types("run m.tsv --endpoint [endpoint]");
    for ledger in ["text", "short", "newer", "other", "half", "folder"] {
        scene.types(&format!(
            "run m.csv --endpoint [endpoint] --ledger {ledger}.ledger --report r"
        ));
    }
    scene.types_all(&[
        "status text.ledger",
        "status m.csv --endpoint stage",
        "status m.csv --endpoint https://esign.example.com/rest",
        "report other.csv --ledger m.ledger",
        "status other.csv --ledger m.ledger",
        "report m.csv --output m.csv",
        "report m.csv --output m.ledger",
        "report m.csv --output text.ledger",
        "report m.csv --output no/such/folder/r.csv",
    ]);
    assert_words!("ledger_other", scene.shown());
}

#[test]
fn a_ledger_that_was_there() {
    let mut scene = Scene::mailing(&["a@example.com"]);
    let run = "run m.csv --endpoint [endpoint] --rate max";
    scene.job.run("m.csv", &[]).ends_with(0);
    let first = std::fs::read(scene.job.path("m.ledger")).unwrap();
    scene
        .job
        .mailing("m.csv", &["a@example.com", "b@example.com"]);
    scene.job.run("m.csv", &[]).ends_with(0);
    scene.job.write("m.ledger", first);
    scene.types(run);
    std::fs::remove_file(scene.job.path("m.ledger")).unwrap();
    scene.types(run);
    std::fs::remove_file(scene.job.path("m.results.csv")).unwrap();
    scene.types(run);
    assert_words!("ledger_gone", scene.shown());
}

#[test]
fn a_ledger_that_is_held() {
    let mut scene = Scene::mailing(&["a+hang@example.com"]);
    let mut first = scene.job.sending("run", "m.csv", &[]).spawn().unwrap();
    scene.job.wait_until_received(1);
    scene
        .job
        .write("bad.csv", scene.job.read("m.csv").replace("a+hang@", "a@@"));
    scene.types_all(&[
        "status m.csv",
        "run m.csv --endpoint [endpoint]",
        "run m.csv --endpoint [endpoint] --wait 2s",
        "run bad.csv --endpoint [endpoint] --ledger m.ledger",
        "resolve m.csv K1 --absent",
    ]);
    first.kill().unwrap();
    first.wait().unwrap();
    scene.types_all(&["status m.csv", "run m.csv --endpoint [endpoint] --rate max"]);
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    scene.calls(
        format!("process {} on {host} ", first.id()),
        "process [pid] on [host] ",
    );
    assert_words!("ledger_held", scene.shown());
}

#[test]
fn several_ledgers_and_manifests() {
    let mut scene = Scene::mailing(&["a@example.com"]);
    let elsewhere = Job::new();
    let endpoint = elsewhere.sandbox.base_url();
    scene.job.run("m.csv", &[]).ends_with(0);
    scene
        .job
        .other(&["run", "m.csv", "--endpoint", "sandbox"])
        .ends_with(0);
    scene.job.mailing("n.csv", &["b@example.com"]);
    scene
        .job
        .run("n.csv", &["--ledger", "m.ledger"])
        .ends_with(0);
    scene.calls(endpoint.clone(), "[other endpoint]");
    scene.knows("m.results.csv").knows("n.results.csv");
    scene.types_all(&[
        "status m.csv",
        "status m.ledger",
        "report m.ledger --output again.csv",
        &format!("run m.csv --endpoint {endpoint}"),
        "audit m.rehearsal.ledger --username owner@example.com",
        "run m.csv --endpoint [endpoint] --new-ledger --rate max",
    ]);
    scene.calls_between("is now m.ledger.", "\n", "[time]");
    scene.calls_between("m.results.edited-", ".csv", "[time]");
    assert_words!("ledger_several", scene.shown());
}
