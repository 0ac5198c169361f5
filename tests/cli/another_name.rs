//! A list under another name, or part of it in another list: the ledgers beside it are asked before
//! anybody gets a second copy.

use std::os::unix::fs::symlink;

use crate::kit::{HEADER, Job, Ran, SOURCE};

/// A list of three, sent.
fn sent() -> Job {
    let job = Job::new();
    job.mailing(
        "prod.csv",
        &["a@example.com", "b@example.com", "c@example.com"],
    );
    job.run("prod.csv", &[]).ends_with(0);
    job
}

fn check(job: &Job, list: &str) -> Ran {
    job.other(&["check", list, "--endpoint", &job.sandbox.base_url()])
}

#[test]
fn a_copy_of_a_list_is_not_sent_again() {
    let job = sent();
    for name in ["prod (1).csv", "prod-2027-01-01.csv", "folder/prod.csv"] {
        std::fs::create_dir_all(job.path("folder")).unwrap();
        std::fs::copy(job.path("prod.csv"), job.path(name)).unwrap();
        let flags: &[&str] = match name.starts_with("folder") {
            true => &["--ledger", "other.ledger"],
            false => &[],
        };
        job.run(name, flags)
            .ends_with(5)
            .says("3 of 3 new rows were already copied, or may have been, from prod.csv")
            .says("--ledger ")
            .says("prod.ledger")
            .says("--accept-changes");
    }
    check(&job, "prod (1).csv").ends_with(5).says("prod.ledger");
    assert_eq!(job.received(), 3);
    job.run("prod (1).csv", &["--ledger", "prod.ledger"])
        .ends_with(0);
    assert_eq!(job.received(), 3);
    job.run("prod-2027-01-01.csv", &["--accept-changes"])
        .ends_with(0);
    assert_eq!(job.received(), 6);
}

#[test]
fn a_link_to_a_list_elsewhere_leads_to_the_ledger_there() {
    let job = sent();
    std::fs::create_dir(job.path("desk")).unwrap();
    symlink(job.path("prod.csv"), job.path("desk/link.csv")).unwrap();
    job.run("desk/link.csv", &[])
        .ends_with(5)
        .says("prod.ledger");
    assert_eq!(job.received(), 3);
}

#[test]
fn rows_that_an_earlier_list_shares_are_counted() {
    let job = sent();
    job.mailing(
        "more.csv",
        &["c@example.com", "d@example.com", "b@example.com"],
    );
    job.run("more.csv", &[])
        .ends_with(5)
        .says("2 of 3 new rows were already copied");
    // Also where their keys are others: a key is no content.
    let keyed = format!(
        "row_id,{HEADER}1,{SOURCE},Lease,Li,c@example.com\n2,{SOURCE},Lease,Li,e@example.com\n"
    );
    job.write("keyed.csv", keyed);
    job.run("keyed.csv", &[])
        .ends_with(5)
        .says("1 of 2 new rows was already copied");
    assert_eq!(job.received(), 3);
}

#[test]
fn one_refusal_lists_all_that_accepting_would_let_pass() {
    let job = sent();
    job.mailing("second.csv", &["a@example.com", "x@example.com"]);
    job.run("second.csv", &["--accept-changes"]).ends_with(0);
    job.mailing(
        "third.csv",
        &["a@example.com", "x@example.com", "y@example.com"],
    );
    job.run("third.csv", &[])
        .ends_with(5)
        .says("1 of 3 new rows was already copied, or may have been, from prod.csv")
        .says("2 of 3 new rows were already copied, or may have been, from second.csv");
}

