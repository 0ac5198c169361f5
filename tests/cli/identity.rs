//! The same row is the same row: growing, re-sorted, edited manifests; several in one ledger;
//! ledgers that are gone, foreign or another's.

use crate::kit::{HEADER, Job, SOURCE, column};

#[test]
fn a_growing_and_re_sorted_manifest_copies_only_what_is_new() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    let ids = column(&job.report("m.results.csv"), "new_session_id");
    job.mailing(
        "m.csv",
        &["c@example.com", "B@example.com", "a@example.com"],
    );
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 3);
    let now = column(&job.report("m.results.csv"), "new_session_id");
    assert_eq!((&now[1], &now[2]), (&ids[1], &ids[0]));
    job.assert_promise("m.results.csv");
}

#[test]
fn other_columns_and_constants_are_no_identity() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    let more = HEADER.replace("title", "note,title,description");
    job.write(
        "m.csv",
        format!("{more}{SOURCE},new note,Lease,,Li,a@example.com\n"),
    );
    job.run("m.csv", &["--set", "description=Please sign"])
        .ends_with(0);
    assert_eq!(job.received(), 1);
    let lines = job.report("m.results.csv");
    assert_eq!(lines[0]["note"], "new note");
}

#[test]
fn an_edit_that_would_copy_somebody_twice_is_refused() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    let edited = job
        .read("m.csv")
        .replacen("Lease,Li,a@", "Lease 2,Li,a@", 1);
    job.write("m.csv", edited);
    job.run("m.csv", &[])
        .ends_with(5)
        .says("m.csv:2: ")
        .says("--accept-changes");
    assert_eq!(job.received(), 2);
    job.run("m.csv", &["--accept-changes"]).ends_with(0);
    assert_eq!(job.received(), 3);
    let lines = job.report("m.results.csv");
    assert_eq!(
        column(&lines, "row"),
        ["1", "2", ""],
        "the row that is gone stays in the report"
    );
    assert_eq!(lines[2]["status"], "copied");
}

#[test]
fn a_copied_key_that_names_other_people_is_refused() {
    let job = Job::new();
    let manifest = |email: &str| format!("row_id,{HEADER}K1,{SOURCE},Lease,Li,{email}\n");
    job.write("m.csv", manifest("a@example.com"));
    job.run("m.csv", &[]).ends_with(0);
    job.write("m.csv", manifest("b@example.com"));
    job.run("m.csv", &[]).ends_with(5).says("K1");
    job.run("m.csv", &["--accept-changes"]).ends_with(0);
    assert_eq!(job.received(), 1, "a copied row is never sent again");
}

#[test]
fn a_pending_or_failed_key_takes_new_content() {
    let job = Job::new();
    let manifest = |email: &str| format!("row_id,{HEADER}K1,{SOURCE},Lease,Li,{email}\n");
    job.write("m.csv", manifest("a+refuse@example.com"));
    job.run("m.csv", &[]).ends_with(3);
    job.run("m.csv", &[]).ends_with(3);
    assert_eq!(job.received(), 1, "run does not repeat failed rows");
    job.write("m.csv", manifest("a@example.com"));
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(column(&job.report("m.results.csv"), "attempts"), ["2"]);
}

#[test]
fn one_ledger_for_daily_files_copies_a_row_once() {
    let job = Job::new();
    job.mailing("monday.csv", &["a@example.com", "b@example.com"]);
    job.mailing("tuesday.csv", &["b@example.com", "c@example.com"]);
    job.run("monday.csv", &["--ledger", "all.ledger"])
        .ends_with(0);
    job.run("tuesday.csv", &["--ledger", "all.ledger"])
        .ends_with(0);
    assert_eq!(job.received(), 3);
    let (monday, tuesday) = (
        job.report("monday.results.csv"),
        job.report("tuesday.results.csv"),
    );
    assert_eq!(monday[1]["new_session_id"], tuesday[0]["new_session_id"]);
    assert_eq!(tuesday.len(), 2);
}

#[test]
fn duplicates_are_refused_or_sent_once() {
    let job = Job::new();
    job.mailing(
        "m.csv",
        &["a@example.com", "b@example.com", "A@example.com"],
    );
    job.run("m.csv", &[])
        .ends_with(5)
        .says("m.csv:4: line 2 already has this row");
    assert_eq!(job.received(), 0);
    job.run("m.csv", &["--duplicates", "skip"]).ends_with(0);
    assert_eq!(job.received(), 2);
    let lines = job.report("m.results.csv");
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["new_session_id"], lines[2]["new_session_id"]);
}

