//! How commands end when they did their work: the counts, the report, the next command.

use esign_copy::sandbox::Settings;

use super::assert_words;
use super::scene::Scene;
use crate::kit::SOURCE;

const RUN: &str = "run m.csv --endpoint [endpoint] --rate max --username owner@example.com";
const AUDIT: &str = "audit m.csv --rate max --username owner@example.com --endpoint [endpoint]";

#[test]
fn everything_is_copied() {
    let mut scene = Scene::mailing(&["a@example.com", "b@example.com", "c@example.com"]);
    scene.types_all(&[RUN, RUN, "status m.csv", AUDIT]);
    assert_words!("all_copied", scene.shown());
}

#[test]
fn some_rows_failed() {
    let mut scene = Scene::mailing(&["a@example.com", "b+refuse@example.com", "c+403@example.com"]);
    scene.types_all(&[RUN, RUN, "status m.csv", AUDIT]);
    assert_words!("some_failed", scene.shown());
}

#[test]
fn bad_rows_are_skipped() {
    let mut scene = Scene::mailing(&["a@example.com", "b@"]);
    scene.types_all(&[
        "check m.csv --skip-invalid",
        &format!("{RUN} --skip-invalid"),
        "status m.csv",
    ]);
    assert_words!("skip_invalid", scene.shown());
}

#[test]
fn a_pilot() {
    let mut scene = Scene::mailing(&["a@example.com", "b@example.com", "c@example.com"]);
    scene.types_all(&[&format!("{RUN} --limit 1"), "status m.csv", RUN]);
    assert_words!("limit", scene.shown());
}

#[test]
fn a_rehearsal() {
    let mut scene = Scene::mailing(&["a@example.com", "b@example.com"]);
    scene.types_all(&[
        "run m.csv --endpoint sandbox --rate max",
        "run m.csv --endpoint sandbox --rate max --set description='Please sign'",
        "status m.csv",
    ]);
    scene
        .job
        .mailing("m.csv", &["a@example.com", "b+refuse@example.com"]);
    scene.types("run m.csv --endpoint sandbox --rate max");
    let corrected = scene
        .job
        .read("m.rehearsal.results.csv")
        .replace("b+refuse@", "b@");
    scene.job.write("m.rehearsal.results.csv", corrected);
    scene.types("retry m.rehearsal.results.csv --endpoint sandbox --rate max");
    assert_words!("rehearsal", scene.shown());
}

#[test]
fn a_list_from_standard_input() {
    let mut scene = Scene::mailing(&["a@example.com"]);
    let line = "run - --endpoint sandbox --format csv --ledger l --report r --rate max";
    let list = std::fs::File::open(scene.job.path("m.csv")).unwrap();
    let mut command = scene.job.command(&[]);
    let output = command.args(scene.arguments(line)).stdin(list).output();
    scene.sees(&format!("esign-copy {line} < m.csv"), output.unwrap());
    assert_words!("standard_input", scene.shown());
}

/// Names with blanks, and every file somewhere else: the next command must be quoted.
#[test]
fn files_elsewhere() {
    let mut scene = Scene::new();
    let emails = ["a@example.com", "b+refuse@example.com"];
    std::fs::create_dir(scene.job.path("June letters")).unwrap();
    scene.job.mailing("June letters/to send.csv", &emails);
    scene.types_all(&[
        "run 'June letters/to send.csv' --endpoint [endpoint] --rate max --html 'a page.html' --metrics m.prom",
        "run 'June letters/to send.csv' --endpoint [endpoint] --rate max --ledger x.ledger --report r.csv -q --accept-changes",
        "status 'June letters/to send.csv'",
    ]);
    assert_words!("files_elsewhere", scene.shown());
}

#[test]
fn more_and_less_words() {
    let mut scene = Scene::mailing(&["a@example.com", "b+refuse@example.com", "c+429@example.com"]);
    scene.types(&format!("{RUN} -v --concurrency 1 --progress none"));
    scene.types(&format!("{RUN} -q"));
    scene.knows("m.results.csv");
    assert_words!("verbose", scene.shown());
}

#[test]
fn for_machines() {
    let mut scene = Scene::mailing(&["a@example.com", "b+refuse@example.com"]);
    scene.types(&format!("{RUN} -v --concurrency 1 --log-format json"));
    scene.types("run none.csv --endpoint [endpoint] --log-format json");
    scene.knows("m.results.csv");
    assert_words!("log_json", scene.shown());
}

#[test]
fn checks() {
    let mut scene = Scene::mailing(&["a@example.com", "b@example.com"]);
    let job = &scene.job;
    job.write("bad.csv", job.read("m.csv").replace("b@", "b@@"));
    let head = "source_session_id,title,signer_1_last_name,signer_1_email";
    job.write(
        "more.csv",
        format!("{head},note,send_signer_invites\n{SOURCE},Lease,Li,a@example.com,x,true\n"),
    );
    scene.types_all(&[
        "check m.csv",
        "check m.csv --rate max --show 1",
        "check m.csv --rate 300/m -q",
        "check more.csv",
        "check bad.csv",
        "check bad.csv -q",
    ]);
    assert_words!("check", scene.shown());
}

#[test]
fn checks_with_the_service() {
    let mut scene = Scene::mailing(&["a@example.com", "b@example.com"]);
    let head = "source_session_id,title,signer_1_id,signer_1_email,signer_1_role";
    let rows = format!("{SOURCE},A,nobody,a@example.com,\n{SOURCE},B,,b@example.com,Buyer\n");
    scene.job.write("misfits.csv", format!("{head}\n{rows}"));
    let online = "--online --rate max --endpoint [endpoint]";
    scene.types_all(&[
        "check m.csv --online",
        &format!("check m.csv {online}"),
        &format!("check m.csv {online} --username other@example.com"),
        &format!("check misfits.csv {online}"),
    ]);
    scene.types_with(
        &format!("check m.csv {online}"),
        &[("ESIGN_COPY_SALT", "wrong")],
    );
    assert_words!("check_online", scene.shown());

    let mut empty = Scene::with(Settings {
        known_sources: Some(Vec::new()),
        ..Settings::default()
    });
    empty.job.mailing("m.csv", &["a@example.com"]);
    empty.types(&format!("check m.csv {online}"));
    assert_words!("check_online_missing", empty.shown());
}
