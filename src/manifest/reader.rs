use super::report_signs::{is_report, lost_columns, was_reported};
use super::row::{CellProblem, RawRow, read_row};
use super::{ColumnName, Columns, Format, Manifest, ManifestError, Problems, csv_format};
use crate::job::{Column, Damage, Record};

/// So many cells that look wrong are told.
const WARNINGS: usize = 20;

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
    /// What is wrong with those.
    pub let_through: Problems,
    /// What refuses the manifest.
    pub problems: Problems,
    /// What is worth a word.
    pub warnings: Vec<String>,
    /// Whether one of them is a report's line; told once.
    pub(super) has_reported: bool,
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
        match self.format() {
            Format::Csv => self.read_csv(options, &mut take),
            Format::Json | Format::JsonLines => self.read_json(options, &mut take),
        }
    }

    fn read_csv<E: From<ManifestError>>(
        &self,
        options: &ReadOptions,
        take: &mut dyn FnMut(Record) -> Result<(), E>,
    ) -> Result<Summary, E> {
        let mut summary = Summary::default();
        let mut bytes = self.bytes()?;
        let mut text = csv_format::open(self, &mut bytes)?;
        // What broke the text explains a header better than its names do.
        let damage = text.damage().map_or(Ok(()), |(line, problem)| {
            summary.problems.add(Some(line), problem);
            Err(Vec::new())
        });
        let columns = damage
            .and_then(|()| text.headers().map_err(|problem| vec![problem]))
            .and_then(|headers| header(headers, options));
        let columns = match columns {
            Ok(columns) => columns,
            Err(problems) => {
                for problem in problems {
                    summary.problems.add(Some(1), problem);
                }
                return Ok(summary);
            }
        };
        for problem in columns.misspelt() {
            summary.problems.add(Some(1), problem);
        }
        let names = columns.names().iter().map(ColumnName::in_report);
        summary.columns = with_constants(names.collect(), options);
        let failed = |error: csv::Error| self.failed(error.into());
        let place_of = |column: &Column| {
            let header = columns.header_of(column).map(str::to_owned);
            format!("column {}", header.unwrap_or_else(|| column.to_string()))
        };
        let mut unnamed = columns.unnamed();
        while let Some(row) = text.next(&columns, &mut summary.problems).map_err(failed)? {
            if let Some(index) = unnamed.filter(|index| !row.cells[*index].1.trim().is_empty()) {
                let (number, line) = (index + 1, row.line);
                let text = format!(
                    "column {number} has no name, but line {line} has a cell in it; name it, or \
                     delete it"
                );
                summary.problems.add(Some(1), text);
                unnamed = None;
            }
            let row = judged(row, self, &place_of, options, &mut summary);
            if let Some(record) = row {
                take(record)?;
            }
        }
        let (seen, records) = text.finish();
        summary.records = records;
        for (line, problem) in seen.problems() {
            summary.problems.add(Some(line), problem);
        }
        self.judge_end(
            &mut summary,
            seen.any && !seen.ends_with_line_break,
            options,
        );
        let sha256 = bytes.finish().map_err(|error| self.failed(error))?;
        self.require_unchanged(&sha256)?;
        Ok(summary)
    }

    /// What the whole of a manifest must be, or should. `may_be_cut`: its last line has no end.
    pub(super) fn judge_end(&self, summary: &mut Summary, may_be_cut: bool, options: &ReadOptions) {
        let path = self.path().display();
        let records = summary.records;
        match options.expect_rows {
            Some(expected) if expected != records => summary.problems.add(
                None,
                format!("has {records} rows, but --expect-rows says {expected}"),
            ),
            None if records == 0 && summary.problems.is_empty() => {
                summary.warnings.push(format!("{path}: lists no rows"));
            }
            _ => {}
        }
        if may_be_cut {
            summary.warnings.push(format!(
                "{path}: the last line has no line break. If the file was cut off, its last row may \
                 be wrong; compare it"
            ));
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
            "this is a report, not a manifest; `esign-copy retry` takes it".into(),
        ]);
    }
    if let Some(lost) = lost_columns(&headers) {
        return Err(vec![format!(
            "this was a report, of which columns are missing or renamed: {lost}. Put its header back as \
             it was, or take an unchanged one (`esign-copy report`), and give it to `esign-copy retry`; as a manifest it would copy everybody again"
        )]);
    }
    if headers[0].trim_start().starts_with("sep=") {
        return Err(vec![
            "this line is a note to spreadsheets; delete it: the first line must name the columns"
                .into(),
        ]);
    }
    let columns = Columns::read(headers, &options.other_columns)?;
    let source = ColumnName::Known(Column::SourceSessionId);
    let is_set = options.constants.iter().any(|(name, _)| *name == source);
    if columns.names().contains(&source) || is_set {
        return Ok(columns);
    }
    let none = "there is no column source_session_id; it must name the session to copy (or say --set \
                source_session_id=ID)";
    let one = match columns.len() {
        1 => ". The line has one column only: is the separator , ; or a tab?",
        _ => "",
    };
    let problems = columns.misspelt().iter().cloned();
    Err(problems.chain([format!("{none}{one}")]).collect())
}

/// The columns of a report: the manifest's, then those that `--set` adds.
pub(super) fn with_constants(mut names: Vec<String>, options: &ReadOptions) -> Vec<String> {
    for (name, _) in &options.constants {
        let name = name.in_report();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The row as a record, unless its values refuse it. `place_of` says what a problem of a column
/// names.
pub(super) fn judged(
    row: RawRow,
    manifest: &Manifest,
    place_of: &dyn Fn(&Column) -> String,
    options: &ReadOptions,
    summary: &mut Summary,
) -> Option<Record> {
    let line = row.line;
    let (mut record, problems) = read_row(row, options);
    if !summary.has_reported && was_reported(&record) {
        summary.has_reported = true;
        let problem = "this row is a report's. `esign-copy retry` takes reports, with their header as it \
                       was; as a manifest it would copy again who is copied there. For a new row, \
                       delete row_id, transaction_id and the report's other columns";
        summary.problems.add(Some(line), problem);
    }
    if problems.is_empty() {
        let errors = record.fields.iter();
        let errors = errors.filter(|(_, text)| Damage::of(text) == Some(Damage::Error));
        for (column, text) in errors {
            if summary.warnings.len() < WARNINGS {
                summary.warnings.push(format!(
                    "{}: {}: '{text}' is a spreadsheet's error; is that meant?",
                    manifest.place(Some(line)),
                    place_of(column)
                ));
            }
        }
        return Some(record);
    }
    if options.skip_invalid {
        // A row without a usable key has no identity but its content.
        record.row_id = record.row_id.filter(|id| !id.as_str().is_empty());
        summary.invalid += 1;
        tell_cells(problems, line, place_of, &mut summary.let_through);
        return Some(record);
    }
    tell_cells(problems, line, place_of, &mut summary.problems);
    None
}

fn tell_cells(
    cells: Vec<CellProblem>,
    line: u64,
    place_of: &dyn Fn(&Column) -> String,
    problems: &mut Problems,
) {
    for (column, text) in cells {
        problems.add(Some(line), format!("{}: {text}", place_of(&column)));
    }
}
