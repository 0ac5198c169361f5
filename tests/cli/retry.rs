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
        .says("not a report of esign-copy");
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
    job.retry("m.results.csv", &[]).ends_with(3).says(
        "cells were changed in copied or uncertain rows, which are not sent again: row 1 (a@example.com) at line 2",
    );
    job.assert_promise("m.results.csv");
}

/// A job with failed rows whose titles are the texts given, and its report as a spreadsheet saved
/// it.
fn saved_by_a_spreadsheet(titles: &[(&str, &str)]) -> Job {
    let job = Job::new();
    let header = HEADER.replace("title", "row_id,send_signer_invites,title");
    let row = |number: usize, title: &str| {
        format!("{SOURCE},k{number},false,\"{title}\",Li,p{number}+refuse@example.com\n")
    };
    let rows = titles.iter().enumerate();
    let rows: String = rows
        .map(|(number, (title, _))| row(number, title))
        .collect();
    job.write("m.csv", format!("{header}{rows}"));
    job.run("m.csv", &["--no-canary", "--concurrency", "1"]);
    let mut saved = job.read("m.results.csv").replace(",false,", ",FALSE,");
    for (before, after) in titles {
        saved = saved.replace(&format!(",{before},Li,"), &format!(",\"{after}\",Li,"));
    }
    job.write("m.results.csv", saved);
    job
}

/// What was corrected below a renamed header would be kept for the report, and not sent.
#[test]
fn a_misspelt_header_of_a_report_is_refused() {
    let job = failed_job();
    let report = job.read("m.results.csv");
    let corrected = report.replace("b+refuse@", "b@");
    let renamed = corrected.replacen("signer_1_email", "signer_1_emial", 1);
    job.write("m.results.csv", renamed);
    let check = || job.other(&["check", "m.results.csv"]);
    let refusal = "m.results.csv:1: 'signer_1_emial' looks like a misspelling of signer_1_email";
    for ran in [check(), job.retry("m.results.csv", &[])] {
        ran.ends_with(5).says(refusal);
    }
    let both = corrected.replacen("signer_1_email", "signer_1_emial,signer_1_email", 1);
    let both = both.replace(",Li,", ",Li,mine,");
    job.write("m.results.csv", both);
    check().ends_with(0).says("1 of them corrected");
    assert_eq!(job.received(), 3);
}

#[test]
fn a_list_s_own_column_is_no_misspelling_in_its_report() {
    let job = Job::new();
    let header = HEADER.replace("title", "titel");
    let rows = format!("{SOURCE},Herr,Li,a@example.com\n{SOURCE},Frau,Li,b+refuse@example.com\n");
    job.write("m.csv", header + &rows);
    job.run("m.csv", &["--other-column", "titel"]).ends_with(3);
    job.other(&["check", "m.results.csv"]).ends_with(0);
    job.retry("m.results.csv", &[]).ends_with(3);
}

/// One column sorted by itself gives people to rows that are not theirs.
#[test]
fn a_correction_to_people_who_have_a_copy_is_warned_of() {
    let job = failed_job();
    let report = job.read("m.results.csv");
    let corrected = report.replace("Lease,Li,b+refuse@", "Rent,Li,a@");
    job.write("m.results.csv", corrected);
    let warning = "rows were corrected to people who have, or may have, a copy of the same session, and get \
                   another one: row 2 (b+refuse@example.com) at line 3";
    job.other(&["check", "m.results.csv"])
        .ends_with(0)
        .says(warning);
    job.retry("m.results.csv", &[]).ends_with(3).says(warning);
    let again = job.retry("m.results.csv", &[]).ends_with(3);
    assert!(
        !again.stderr.contains("sorted by itself"),
        "{}",
        again.stderr
    );
}

/// What is filled in is shown, and concerns only what is sent.
#[test]
fn constants_of_a_retry_stand_in_its_report() {
    let job = failed_job();
    let retry = |more: &[&str]| job.retry("m.results.csv", more).ends_with(3);
    let ran = retry(&["--set", "description=Dear all"]);
    assert!(!ran.stderr.contains("with other cells"), "{}", ran.stderr);
    let described = || column(&job.report("m.results.csv"), "description");
    assert_eq!(described(), ["", "Dear all", "Dear all"]);
    retry(&[]);
    assert_eq!(described(), ["", "Dear all", "Dear all"]);
    let shown = job.other(&["check", "m.results.csv", "--show", "1"]);
    let body = shown.ends_with(0).stdout;
    assert_eq!(
        body.matches("\"Description\":\"Dear all\"").count(),
        1,
        "{body}"
    );
}

/// Without a row id, a row corrected in its list is another one; the old one must not be sent too.
#[test]
fn rows_that_the_list_no_longer_has_are_not_tried_again() {
    let job = failed_job();
    let list = job.read("m.csv");
    let corrected = list.replace("Lease,Li,b+refuse@", "Rent,Li,b@");
    job.write("m.csv", corrected);
    job.run("m.csv", &[]).ends_with(3);
    let gone = "failed or pending rows that are no longer in the list are not sent: row 'r1";
    let check = job.other(&["check", "m.results.csv"]).ends_with(0);
    check.says(gone).says("retry would send 1 row");
    job.retry("m.results.csv", &[]).ends_with(3).says(gone);
    assert_eq!(job.received(), 5);
    job.write("m.csv", list);
    job.run("m.csv", &[]).ends_with(3);
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "row"), ["1", "2", "3", ""]);
    job.retry("m.results.csv", &[]).ends_with(3);
    assert_eq!(job.received(), 7);
}

