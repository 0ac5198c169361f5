//! Uncertain rows: what is said of them, what a person can answer, what an audit finds.

use super::assert_words;
use super::scene::Scene;
use crate::kit::SOURCE;

const RUN: &str = "run m.csv --endpoint [endpoint] --rate max --concurrency 1";
const AUDIT: &str = "audit m.csv --rate max --username owner@example.com --endpoint [endpoint]";

/// Row 1 is copied, rows 2 to 5 lose their answers; only row 5 has a copy.
fn held() -> Scene {
    let scene = Scene::new();
    let row = |(number, email): (usize, &str)| {
        format!(
            "K{},{SOURCE},Lease {number},Li,{email}@example.com\n",
            number + 1
        )
    };
    let emails = ["a", "b+500", "c+500", "d+408", "e+drop-after-commit"];
    let rows: String = emails.into_iter().enumerate().map(row).collect();
    let head = "row_id,source_session_id,title,signer_1_last_name,signer_1_email\n";
    scene.job.write("m.csv", format!("{head}{rows}"));
    scene
}

#[test]
fn held_resolved_and_audited() {
    let mut scene = held();
    scene.types_all(&[RUN, "status m.csv", AUDIT]);
    scene.knows("m.results.csv");
    let stats = scene.job.stats();
    let known = scene.job.report("m.results.csv")[4]["transaction_id"].clone();
    let found = stats.transactions[&known].session_ids[0].to_string();
    let copied = scene.job.report("m.results.csv")[0]["new_session_id"].clone();
    scene.calls(&found, "[the copy of K5]");
    scene.types_all(&[
        "resolve m.csv K2 --copied abc",
        "resolve m.csv K2 --copied 00000000-0000-0000-0000-000000000000",
        &format!("resolve m.csv K2 --copied {copied}"),
        &format!("resolve m.csv K2 --copied {SOURCE}"),
        &format!("resolve m.csv K2 K3 --copied {found}"),
        "resolve m.csv K1 K2 K2 K9 --absent",
        "resolve m.csv K2 --absent --username owner@example.com",
        "resolve m.csv K2 K3 --absent",
        &format!("resolve m.ledger K5 --copied {found}"),
        "resolve m.csv K4 --copied aaaaaaaa-0000-4000-8000-00000000000a",
        AUDIT,
        "status m.csv",
    ]);
    assert_words!("resolve_and_audit", scene.shown());
}

#[test]
fn looked_up_and_found() {
    let mut scene = Scene::mailing(&["a@example.com", "b+drop-after-commit@example.com"]);
    scene.types_all(&[&format!("{RUN} -v --username owner@example.com"), AUDIT]);
    scene.knows("m.results.csv");
    assert_words!("settled", scene.shown());
}

#[test]
fn a_copy_that_exists_twice() {
    let mut scene = Scene::mailing(&["a+duplicate-commit@example.com"]);
    scene.types_all(&[RUN, AUDIT]);
    let stats = scene.job.stats();
    let ids = stats
        .transactions
        .values()
        .flat_map(|seen| &seen.session_ids);
    for (number, id) in ids.enumerate() {
        scene.calls(id, &format!("[copy {}]", number + 1));
    }
    scene.knows("m.results.csv");
    assert_words!("audit_twice", scene.shown());
}