#[test]
fn a_ledger_that_cannot_be_trusted_is_refused() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    let good = std::fs::read(job.path("m.ledger")).unwrap();
    let newer = {
        let mut bytes = good.clone();
        bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
        bytes
    };
    let foreign = {
        let mut bytes = good.clone();
        bytes[68..72].copy_from_slice(&7_u32.to_be_bytes());
        bytes
    };
    for (name, bytes, words) in [
        (
            "garbage",
            b"not a database, and long enough to be looked at".repeat(9),
            "not a ledger",
        ),
        ("newer", newer, "newer esign-copy"),
        ("foreign", foreign, "another program"),
        ("half", good[..good.len() / 2].to_vec(), "damaged"),
        ("empty", Vec::new(), "missing or empty"),
    ] {
        job.write("m.ledger", &bytes);
        job.run("m.csv", &[]).ends_with(5).says(words);
        assert_eq!(
            std::fs::read(job.path("m.ledger")).unwrap(),
            bytes,
            "{name} is left alone"
        );
    }
    std::fs::remove_file(job.path("m.ledger")).unwrap();
    job.run("m.csv", &[]).ends_with(5).says("--new-ledger");
    std::fs::remove_file(job.path("m.results.csv")).unwrap();
    job.run("m.csv", &[]).ends_with(5).says("sending had begun");
    assert_eq!(job.received(), 1);
    let ran = job.run("m.csv", &["--new-ledger"]).ends_with(0);
    assert!(!ran.stderr.contains("edited"), "{}", ran.stderr);
    assert_eq!(job.received(), 2);
}

#[test]
fn a_new_ledger_sets_the_old_one_aside() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    job.run("m.csv", &["--new-ledger"])
        .ends_with(0)
        .says("m.ledger.2");
    let names = std::fs::read_dir(job.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let aside = names.filter(|name| name.to_string_lossy().starts_with("m.ledger.2"));
    assert_eq!(aside.count(), 1);
    assert_eq!(job.received(), 2);
}

#[test]
fn a_ledger_belongs_to_one_endpoint_and_by_default_to_one_manifest() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    let other = Job::new();
    let endpoint = other.sandbox.base_url();
    job.other(&["run", "m.csv", "--endpoint", &endpoint])
        .ends_with(5)
        .says("belongs to the endpoint");
    std::fs::copy(job.path("m.csv"), job.path("m.tsv")).unwrap();
    job.run("m.tsv", &[]).ends_with(5).says("--ledger");
    job.run("new.csv", &["--require-ledger"]).ends_with(5);
    job.mailing("new.csv", &["b@example.com"]);
    job.run("new.csv", &["--require-ledger"])
        .ends_with(5)
        .says("--require-ledger");
    assert_eq!((job.received(), other.received()), (1, 0));
}

#[test]
fn what_an_import_leaves_out_is_counted() {
    let job = Job::new();
    job.mailing(
        "m.csv",
        &["a@example.com", "b@example.com", "a@example.com"],
    );
    job.run("m.csv", &["--duplicates", "skip"])
        .ends_with(0)
        .says("1 record repeats an earlier row");
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[])
        .ends_with(0)
        .says("1 copied row is no longer in the manifest; it stays in the report");
    assert_eq!(job.received(), 2);
    for _ in 0..4 {
        job.run("m.csv", &[]).ends_with(0);
    }
    job.other(&["status", "m.ledger"])
        .ends_with(0)
        .says("the last 5 of 6 runs");
    job.mailing("n.csv", &["d@example.com"]);
    job.run("n.csv", &["--ledger", "m.ledger"]).ends_with(0);
    job.other(&["report", "m.ledger"])
        .ends_with(0)
        .says("this is the report of n.csv");
}

/// A list whose rows have keys of their own.
fn keyed(job: &Job, name: &str, rows: &[(&str, &str)]) {
    let header = HEADER.replace("title", "title,row_id");
    let row = |(key, email): &(&str, &str)| format!("{SOURCE},Lease,{key},Li,{email}\n");
    let rows: String = rows.iter().map(row).collect();
    job.write(name, format!("{header}{rows}"));
}

#[test]
fn rows_that_say_the_same_under_another_key_are_sent_after_a_warning() {
    let job = Job::new();
    let (a, b, c) = ("a@example.com", "b@example.com", "c@example.com");
    keyed(&job, "m.csv", &[("1", a), ("2", b), ("3", a)]);
    let twice = "1 row has the same content as another row under another row_id; the same people get \
                 another copy (first: m.csv:4)";
    job.other(&["check", "m.csv"]).ends_with(0).says(twice);
    let ledger = ["--ledger", "all.ledger"];
    job.run("m.csv", &ledger).ends_with(0).says(twice);
    assert_eq!(job.received(), 3);
    let again = job.run("m.csv", &ledger).ends_with(0);
    assert!(!again.stderr.contains("another row_id"), "{}", again.stderr);
    // Another list with other keys for the same people.
    keyed(&job, "n.csv", &[("11", c), ("12", b), ("13", a)]);
    let others = "2 rows have the same content as other rows under another row_id; the same people get \
                  another copy (first: n.csv:3)";
    let known = ["check", "n.csv", "--ledger", "all.ledger"];
    job.other(&known).ends_with(0).says(others);
    let new = job.other(&["check", "n.csv"]).ends_with(0);
    assert!(!new.stderr.contains("another row_id"), "{}", new.stderr);
    job.run("n.csv", &ledger).ends_with(0).says(others);
    assert_eq!(job.received(), 6);
}

#[test]
fn a_row_that_surely_has_no_copy_is_nobody_s_twin() {
    let job = Job::new();
    let ledger = ["--ledger", "all.ledger"];
    keyed(&job, "m.csv", &[("1", "a+refuse@example.com")]);
    job.run("m.csv", &ledger).ends_with(3);
    keyed(&job, "n.csv", &[("2", "a+refuse@example.com")]);
    let ran = job.run("n.csv", &ledger).ends_with(3);
    assert!(!ran.stderr.contains("another row_id"), "{}", ran.stderr);
}
