//! Runs that stop before their rows are done, and what they say to do.

use esign_copy::sandbox::{Script, Settings};

use super::assert_words;
use super::scene::Scene;
use crate::kit::signal;

const RUN: &str = "run m.csv --endpoint [endpoint] --rate max --concurrency 1";

fn many(fault: &str, count: usize) -> Scene {
    let emails: Vec<String> = (1..=count)
        .map(|n| format!("a{n}{fault}@example.com"))
        .collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    Scene::mailing(&emails)
}

#[test]
fn refused_rows() {
    let mut scene = many("+refuse", 25);
    scene.types_all(&[RUN, "status m.csv"]);
    assert_words!("stop_three_refused", scene.shown());

    let mut scene = many("+refuse", 25);
    scene.types(&format!("{RUN} --no-canary"));
    assert_words!("stop_refused_alike", scene.shown());

    let mut scene = many("+refuse", 25);
    scene.types(&format!("{RUN} --no-canary --max-failures 2"));
    assert_words!("stop_max_failures", scene.shown());
}

#[test]
fn uncertain_rows() {
    let mut scene = many("+500", 4);
    scene.types_all(&[
        &format!("{RUN} --no-canary --max-uncertain 2"),
        "status m.csv",
    ]);
    assert_words!("stop_max_uncertain", scene.shown());
}

#[test]
fn credentials() {
    let mut scene = Scene::mailing(&["a@example.com", "b@example.com"]);
    scene.types_with(RUN, &[("ESIGN_COPY_SALT", "wrong")]);
    scene.types_with(
        RUN,
        &[("ESIGN_COPY_API_KEY", ""), ("ESIGN_COPY_TOKEN", "stale")],
    );
    scene.types("status m.csv");
    assert_words!("stop_credentials", scene.shown());
}

#[test]
fn a_first_copy_that_is_not_as_asked_for() {
    for fault in ["ignore-title", "drop-signers", "ignore-transaction-id"] {
        let mut scene = Scene::mailing(&["a@example.com", "b@example.com"]);
        scene.job.write(
            "faults.json",
            format!(r#"[{{"email":"a@example.com","faults":["{fault}"]}}]"#),
        );
        scene.types("run m.csv --endpoint sandbox --fault-script faults.json --rate max");
        scene.knows("m.rehearsal.results.csv");
        assert_words!(format!("stop_canary_{fault}"), scene.shown());
    }
}

#[test]
fn a_service_that_asks_for_too_long_a_wait() {
    let script = r#"[{"email":"a@example.com","faults":["429:7200"]}]"#;
    let mut scene = Scene::with(Settings {
        script: Script::parse(script).unwrap(),
        ..Settings::default()
    });
    scene
        .job
        .mailing("m.csv", &["a@example.com", "b@example.com"]);
    scene.types(RUN);
    assert_words!("stop_come_back", scene.shown());
}

#[test]
fn an_owner_that_the_service_does_not_know() {
    let mut scene = Scene::mailing(&["a@example.com", "b+500@example.com"]);
    scene.types(&format!(
        "{RUN} --username nobody@example.com --settle-window 1s"
    ));
    scene.types_all(&[
        "status m.csv",
        "audit m.csv --username nobody@example.com --rate max --endpoint [endpoint]",
    ]);
    assert_words!("unknown_owner", scene.shown());
}

/// A request that never ends is out when the signal comes.
#[test]
fn a_signal() {
    let mut scene = Scene::mailing(&["a+hang@example.com", "b@example.com"]);
    let line = format!("{RUN} --grace 0s");
    let mut command = scene.job.command(&[]);
    let child = command.args(scene.arguments(&line)).spawn().unwrap();
    scene.job.wait_until_received(1);
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    scene.sees(&format!("esign-copy {line}, and Ctrl-C"), output);
    scene.types("status m.csv");
    assert_words!("stop_signal", scene.shown());
}
