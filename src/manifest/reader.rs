use std::io::Read;

use super::csv_format::CsvText;
use super::row_validation::{RowValidator, without_unnamed};
use super::{
    AddressColumns, ColumnName, Columns, Format, Manifest, ManifestError, Problems, csv_format,
    csv_header,
};
use crate::job::{Column, HeaderNames, Record};

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
    /// The columns of the ledger's manifests, as they were read before; this manifest's own first.
    pub read_before: Vec<Vec<String>>,
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
    /// The column that holds e-mail addresses, where one does that is no signer's.
    pub addresses: Option<String>,
    /// Whether the header itself has problems: nobody knows then what its columns are.
    pub has_header_problems: bool,
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
        let Some(columns) = csv_header::columns_of(self, &text, options, &mut summary)? else {
            return Ok(summary);
        };
        let validator = RowValidator::new(self, options, columns.plain(), &mut summary);
        validator.warn_of_kept(columns.kept_unnumbered(), &mut summary);
        let unnamed = columns.unnamed();
        let names = columns.names().iter().enumerate();
        let names = names.filter(|(position, _)| !unnamed.contains(position));
        summary.columns =
            validator.with_constants(names.map(|(_, name)| name.in_report()).collect());
        self.read_rows(&mut text, &columns, &validator, &mut summary, take)?;
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

    fn read_rows<E: From<ManifestError>>(
        &self,
        text: &mut CsvText<impl Read>,
        columns: &Columns,
        validator: &RowValidator<'_>,
        summary: &mut Summary,
        take: &mut dyn FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let header_line = text.header_line();
        let headers = HeaderNames::new(columns.headers());
        let unnamed = columns.unnamed();
        let shown = (0..columns.len()).filter(|position| !unnamed.contains(position));
        let shown: Vec<&str> = shown
            .filter_map(|position| columns.header(position))
            .collect();
        let place_of = |column: &Column| {
            let header = columns.header_of(column).map(str::to_owned);
            format!("column {}", header.unwrap_or_else(|| column.to_string()))
        };
        let failed = |error: csv::Error| self.failed(error.into());
        let mut empty = unnamed.clone();
        let mut addresses = AddressColumns::default();
        while let Some(mut row) = text.next(columns, &mut summary.problems).map_err(failed)? {
            for problem in without_unnamed(&mut row, &unnamed, &mut empty) {
                summary.problems.add(Some(header_line), problem);
                summary.has_header_problems = true;
            }
            for ((name, text), header) in row.cells.iter().zip(&shown) {
                addresses.take(header, name, text);
            }
            let record = validator.validate(row, &place_of, &headers, summary);
            record.map_or(Ok(()), &mut *take)?;
        }
        summary.addresses = addresses.found();
        validator.warn_of_unnamed(&empty, summary);
        Ok(())
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