#[test]
fn columns_that_a_report_lost_or_got_are_told() {
    let job = failed_job();
    let report = job
        .read("m.results.csv")
        .replacen("signer_1_email", "mail", 1);
    job.write("m.results.csv", report);
    let lost = "columns of the list are missing: signer_1_email; their cells stay";
    let new = "columns are not in the list: mail; they are not sent";
    let check = job.other(&["check", "m.results.csv"]).ends_with(0);
    check.says(lost).says(new);
}

/// A day that is past is told where it stands in the report, by check and retry alike, and the
/// ledger is as it was.
#[test]
fn a_correction_that_can_t_be_sent_today_refuses_the_report() {
    let job = Job::new();
    let header = HEADER.replace("title", "expires_on");
    let row = |email: &str| format!("{SOURCE},,Li,{email}\n");
    let rows = row("a@example.com") + &row("b+refuse@example.com") + &row("c+refuse@example.com");
    job.write("m.csv", header + &rows);
    job.run("m.csv", &[]).ends_with(3);
    let report = job.read("m.results.csv");
    let lines: Vec<&str> = report.lines().collect();
    let late = lines[3].replace(",,Li,c+refuse@", ",2020-01-01,Li,c@");
    job.write("part.csv", format!("{}\n{late}\n", lines[0]));
    let check = ["check", "part.csv", "--ledger", "m.ledger"];
    let retry = || job.retry("part.csv", &["--ledger", "m.ledger"]);
    for ran in [job.other(&check), retry()] {
        ran.ends_with(5)
            .says("part.csv:2: column expires_on: '2020-01-01' is not 1 to 90 days after today");
    }
    let status = || job.other(&["status", "m.ledger"]).ends_with(0);
    status().says("1 copied, 2 failed, 0 uncertain, 0 pending");
    let skipping = ["--ledger", "m.ledger", "--skip-invalid"];
    job.retry("part.csv", &skipping).ends_with(3);
    assert_eq!(job.received(), 3, "nothing more is sent");
    let lines = job.report("part.results.csv");
    assert_eq!(
        column(&lines, "error_class"),
        ["", "refused", "invalid"],
        "{lines:?}"
    );
}

/// The constants of a retry are judged by its check.
#[test]
fn a_check_of_a_report_takes_constants() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b+refuse@example.com"]);
    job.run("m.csv", &[]).ends_with(3);
    let check = |constant: &str| job.other(&["check", "m.results.csv", "--set", constant]);
    check("nonsense").ends_with(2).says("COLUMN=VALUE");
    check("version=x")
        .ends_with(2)
        .says("--set version=x: 'x' is not a whole number");
    check("version=2").ends_with(0);
}

#[test]
fn the_same_number_in_another_spelling_is_told_and_left_as_it_was() {
    let titles = [("008", "8"), ("1E5", "1.00E+05"), ("1217.50", "1217,5")];
    let job = saved_by_a_spreadsheet(&titles);
    let checked = job.other(&["check", "m.results.csv"]).ends_with(0);
    assert!(
        !checked.stderr.contains("was corrected"),
        "{}",
        checked.stderr
    );
    checked
        .says("m.results.csv:2: row 1 (p0+refuse@example.com) stays as it is, because only the spelling of a number differs: title: '008' → '8'")
        .says("title: '1217.50' → '1217,5'")
        .says("retry would send 3 rows, 0 of them corrected");
    // A real change takes no other spelling with it.
    let report = job.read("m.results.csv");
    job.write("m.results.csv", report.replace("p0+refuse@", "p0@"));
    let retried = job.retry("m.results.csv", &[]).ends_with(3);
    let corrections: Vec<&str> = retried
        .stderr
        .lines()
        .filter(|line| line.contains("was corrected"))
        .collect();
    let wanted = "signer_1_email: 'p0+refuse@example.com' → 'p0@example.com'";
    assert_eq!(corrections.len(), 1, "{}", retried.stderr);
    assert!(corrections[0].ends_with(&format!("was corrected: {wanted}")));
    let lines = job.report("m.results.csv");
    assert_eq!(column(&lines, "title"), ["008", "1E5", "1217.50"]);
    assert_eq!(column(&lines, "send_signer_invites"), ["false"; 3]);
    assert_eq!(column(&lines, "status"), ["copied", "failed", "failed"]);
}

#[test]
fn a_number_that_lost_digits_is_no_other_spelling() {
    let job = saved_by_a_spreadsheet(&[("1234567890123456", "1234567890123450")]);
    job.other(&["check", "m.results.csv"])
        .ends_with(0)
        .says("was corrected: title: '1234567890123456' → '1234567890123450'");
}

#[test]
fn only_some_of_many_respelt_rows_are_told_one_by_one() {
    let job = saved_by_a_spreadsheet(&[("008", "8"); 23]);
    let checked = job.other(&["check", "m.results.csv"]).ends_with(0);
    assert_eq!(
        checked
            .stderr
            .matches("only the spelling of a number differs")
            .count(),
        20
    );
    checked.says("... and 3 more rows where only the spelling of numbers differs");
}

#[test]
fn a_report_without_its_ledger_is_told_the_ways_on() {
    let job = failed_job();
    std::fs::remove_file(job.path("m.ledger")).unwrap();
    let check = || job.other(&["check", "m.results.csv"]);
    let retry = || job.retry("m.results.csv", &[]);
    for ran in [check(), retry()] {
        ran.ends_with(5)
            .says("m.ledger: there is no ledger here")
            .says("--ledger FILE")
            .says("`retry --without-ledger`");
    }
    job.write("m.ledger", "");
    check().ends_with(5).says("`retry --without-ledger`");
    assert_eq!(job.received(), 3);
}
