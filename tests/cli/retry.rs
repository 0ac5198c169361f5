//! Reprocessing the failures of a report.

use crate::kit::{HEADER, Job, SOURCE, column};

fn failed_job() -> Job {
    let job = Job::new();
    job.mailing(
        "m.csv",
        &[
            "a@example.com",
            "b+refuse@example.com",
            "c+refuse@example.com",
        ],
    );
    job.run("m.csv", &[]).ends_with(3);
    job
}

#[test]
fn corrected_cells_are_sent_and_the_others_tried_again() {
    let job = failed_job();
    let corrected = job.read("m.results.csv").replace("b+refuse@", "b@");
    job.write("m.results.csv", corrected);
    job.retry("m.results.csv", &[])
        .ends_with(3)
        .says("m.results.csv:3: row ");
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "status"), ["copied", "copied", "failed"]);
    assert_eq!(column(&lines, "attempts"), ["1", "2", "2"]);
    assert_eq!(lines[1]["signer_1_email"], "b@example.com");
    assert_eq!(job.received(), 5);
    job.assert_promise("m.results.csv");
}

#[test]
fn a_row_corrected_in_a_report_and_later_in_the_master_list_is_the_same_row() {
    let job = failed_job();
    job.write(
        "m.results.csv",
        job.read("m.results.csv").replace("b+refuse@", "b@"),
    );
    job.retry("m.results.csv", &[]).ends_with(3);
    job.write(
        "m.csv",
        format!("{}\n", job.read("m.csv").trim_end()) + &row("d@example.com"),
    );
    job.run("m.csv", &[]).ends_with(3);
    assert_eq!(
        job.received(),
        6,
        "the stale master list only adds its new row"
    );
    job.write("m.csv", job.read("m.csv").replace("b+refuse@", "b@"));
    job.run("m.csv", &[]).ends_with(3);
    assert_eq!(job.received(), 6);
    assert_eq!(job.report("m.results.csv").len(), 4);
    job.assert_promise("m.results.csv");
}

fn row(email: &str) -> String {
    format!("{},Lease,Li,{email}\n", crate::kit::SOURCE)
}

#[test]
fn the_ledger_wins_over_the_report_s_statuses() {
    let job = failed_job();
    let forged = job.read("m.results.csv").replacen("copied", "failed", 1);
    job.write("m.results.csv", forged);
    job.retry("m.results.csv", &[]).ends_with(3);
    assert_eq!(job.received(), 5, "the copied row is not sent");
    job.assert_promise("m.results.csv");
}

#[test]
fn a_part_of_a_report_tries_only_its_rows() {
    let job = failed_job();
    let report = job.read("m.results.csv");
    let lines: Vec<&str> = report.lines().collect();
    job.write("part.csv", format!("{}\n{}\n", lines[0], lines[3]));
    job.retry("part.csv", &["--ledger", "m.ledger"])
        .ends_with(3);
    assert_eq!(job.received(), 4);
    assert_eq!(
        job.report("part.results.csv").len(),
        3,
        "the new report has all rows"
    );
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_sent() {
    let job = failed_job();
    let report = job.read("m.results.csv");
    let line = report.lines().nth(2).unwrap();
    let row_id = line.split(',').nth(1).unwrap();
    job.write("m.results.csv", report.replace(row_id, "r1other"));
    job.retry("m.results.csv", &[]).ends_with(5).says("r1other");
    job.write(
        "m.results.csv",
        report.replace("b+refuse@example.com", "b@"),
    );
    job.retry("m.results.csv", &[])
        .ends_with(5)
        .says("m.results.csv:3: column signer_1_email");
    job.write("m.results.csv", report.replace("b+refuse@", "a@"));
    job.retry("m.results.csv", &[])
        .ends_with(5)
        .says("says the same as row");
    job.write("lone.results.csv", &report);
    job.retry("lone.results.csv", &[])
        .ends_with(5)
        .says("--ledger");
    job.retry("m.csv", &["--ledger", "m.ledger"])
        .ends_with(5)
        .says("no report of esign-copy");
    job.run("m.results.csv", &[]).ends_with(5).says("retry");
    assert_eq!(job.received(), 3);
}

/// As LibreOffice does it: every text in quotes, true and false in capitals.
#[test]
fn a_report_saved_by_a_spreadsheet_is_no_correction_by_itself() {
    let job = Job::new();
    let header = HEADER.replace("title", "send_signer_invites");
    let row = |email: &str| format!("{SOURCE},false,Li,{email}\n");
    let (good, bad) = (row("a@example.com"), row("b+refuse@example.com"));
    job.write("m.csv", format!("{header}{good}{bad}"));
    job.run("m.csv", &[]).ends_with(3);
    let saved = job.read("m.results.csv").replace(",false,", ",FALSE,");
    job.write("m.results.csv", saved);
    job.other(&["check", "m.results.csv"])
        .ends_with(0)
        .says("retry would send 1 row, 0 of them corrected");
    let other = job.read("m.results.csv").replace(",a@", ",c@");
    job.write("m.results.csv", other);
    let lines = job.report("m.results.csv");
    job.retry("m.results.csv", &[]).ends_with(3).says(&format!(
        "{} (line 2); they are not sent again",
        lines[0]["row_id"]
    ));
    job.assert_promise("m.results.csv");
}
