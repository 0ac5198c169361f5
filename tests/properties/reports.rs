//! A table becomes a report, and the report is read for another try.

use std::collections::BTreeMap;

use esign_copy::job::{Column, CsvDialect, ErrorClass, ReportLine, Status, is_report_column};
use esign_copy::manifest::{Format, InputFile, ManifestError, Problems, ReportInputLine};
use esign_copy::manifest::{ReadOptions, read_report};
use esign_copy::report::{CsvReport, JsonReport, ReportWriter};
use proptest::prelude::*;

use super::one_in;
use super::tables::{Table, any_table};

/// The rows of a table after a run that failed with such words.
pub fn report_lines(table: &Table, error: &str) -> Vec<ReportLine> {
    let rows = 0..table.rows.len();
    rows.map(|row| {
        let fields = table.fields(row);
        let transaction_id = fields.text(&Column::TransactionId).unwrap_or("ec-1");
        ReportLine {
            number: Some(row as u64 + 1),
            row_id: format!("k{row}"),
            new_session_id: None,
            status: Status::Failed,
            error_class: Some(ErrorClass::Refused),
            error: error.to_owned(),
            http_status: Some(200),
            attempts: 1,
            transaction_id: transaction_id.to_owned(),
            first_sent_at: None,
            finished_at: None,
            other: table.other(row),
            fields,
        }
    })
    .collect()
}

pub fn csv_report(table: &Table, lines: &[ReportLine]) -> Vec<u8> {
    let mut file = Vec::new();
    let dialect = CsvDialect::default();
    let mut report = CsvReport::new(&mut file, &table.columns(), dialect).unwrap();
    for line in lines {
        report.line(line).unwrap();
    }
    report.finish().unwrap();
    drop(report);
    file
}

pub fn read_back(bytes: &[u8]) -> Result<(Vec<ReportInputLine>, Problems), ManifestError> {
    let manifest = InputFile::of_standard_input(bytes, Format::Csv)?;
    let mut lines = Vec::new();
    let problems = read_report::<ManifestError>(&manifest, |line| {
        lines.push(line);
        Ok(())
    })?;
    Ok((lines, problems))
}

/// The known cells that a reader of this line must find.
fn expected_text(line: &ReportLine, column: &Column) -> String {
    match column {
        Column::TransactionId => line.transaction_id.clone(),
        column => line.field(column).to_owned(),
    }
}

/// The other cells of a CSV or JSON report.
fn other_cells(names: &[String], cells: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_other = |name: &&String| {
        let is_own = is_report_column(name);
        let known = esign_copy::manifest::ColumnName::read(name, names);
        !is_own && matches!(known, Ok(esign_copy::manifest::ColumnName::Other(_)))
    };
    let names = names.iter().filter(is_other);
    let given = names.filter_map(|name| Some((name.clone(), cells.get(name)?.clone())));
    given.filter(|(_, text)| !text.is_empty()).collect()
}

proptest! {
    #![proptest_config(one_in(2))]

    #[test]
    fn a_report_holds_every_cell_and_can_be_tried_again(
        table in any_table(4),
        error in any::<String>(),
    ) {
        let lines = report_lines(&table, &error);
        let report = csv_report(&table, &lines);
        let (cells, problems) = read_back(&report).unwrap();
        prop_assert_eq!(problems.listed(), &[]);
        prop_assert_eq!(cells.len(), lines.len());
        for (read, line) in cells.iter().zip(&lines) {
            prop_assert_eq!(read.row_id.as_str(), &line.row_id);
            for (column, text) in &read.cells {
                prop_assert_eq!(text, &expected_text(line, column));
            }
            for (column, _) in line.fields.iter().filter(|(column, _)| **column != Column::RowId) {
                prop_assert!(read.cells.iter().any(|(one, _)| one == column), "{}", column);
            }
        }
        let mut csv = csv::Reader::from_reader(&report[..]);
        let csv: Vec<BTreeMap<String, String>> = csv.deserialize().map(Result::unwrap).collect();
        let mut file = Vec::new();
        let mut json = JsonReport::new(&mut file, &table.columns()).unwrap();
        for line in &lines {
            json.line(line).unwrap();
        }
        json.finish().unwrap();
        let json: Vec<BTreeMap<String, serde_json::Value>> =
            serde_json::from_slice(&file).unwrap();
        for ((line, csv), json) in lines.iter().zip(&csv).zip(json) {
            prop_assert_eq!(&other_cells(&table.columns(), csv), &line.other);
            let texts = json.into_iter();
            let texts = texts.filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
            prop_assert_eq!(&other_cells(&table.columns(), &texts.collect()), &line.other);
        }
        let run = super::files::read(&report, Format::Csv, &ReadOptions::default()).unwrap();
        prop_assert!(run.0.is_empty() && !run.1.problems.is_empty());
    }
}
