//! Days on which everything goes wrong: each of these once copied somebody twice, or said
//! "copied" of a row that was never sent.

use crate::kit::{HEADER, Job, SOURCE, column};

fn keyed(rows: &[(&str, &str)]) -> String {
    let row = |(key, email): &(&str, &str)| format!("{key},{SOURCE},Lease,Li,{email}\n");
    format!(
        "row_id,{HEADER}{}",
        rows.iter().map(row).collect::<String>()
    )
}

#[test]
fn a_ledger_older_than_its_lock_is_refused() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    let backup = std::fs::read(job.path("m.ledger")).unwrap();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    job.write("m.ledger", backup);
    job.run("m.csv", &[])
        .ends_with(5)
        .says("older than its lock file");
    job.retry("m.results.csv", &[])
        .ends_with(5)
        .says("older than its lock file");
    assert_eq!(job.received(), 2);
}

#[test]
fn a_ledger_without_its_wal_is_refused() {
    let job = Job::new();
    // The last one is never answered: the run can't end before it is killed.
    let emails: Vec<String> = (0..40).map(|n| format!("a{n}@example.com")).collect();
    let emails = [emails, vec!["a+hang@example.com".to_owned()]].concat();
    job.mailing(
        "m.csv",
        &emails.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let mut child = job.sending("run", "m.csv", &[]).spawn().unwrap();
    job.wait_until_received(12);
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(job.path("m.ledger-wal")).unwrap();
    std::fs::remove_file(job.path("m.ledger-shm")).unwrap();
    let received = job.received();
    job.run("m.csv", &[])
        .ends_with(5)
        .says("older than its lock file");
    assert_eq!(job.received(), received);
}

#[test]
fn a_renumbered_list_does_not_copy_its_people_again() {
    let job = Job::new();
    job.write(
        "m.csv",
        keyed(&[("1", "a+refuse@example.com"), ("2", "b@example.com")]),
    );
    job.run("m.csv", &[]).ends_with(3);
    job.write("m.csv", keyed(&[("1", "b@example.com")]));
    job.run("m.csv", &[])
        .ends_with(5)
        .says("row 2 (b@example.com)");
    assert_eq!(job.received(), 2);
}

#[test]
fn two_lists_that_number_their_rows_alike_are_not_mixed_up() {
    let job = Job::new();
    job.write(
        "a.csv",
        keyed(&[("1", "a1@example.com"), ("2", "a2@example.com")]),
    );
    job.write("b.csv", keyed(&[("2", "b2@example.com")]));
    job.run("a.csv", &["--ledger", "all.ledger", "--limit", "1"])
        .ends_with(0);
    job.run("b.csv", &["--ledger", "all.ledger"])
        .ends_with(5)
        .says("is also in a.csv");
    job.run("a.csv", &["--ledger", "all.ledger"]).ends_with(0);
    let lines = job.report("a.results.csv");
    assert_eq!(
        column(&lines, "signer_1_email"),
        ["a1@example.com", "a2@example.com"]
    );
    job.assert_promise("a.results.csv");
}

#[test]
fn a_content_finds_the_row_that_has_it_now() {
    let job = Job::new();
    job.write(
        "m.csv",
        keyed(&[("1", "a@example.com"), ("2", "b@example.com")]),
    );
    job.run("m.csv", &["--limit", "0"]).ends_with(0);
    job.write(
        "m.csv",
        keyed(&[("1", "b@example.com"), ("2", "a@example.com")]),
    );
    job.run("m.csv", &["--limit", "1"]).ends_with(0);
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(
        job.received(),
        2,
        "a is sent, not taken for the row that was a once"
    );
}

#[test]
fn a_copied_key_that_goes_back_to_what_it_was_is_refused() {
    let job = Job::new();
    job.write("m.csv", keyed(&[("1", "f@example.com")]));
    job.run("m.csv", &["--limit", "0"]).ends_with(0);
    job.write("m.csv", keyed(&[("1", "g@example.com")]));
    job.run("m.csv", &[]).ends_with(0);
    job.write("m.csv", keyed(&[("1", "f@example.com")]));
    job.run("m.csv", &[]).ends_with(5);
    job.write(
        "m.csv",
        "row_id,source_session_id\n".to_owned() + &format!("9,{SOURCE}\n"),
    );
    let set = |email: &str| format!("signer_1_email={email}");
    job.run("m.csv", &["--set", &set("a@example.com")])
        .ends_with(0);
    job.run("m.csv", &["--set", &set("b@example.com")])
        .ends_with(5);
}

#[test]
fn a_new_ledger_is_begun_only_for_a_list_that_is_accepted() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    let good = job.read("m.csv");
    job.write("m.csv", format!("{good}x,y\n"));
    job.run("m.csv", &["--new-ledger"]).ends_with(5);
    job.write("m.csv", good);
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 1);
}

#[test]
fn a_report_never_replaces_a_file_of_its_ledger() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let absolute = job.path("m.ledger").to_string_lossy().into_owned();
    for report in [
        "./m.ledger",
        &absolute,
        "./m.ledger.lock",
        "m.ledger-wal",
        "./m.csv",
    ] {
        job.run("m.csv", &["--report", report]).ends_with(2);
    }
    assert_eq!(job.received(), 0);
}

#[test]
fn what_is_no_ledger_is_never_replaced_by_one() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    std::fs::create_dir(job.path("folder")).unwrap();
    job.run("m.csv", &["--ledger", "folder"])
        .ends_with(5)
        .says("not a regular file");
    std::os::unix::fs::symlink("nowhere", job.path("link")).unwrap();
    job.run("m.csv", &["--ledger", "link"])
        .ends_with(5)
        .says("a link to nothing");
    job.write("m.rehearsal.ledger", "my notes");
    let rehearsal = ["run", "m.csv", "--endpoint", "sandbox", "--rate", "max"];
    job.other(&rehearsal).ends_with(5).says("not a ledger");
    assert_eq!(job.read("m.rehearsal.ledger"), "my notes");
}

#[test]
fn a_link_to_a_ledger_is_that_ledger() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &["--ledger", "all.ledger", "--limit", "1"])
        .ends_with(0);
    std::os::unix::fs::symlink("all.ledger", job.path("link.ledger")).unwrap();
    job.mailing("n.csv", &["c+hang@example.com"]);
    let mut run = job.sending("run", "n.csv", &["--ledger", "all.ledger"]);
    let mut child = run.spawn().unwrap();
    job.wait_until_received(2);
    job.run("m.csv", &["--ledger", "link.ledger"]).ends_with(75);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_retry_with_nothing_to_send_renews_its_own_list_s_report() {
    let job = Job::new();
    job.mailing("b.csv", &["b@example.com"]);
    job.run("b.csv", &["--ledger", "all.ledger"]).ends_with(0);
    job.mailing("a.csv", &["a@example.com"]);
    job.run("a.csv", &["--ledger", "all.ledger"]).ends_with(0);
    job.retry("b.results.csv", &["--ledger", "all.ledger"])
        .ends_with(0);
    assert_eq!(
        column(&job.report("b.results.csv"), "signer_1_email"),
        ["b@example.com"]
    );
}

#[test]
fn a_number_of_rows_is_expected_of_an_unchanged_list_too() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    job.run("m.csv", &["--limit", "1"]).ends_with(0);
    job.run("m.csv", &["--expect-rows", "3"]).ends_with(5);
    assert_eq!(job.received(), 1);
}