/// Lists of other people, numbered alike, and a list that grows, stand beside each other.
#[test]
fn other_lists_beside_it_are_sent() {
    let job = Job::new();
    for (list, name) in [("one.csv", "a"), ("two.csv", "b")] {
        let rows: String = (1..=3)
            .map(|n| format!("{n},{SOURCE},Lease,Li,{name}{n}@example.com\n"))
            .collect();
        job.write(list, format!("row_id,{HEADER}{rows}"));
        job.run(list, &[]).ends_with(0);
    }
    let more = format!("4,{SOURCE},Lease,Li,a4@example.com\n");
    job.write("one.csv", job.read("one.csv") + &more);
    job.run("one.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 7);
}

#[test]
fn what_was_set_aside_or_only_failed_stands_in_nobodys_way() {
    let job = Job::new();
    job.mailing("prod.csv", &["a+refuse@example.com"]);
    job.run("prod.csv", &[]).ends_with(3);
    std::fs::copy(job.path("prod.csv"), job.path("failed.csv")).unwrap();
    job.run("failed.csv", &[]).ends_with(3);
    let job = sent();
    job.run("prod.csv", &["--new-ledger"]).ends_with(0);
    assert_eq!(job.received(), 6);
    // Another service's ledger says nothing of this one's sessions.
    let other = Job::new();
    for file in ["prod.csv", "prod.ledger"] {
        std::fs::copy(job.path(file), other.path(file)).unwrap();
    }
    other.mailing(
        "copy.csv",
        &["a@example.com", "b@example.com", "c@example.com"],
    );
    other.run("copy.csv", &[]).ends_with(0);
    let rehearsal = ["run", "copy.csv", "--endpoint", "sandbox", "--rate", "max"];
    other.other(&rehearsal).ends_with(0);
}

#[test]
fn a_ledger_that_can_not_be_read_is_warned_of() {
    let job = sent();
    let bytes = std::fs::read(job.path("prod.ledger")).unwrap();
    job.write("broken.ledger", &bytes[..5_000]);
    job.mailing("new.csv", &["d@example.com"]);
    job.run("new.csv", &[]).ends_with(0).says("warning: ").says(
        "broken.ledger: rows of this list may have been sent from here, but it can't be read",
    );
    // However it is broken, and also where only its lock file is left.
    let mut zeroed = bytes.clone();
    zeroed[..4096].fill(0);
    for (broken, word) in [
        (zeroed, "it can't be read"),
        (Vec::new(), "this ledger is missing or empty"),
    ] {
        job.write("prod.ledger", broken);
        std::fs::remove_file(job.path("new.ledger")).unwrap();
        std::fs::remove_file(job.path("new.ledger.lock")).unwrap();
        std::fs::remove_file(job.path("new.results.csv")).unwrap();
        job.run("new.csv", &[])
            .ends_with(0)
            .says("warning: prod.ledger: ")
            .says(word);
    }
    // Another program's database has nothing to say.
    let other = rusqlite::Connection::open(job.path("notes.db")).unwrap();
    other.execute_batch("CREATE TABLE notes (text)").unwrap();
    job.mailing("newer.csv", &["e@example.com"]);
    let ran = job.run("newer.csv", &[]).ends_with(0);
    assert!(!ran.stderr.contains("notes.db"), "{}", ran.stderr);
}

/// Where going on in the other ledger would copy the rows again, that is no advice.
#[test]
fn rows_under_other_keys_are_not_sent_to_where_they_would_go_twice() {
    let job = sent();
    let rows =
        ["a", "b", "x"].map(|name| format!("{name}-1,{SOURCE},Lease,Li,{name}@example.com\n"));
    job.write("keyed.csv", format!("row_id,{HEADER}{}", rows.concat()));
    job.run("keyed.csv", &[])
        .ends_with(5)
        .says("2 of 3 new rows were already copied")
        .says("2 of them have other row_ids there and would be copied again there too");
}

#[test]
fn rows_that_look_alike_in_another_ledger_count() {
    let job = sent();
    let list = job.read("prod.csv").replace("Lease", "Lease\u{200b}");
    job.write("saved again.csv", list);
    job.run("saved again.csv", &[])
        .ends_with(5)
        .says("3 of 3 new rows were already copied");
    assert_eq!(job.received(), 3);
}

#[test]
fn rows_that_wait_in_another_ledger_are_warned_of() {
    let job = Job::new();
    let emails = ["a@example.com", "b@example.com", "c@example.com"];
    job.mailing("all.csv", &emails);
    job.run("all.csv", &["--limit", "1"]).ends_with(0);
    job.mailing("rest.csv", &emails[1..]);
    job.run("rest.csv", &[])
        .ends_with(0)
        .says("warning: all.ledger: 2 of 2 new rows are also waiting in this ledger, from all.csv");
}

/// The second one waits for the import of the first, and then sees it.
#[test]
fn of_two_lists_started_together_one_is_sent() {
    for round in 0..5 {
        let job = Job::new();
        let emails: Vec<String> = (0..200).map(|n| format!("a{n}@example.com")).collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        job.mailing("a.csv", &emails);
        job.mailing("b.csv", &emails);
        let started = ["a.csv", "b.csv"].map(|list| job.sending("run", list, &[]).spawn().unwrap());
        let codes = started.map(|child| Ran::from(child.wait_with_output().unwrap()).code);
        assert!(codes.contains(&5), "{round}: {codes:?}");
        assert_eq!(job.received(), 200, "{round}: {codes:?}");
    }
}

#[test]
fn rows_that_another_run_is_about_to_send_count() {
    let job = Job::new();
    job.mailing("prod.csv", &["a+hang@example.com", "b@example.com"]);
    let mut working = job.sending("run", "prod.csv", &["--timeout", "60s"]);
    let mut working = working.spawn().unwrap();
    job.wait_until_received(1);
    std::fs::copy(job.path("prod.csv"), job.path("prod (1).csv")).unwrap();
    job.run("prod (1).csv", &[])
        .ends_with(5)
        .says("2 of 2 new rows were already copied, or may have been, from prod.csv");
    working.kill().unwrap();
    working.wait().unwrap();
    assert_eq!(job.received(), 1);
}

/// Looking for other ledgers must not touch the files of the own one: their locks would be gone, and
/// whoever looks at the job then takes its index away under the run.
#[test]
fn a_run_that_added_rows_keeps_its_ledger_s_locks() {
    let job = sent();
    let emails = [
        "a@example.com",
        "b@example.com",
        "c@example.com",
        "d+hang@example.com",
    ];
    job.mailing("prod.csv", &emails);
    let flags = ["--timeout", "3s", "--no-canary", "--max-attempts", "1"];
    let mut working = job.sending("run", "prod.csv", &flags).spawn().unwrap();
    job.wait_until_received(4);
    for _ in 0..5 {
        job.other(&["status", "prod.csv"]).ends_with(0);
        let list = job.read("prod.csv");
        job.write("other.csv", list.replace("d+hang", "e"));
        job.run("other.csv", &["--limit", "0"]).ends_with(5);
    }
    assert_eq!(working.wait().unwrap().code(), Some(4));
}

/// A check that asks the service may take its time, and nobody who sends waits for it.
#[test]
fn a_check_that_is_not_done_holds_up_no_run() {
    let job = sent();
    job.mailing("new.csv", &["x@example.com"]);
    job.mailing("newer.csv", &["y@example.com"]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}/rest", listener.local_addr().unwrap());
    let mut check = job.command(&["check", "new.csv", "--online", "--endpoint", &silent]);
    let mut check = check.spawn().unwrap();
    let (_open, _) = listener.accept().unwrap();
    job.run("newer.csv", &[]).ends_with(0);
    assert_eq!(check.try_wait().unwrap(), None, "it is still waiting");
    check.kill().unwrap();
    check.wait().unwrap();
}
