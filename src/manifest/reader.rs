use super::row::{RawRow, read_row};
use super::{ColumnName, Columns, Manifest, ManifestError, Problems, csv_format};
use crate::job::{Column, REPORT_COLUMNS, Record};

/// How a manifest is to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// `--set`: constants for empty or missing cells.
    pub constants: Vec<(ColumnName, String)>,
    /// `--other-column`: headers that are no misspellings.
    pub other_columns: Vec<String>,
    /// `--skip-invalid`: bad values are the row's problem, not the file's.
    pub skip_invalid: bool,
    /// `--expect-rows`: how many records there must be.
    pub expect_rows: Option<u64>,
}

/// What a whole manifest came to.
#[derive(Debug, Default)]
pub struct Summary {
    /// The columns as a report names them, in order; those of `--set` last.
    pub columns: Vec<String>,
    /// How many records there are.
    pub records: u64,
    /// How many of them have bad values, where such rows are let through.
    pub invalid: u64,
    /// What refuses the manifest.
    pub problems: Problems,
    /// What is worth a word.
    pub warnings: Vec<String>,
}

impl Manifest {
    /// Reads every record and gives those of sound form to `take`.
    ///
    /// # Errors
    /// When the file can't be read or changed since it was opened, or what `take` fails with.
    pub fn read<E: From<ManifestError>>(
        &self,
        options: &ReadOptions,
        mut take: impl FnMut(Record) -> Result<(), E>,
    ) -> Result<Summary, E> {
        let mut summary = Summary::default();
        let mut bytes = self.bytes()?;
        let mut text = csv_format::open(self, &mut bytes)?;
        let columns = text.headers().map_err(|problem| vec![problem]);
        let columns = columns.and_then(|headers| header(headers, options));
        let columns = match columns {
            Ok(columns) => columns,
            Err(problems) => {
                for problem in problems {
                    summary.problems.add(Some(1), problem);
                }
                return Ok(summary);
            }
        };
        summary.columns = report_columns(&columns, options);
        let failed = |error: csv::Error| self.failed(error.into());
        while let Some(row) = text.next(&columns, &mut summary.problems).map_err(failed)? {
            if let Some(record) = judged(row, &columns, options, &mut summary) {
                take(record)?;
            }
        }
        let (seen, records) = text.finish();
        summary.records = records;
        self.judge_end(&mut summary, seen, options);
        let sha256 = bytes.finish().map_err(|error| self.failed(error))?;
        self.require_unchanged(&sha256)?;
        Ok(summary)
    }

    fn judge_end(&self, summary: &mut Summary, seen: super::quotes::Seen, options: &ReadOptions) {
        let problems = &mut summary.problems;
        if let Some(line) = seen.unclosed_quote.or(seen.endless_field) {
            problems.add(Some(line), "a quote is opened here and never closed");
        }
        if let Some(line) = seen.nul {
            problems.add(Some(line), "holds a NUL byte; this is no text file");
        }
        match options.expect_rows {
            Some(expected) if expected != summary.records => {
                let found = summary.records;
                problems.add(
                    None,
                    format!("has {found} rows, but --expect-rows says {expected}"),
                );
            }
            None if seen.any && !seen.ends_with_line_break => summary.warnings.push(format!(
                "{}: the last line has no line break. If the file was cut off, its last row may be \
                 wrong; compare it, or say --expect-rows",
                self.path().display()
            )),
            _ => {}
        }
    }
}

/// Recognises the columns, and refuses a header with which no row can be read.
fn header(headers: Vec<String>, options: &ReadOptions) -> Result<Columns, Vec<String>> {
    if headers.iter().all(|header| header.trim().is_empty()) {
        return Err(vec![
            "the file is empty; its first line must name the columns".into(),
        ]);
    }
    if is_report(&headers) {
        return Err(vec![
            "this is a results file, not a manifest; `esign-copy retry` takes it".into(),
        ]);
    }
    let columns = Columns::read(headers, &options.other_columns)?;
    let source = ColumnName::Known(Column::SourceSessionId);
    let is_set = options.constants.iter().any(|(name, _)| *name == source);
    if !columns.names().contains(&source) && !is_set {
        return Err(vec![
            "there is no column source_session_id; it must name the session to copy (or say --set \
             source_session_id=ID)"
                .into(),
        ]);
    }
    Ok(columns)
}

/// Whether a header has every column of our reports.
pub(super) fn is_report(headers: &[String]) -> bool {
    REPORT_COLUMNS
        .iter()
        .all(|name| headers.iter().any(|header| header.trim() == *name))
}

fn report_columns(columns: &Columns, options: &ReadOptions) -> Vec<String> {
    let mut names: Vec<String> = columns.names().iter().map(ColumnName::in_report).collect();
    for (name, _) in &options.constants {
        let name = name.in_report();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn judged(
    row: RawRow,
    columns: &Columns,
    options: &ReadOptions,
    summary: &mut Summary,
) -> Option<Record> {
    let line = row.line;
    let (mut record, problems) = read_row(row, options);
    if problems.is_empty() {
        return Some(record);
    }
    if options.skip_invalid {
        // A row without a usable key has no identity but its content.
        record.row_id = record.row_id.filter(|id| !id.as_str().is_empty());
        summary.invalid += 1;
        return Some(record);
    }
    for (column, text) in problems {
        let canonical = column.to_string();
        let header = columns.header_of(&column).unwrap_or(&canonical);
        summary
            .problems
            .add(Some(line), format!("column {header}: {text}"));
    }
    None
}
