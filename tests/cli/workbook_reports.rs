//! Reports that come back as workbooks, with what spreadsheets do to them.

use crate::kit::{Job, SOURCE, column};
use crate::workbook_kit::xlsx;

/// A report as a spreadsheet saves it: a workbook in which every cell is a text, but for what looks like a number.
fn as_workbook(lines: &str, numbers: &[&str]) -> Vec<u8> {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).from_reader(lines.as_bytes());
    let mut rows = String::new();
    for (number, record) in (1..).zip(reader.records()) {
        let record = record.unwrap();
        let cells = ('A'..='Z')
            .zip(&record)
            .map(|(column, text)| match numbers.contains(&text) {
                true => format!(r#"<c r="{column}{number}"><v>{text}</v></c>"#),
                false => {
                    format!(r#"<c r="{column}{number}" t="inlineStr"><is><t>{text}</t></is></c>"#)
                }
            });
        rows += &format!(r#"<row r="{number}">{}</row>"#, cells.collect::<String>());
    }
    xlsx(&[("m.results", rows)], &[])
}

#[test]
fn a_report_comes_back_as_a_workbook() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com", "b+refuse@example.com"]);
    job.run("m.csv", &[]).ends_with(3);
    let corrected = job.read("m.results.csv").replace("b+refuse@", "b@");
    std::fs::remove_file(job.path("m.results.csv")).unwrap();
    job.write(
        "m.results.xlsx",
        as_workbook(&corrected, &["1", "2", "200"]),
    );
    job.other(&["check", "m.results.xlsx"])
        .ends_with(0)
        .says("m.results.xlsx: 'm.results'!3:")
        .says("retry would send 1 row, 1 of them corrected");
    job.run("m.results.xlsx", &[])
        .ends_with(5)
        .says("esign-copy retry");
    job.retry("m.results.xlsx", &[])
        .ends_with(0)
        .says("m.results.csv");
    assert_eq!(
        column(&job.report("m.results.csv"), "status"),
        ["copied"; 2]
    );
    assert_eq!(job.received(), 3);
    job.assert_promise("m.results.csv");
    job.other(&["status", "m.results.xlsx"]).ends_with(0);
    std::fs::copy(job.path("m.results.xlsx"), job.path("back.xlsx")).unwrap();
    job.other(&["status", "back.xlsx", "--ledger", "m.ledger"])
        .ends_with(0);
}

#[test]
fn what_a_spreadsheet_did_to_the_ids_of_a_report_is_noticed() {
    let job = Job::new();
    let header = "row_id,source_session_id,signer_1_last_name,signer_1_email\n";
    let rows = ["12345678901234567890,a+refuse", "2-1,b+refuse"].map(|row| {
        let (id, name) = row.split_once(',').unwrap();
        format!("{id},{SOURCE},Li,{name}@example.com\n")
    });
    job.write("m.csv", header.to_owned() + &rows.concat());
    job.run("m.csv", &[]).ends_with(3);
    let report = job.read("m.results.csv");
    let rounded = report.replace("12345678901234567890", "1.23456789012345E+19");
    job.write(
        "m.results.xlsx",
        as_workbook(&rounded, &["1.23456789012345E+19"]),
    );
    job.retry("m.results.xlsx", &[])
        .ends_with(5)
        .says("rounded to 15 digits");
    let dated = report.replace("2-1,", "2026-01-02,");
    job.write("m.results.xlsx", as_workbook(&dated, &[]));
    job.retry("m.results.xlsx", &[])
        .ends_with(5)
        .says("is a date");
    assert_eq!(job.received(), 2);
}

#[test]
fn a_day_that_a_spreadsheet_wrote_anew_is_no_correction() {
    let job = Job::new();
    let header = "source_session_id,title,signer_1_last_name,signer_1_email\n";
    job.write(
        "m.csv",
        format!("{header}{SOURCE},01.04.2026,Li,a+refuse@example.com\n"),
    );
    job.run("m.csv", &[]).ends_with(3);
    let saved = job
        .read("m.results.csv")
        .replace("01.04.2026", "2026-04-01");
    job.write("m.results.xlsx", as_workbook(&saved, &[]));
    job.other(&["check", "m.results.xlsx"])
        .ends_with(0)
        .says("retry would send 1 row, 0 of them corrected");
}
