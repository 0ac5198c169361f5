//! Rows without keys that people can't tell apart are one row before they are sent, and no second copy
//! after.

use crate::kit::{HEADER, Job, SOURCE, column};

const PAIRS: [(&str, &str); 5] = [
    (
        "Lease 2027,Li,ana@example.com",
        "Lease\u{a0}2027,Li,ana@example.com",
    ),
    (
        "Lease 2027,Li,ana@example.com",
        "Lease  2027,Li,ana@example.com",
    ),
    (
        "Lease 2027,Li,ana@example.com",
        "Lease\u{200b} 2027,Li,ana@example.com",
    ),
    (
        "Caf\u{e9},Li,ana@example.com",
        "Cafe\u{301},Li,ana@example.com",
    ),
    (
        "Lease,Li,cy@b\u{fc}cher.example",
        "Lease,Li,cy@xn--bcher-kva.example",
    ),
];

fn list(rows: &[&str]) -> String {
    let rows: String = rows.iter().map(|row| format!("{SOURCE},{row}\n")).collect();
    format!("{HEADER}{rows}")
}

#[test]
fn rows_that_look_alike_are_the_same_row_for_duplicates() {
    for (one, other) in PAIRS {
        let job = Job::new();
        job.write("m.csv", list(&[one, "Other,Li,bo@example.com", other]));
        job.run("m.csv", &[])
            .ends_with(5)
            .says("m.csv:4: this row looks the same as line 2")
            .says("error: 1 problem");
        assert_eq!(job.received(), 0);
        let skip = ["--duplicates", "skip"];
        job.run("m.csv", &skip).ends_with(0);
        assert_eq!(job.received(), 2, "{other}");
        let lines = job.report("m.results.csv");
        let sessions = column(&lines, "new_session_id");
        assert_eq!(sessions.len(), 3);
        assert_eq!(sessions[0], sessions[2], "both show the copy");
        // The list grows; what stands for a copied row still does.
        let more = [
            "New,Li,di@example.com",
            one,
            "Other,Li,bo@example.com",
            other,
        ];
        job.write("m.csv", list(&more));
        job.run("m.csv", &skip).ends_with(0);
        assert_eq!(job.received(), 3, "{other}");
        job.assert_promise("m.results.csv");
    }
}

#[test]
fn a_row_that_looks_like_a_copied_one_is_refused() {
    for (one, other) in PAIRS {
        let job = Job::new();
        job.write("m.csv", list(&[one]));
        job.run("m.csv", &[]).ends_with(0);
        job.write("m.csv", list(&[one, other]));
        for flags in [&[][..], &["--duplicates", "skip"]] {
            job.run("m.csv", flags)
                .ends_with(5)
                .says("m.csv:3: this row would be sent, but looks the same as row 1")
                .says("--accept-changes");
        }
        assert_eq!(job.received(), 1);
        job.run("m.csv", &["--accept-changes"]).ends_with(0);
        assert_eq!(job.received(), 2);
        // Both are copied now, and nothing is left to be refused.
        job.run("m.csv", &[]).ends_with(0);
        job.write("m.csv", list(&[other, one]));
        job.run("m.csv", &[]).ends_with(0);
        assert_eq!(job.received(), 2);
    }
}

/// Instead of the copied one, too: a program in between wrote the list anew.
#[test]
fn a_list_in_another_unicode_form_is_not_sent_again() {
    let job = Job::new();
    let mut rows = vec!["Caf\u{e9},Li,ana@example.com", "Th\u{e9},Li,bo@example.com"];
    job.write("m.csv", list(&rows));
    job.run("m.csv", &[]).ends_with(0);
    rows = vec![
        "Cafe\u{301},Li,ana@example.com",
        "The\u{301},Li,bo@example.com",
    ];
    job.write("m.csv", list(&rows));
    let ran = job.run("m.csv", &[]).ends_with(5);
    ran.says("error: 2 problems; nothing was sent");
    assert_eq!(job.received(), 2);
}

#[test]
fn a_report_is_no_way_around_it() {
    let job = Job::new();
    let (one, other) = (
        "Lease 2027,Li,a@example.com",
        "Lease\u{a0}2027,Li,b+refuse@example.com",
    );
    job.write("m.csv", list(&[one, other]));
    job.run("m.csv", &[]).ends_with(3);
    let report = job.read("m.results.csv").replace("b+refuse@", "a@");
    job.write("m.results.csv", report);
    job.retry("m.results.csv", &[])
        .ends_with(5)
        .says("m.results.csv:3: this row would be sent, but looks the same as row 1");
    assert_eq!(job.received(), 2);
    job.retry("m.results.csv", &["--accept-changes"])
        .ends_with(0);
    assert_eq!(job.received(), 3);
}

#[test]
fn keys_and_what_people_see_make_other_rows() {
    let job = Job::new();
    let rows = [
        "Lease 2027,Li,ana@example.com",
        "lease 2027,Li,ana@example.com",
        "Lease 2027,Lee,ana@example.com",
        "Lease 2027,Li,ana@example.org",
        "Lease2027,Li,ana@example.com",
    ];
    job.write("m.csv", list(&rows));
    job.run("m.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 5);
    // Lists that are numbered by their author.
    let job = Job::new();
    let numbered = list(&[rows[0], rows[0], "Lease\u{a0}2027,Li,ana@example.com"]);
    let numbered: String = numbered
        .lines()
        .enumerate()
        .map(|(number, line)| match number {
            0 => format!("row_id,{line}\n"),
            number => format!("{number},{line}\n"),
        })
        .collect();
    job.write("n.csv", numbered);
    job.run("n.csv", &[]).ends_with(0);
    assert_eq!(job.received(), 3);
}

/// What is still to be sent of one list may look like what another one has sent since.
#[test]
fn lists_of_one_ledger_are_judged_beside_each_other() {
    let job = Job::new();
    let ledger = ["--ledger", "all.ledger"];
    let (one, other) = (
        "Lease 2027,Li,ana@example.com",
        "Lease\u{a0}2027,Li,ana@example.com",
    );
    job.write("monday.csv", list(&[one]));
    job.run("monday.csv", &[ledger[0], ledger[1], "--limit", "0"])
        .ends_with(0);
    job.write("tuesday.csv", list(&[other]));
    job.run("tuesday.csv", &ledger).ends_with(0);
    job.run("monday.csv", &ledger)
        .ends_with(5)
        .says("monday.csv:2: this row would be sent, but looks the same as row 1");
    assert_eq!(job.received(), 1);
    job.run("tuesday.csv", &ledger).ends_with(0);
    job.run("monday.csv", &[ledger[0], ledger[1], "--accept-changes"])
        .ends_with(0);
    assert_eq!(job.received(), 2);
}
