//! `check` as a rehearsal on paper: whom a run would reach, and what may be a slip.

use crate::kit::{HEADER, Job, SOURCE};

const EXCLUDE: [&str; 2] = ["--exclude", "no.txt"];

#[test]
fn check_is_a_rehearsal_on_paper() {
    let job = Job::new();
    let header = HEADER.trim_end();
    let row = |title: &str, email: &str| format!("{SOURCE},{title},Li,{email},12\n");
    let rows = [
        row("Lease", "ana@gmial.com"),
        row("Lease", "bo@example.com"),
        row("Rent", "Bo@Example.com"),
        row("Lease", "info@example.com"),
        row("Lease", "cy@gmial.com"),
        row("Sale", "bo@example.com"),
    ];
    job.write(
        "m.csv",
        format!("{header},signer_1_merge_Unit\n{}", rows.concat()),
    );
    let fixed = [
        "--set",
        "signer_2_email=office@t-onlin.de",
        "--set",
        "signer_2_last_name=Wu",
    ];
    let ran = job
        .other(&[&["check", "m.csv"], &fixed[..]].concat())
        .ends_with(0);
    let ran = ran
        .says(
            "warning: 2 addresses end in gmial.com; is gmail.com meant? ('ana@gmial.com', first at \
             m.csv:2, m.csv:6)",
        )
        .says("warning: 6 addresses end in t-onlin.de; is t-online.de meant?")
        // A fixed signer is in every row, and is nobody's mistake.
        .says("warning: 1 row has the address of a role and not of a person ('info@example.com'")
        .says("1 address comes more than once:\n  bo@example.com: rows 2, 3 and 6\n")
        .says(&format!(
            "example, row 1 (ana@gmial.com): 'Lease', a copy of {SOURCE}\n  signer 1: last name Li, \
             <ana@gmial.com>\n    Unit: 12\n  signer 2: last name Wu, <office@t-onlin.de>\n"
        ));
    let last = "6 sessions from 1 source to 5 people (1 address more than once), invites off";
    assert_eq!(ran.stderr.lines().last(), Some(last));
    // The run warns of what may go to strangers, and no more.
    let ran = job
        .run("m.csv", &fixed)
        .ends_with(0)
        .says("is gmail.com meant?");
    assert!(!ran.stderr.contains("of a role") && !ran.stderr.contains("example, row"));
}

#[test]
fn check_counts_who_is_left_out() {
    let job = Job::new();
    job.mailing(
        "m.csv",
        &["ana@example.com", "bo@example.com", "cy@example.com"],
    );
    job.write("no.txt", "bo@example.com\n");
    job.other(&["check", "m.csv", EXCLUDE[0], EXCLUDE[1]])
        .ends_with(0)
        .says("1 row is excluded")
        .says("3 rows: 2 can be sent, 0 invalid, 1 excluded; nothing was sent")
        .says("2 sessions from 1 source to 2 people");
    // What the ledger keeps of an earlier list counts as well.
    job.run("m.csv", &EXCLUDE).ends_with(0);
    job.mailing(
        "m.csv",
        &[
            "ana@example.com",
            "bo@example.com",
            "cy@example.com",
            "di@example.com",
        ],
    );
    let endpoint = job.sandbox.base_url();
    job.other(&["check", "m.csv", "--endpoint", &endpoint])
        .ends_with(0)
        .says("4 rows: 1 can be sent");
    job.other(&["check", "m.results.csv"])
        .ends_with(0)
        .says("1 row is excluded");
}
