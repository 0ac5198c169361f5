//! A manifest as it is read: how its rows are checked, what refuses the file, what refuses a row that is
//! about to be sent, what is worth a warning, and what the whole came to.

use std::collections::BTreeSet;

use super::column_name::HeaderRules;
use super::input_bytes::{Bytes, Hashed};
use super::report_detection::is_report_line;
use super::row::{RawRow, constant_problem, read_row};
use super::{
    AddressColumns, ColumnName, InputFile, ManifestError, Mapping, Problems, UnnumberedHeaderRule,
};
use crate::job::{
    Column, FieldProblem, HeaderNames, Record, SendProblem, SignerColumn, text_problems,
};

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
    /// `--mapping`: how the list's columns become the known ones.
    pub mapping: Option<Mapping>,
    /// The columns of the ledger's manifests, as they were read before; this manifest's own first.
    pub read_before: Vec<Vec<String>>,
}

/// What a whole manifest came to.
#[derive(Debug, Default)]
pub struct ReadSummary {
    /// The columns as a report names them, in order; those of `--set` last.
    pub columns: Vec<String>,
    /// The list's own columns that its mapping names, as a report names them, where there is a mapping.
    pub mapped_from: Option<Vec<String>>,
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
    /// Whether one of the records is a report's line, which is a problem once.
    pub(super) has_report_line: bool,
}

impl ReadOptions {
    /// How headers are read, by what the unnumbered ones mean.
    pub(super) fn header_rules(&self, unnumbered: UnnumberedHeaderRule) -> HeaderRules<'_> {
        HeaderRules {
            allowed: &self.other_columns,
            read_before: &self.read_before,
            unnumbered,
        }
    }
}

/// A manifest whose rows are read.
pub(super) struct RecordChecker<'a> {
    pub(super) manifest: &'a InputFile,
    pub(super) options: &'a ReadOptions,
    /// What it came to so far.
    pub(super) summary: ReadSummary,
    /// The `--set` constants as this file's headers make them mean.
    constants: Vec<(ColumnName, String)>,
    addresses: AddressColumns,
    /// Signers whom only `--set` names, and not well enough.
    incomplete_signers: BTreeSet<u16>,
    /// Whether the header names no source session, which is a problem of its own.
    pub(super) lacks_source: bool,
}

impl<'a> RecordChecker<'a> {
    pub(super) fn new(manifest: &'a InputFile, options: &'a ReadOptions) -> Self {
        Self {
            manifest,
            options,
            summary: ReadSummary::default(),
            constants: Vec::new(),
            addresses: AddressColumns::default(),
            incomplete_signers: BTreeSet::new(),
            lacks_source: false,
        }
    }

    /// Reads the constants as the file's headers make them mean. What is wrong with one is a problem
    /// once, and not row by row.
    pub(super) fn read_constants(&mut self, unnumbered: UnnumberedHeaderRule) {
        for (typed, value) in &self.options.constants {
            let name = as_signer(typed, unnumbered);
            let typed_name = typed.in_report();
            let problem = match &name {
                ColumnName::Other(header) => {
                    let headers = self.options.header_rules(unnumbered);
                    headers.misspelt_unnumbered(header).map(|(_, meant)| {
                        format!(
                            "'{typed_name}' looks like a misspelling of {meant}; correct it, or add \
                             --other-column '{typed_name}'"
                        )
                    })
                }
                // The others were checked when the flag was read.
                ColumnName::Known(column) if name != *typed => constant_problem(column, value),
                ColumnName::Known(_) => None,
            };
            let text = problem.map(|text| format!("--set {typed_name}={value}: {text}"));
            self.summary.problems.extend(None, text);
            self.constants.push((name, value.clone()));
        }
    }

    /// The row as a record, unless its values refuse it. `headers` are the file's.
    pub(super) fn take(&mut self, row: &RawRow<'_>, headers: &HeaderNames) -> Option<Record> {
        let line = Some(row.line);
        for cell in &row.cells {
            self.addresses.take(&cell.place, &cell.name, &cell.text);
        }
        self.summary.has_header_problems |= row.is_misspelt;
        let (mut record, mut problems) = read_row(row, &self.constants);
        if !self.summary.has_report_line && is_report_line(&record) {
            self.summary.has_report_line = true;
            self.summary.problems.add(line, REPORT_LINE);
        }
        let is_said = |column: &Column| {
            row.is_unread(column) || self.lacks_source && *column == Column::SourceSessionId
        };
        problems.retain(|problem| !is_said(&problem.column));
        let is_refused = row.is_misspelt || !row.unread.is_empty() || self.lacks_source;
        let is_set = |column: &Column| {
            record.constants.contains(column) && row.columns().all(|one| one != column)
        };
        let cell_label = |column: &Column| match is_set(column) {
            true => format!("--set {column}"),
            false => row.cell_label(column, self.manifest.format()),
        };
        record.flaws = flaws_of(&record, &problems, &row.flaws, &cell_label, headers);
        if problems.is_empty() {
            return Some(record).filter(|_| !is_refused);
        }
        // A constant's problem is the flag's.
        problems.retain(|problem| !record.constants.contains(&problem.column));
        problems.retain(|problem| {
            let signer = signer_of_constants(&problem.column, row, &record.constants);
            signer.is_none_or(|number| {
                self.refuse_incomplete_signer(number);
                false
            })
        });
        let flaws = record.flaws.iter().filter(|flaw| !flaw.is_constant);
        let flaws = flaws.map(|flaw| flaw.text.clone());
        let cells = problems.iter();
        let cells =
            cells.map(|problem| format!("{}: {}", cell_label(&problem.column), problem.text));
        if !self.options.skip_invalid {
            self.summary.problems.extend(line, flaws.chain(cells));
            return None;
        }
        let texts = FieldProblem::joined(&problems).into_iter().chain(flaws);
        record.problem = Some(texts.collect::<Vec<_>>().join("; "));
        self.summary.invalid += 1;
        self.summary.let_through.extend(line, cells);
        Some(record).filter(|_| !is_refused)
    }

    /// Says once that `--set` names a signer who can't be reached.
    fn refuse_incomplete_signer(&mut self, number: u16) {
        if self.incomplete_signers.insert(number) {
            self.summary.problems.add(
                None,
                format!(
                    "--set gives signer {number} neither an e-mail address nor an id; set \
                     signer_{number}_email or signer_{number}_id too"
                ),
            );
        }
    }

    /// Warns once of unnumbered headers that are no signer's here.
    pub(super) fn warn_of_ignored(&mut self, kept: &[String]) {
        let is_unnumbered = |name: &String| SignerColumn::of_unnumbered(name).is_some();
        let mut before = self.options.read_before.iter().flatten();
        let because = match before.any(is_unnumbered) {
            true => "as when the ledger first read the list",
            false => "because the list names its signers as signer_1_..., signer_2_...",
        };
        let (columns, are, them) = match kept.len() {
            0 => return,
            1 => ("the column", "is", "it is"),
            _ => ("the columns", "are", "they are"),
        };
        let members = kept
            .iter()
            .filter_map(|name| SignerColumn::of_unnumbered(name));
        let names: Vec<String> = members
            .map(|member| Column::Signer(1, member).to_string())
            .collect();
        self.warn(&format!(
            "{columns} {} {are} only kept for the report and not sent, {because}. If {them} the \
             signer's, rename to {}",
            kept.join(", "),
            names.join(", ")
        ));
    }

    /// Warns once of columns that are left out.
    pub(super) fn warn_of_unnamed(&mut self, unnamed: &BTreeSet<usize>) {
        let numbers = unnamed.iter().map(|at| self.manifest.column_place(*at));
        let numbers: Vec<String> = numbers.collect();
        self.warn(&match &numbers[..] {
            [] => return,
            [one] => format!("column {one} has no name and no cells, and is left out"),
            [first @ .., last] => format!(
                "columns {} and {last} have no name and no cells, and are left out",
                first.join(", ")
            ),
        });
    }

    /// Warns of something in the file.
    pub(super) fn warn(&mut self, text: &str) {
        let path = self.manifest.path().display();
        self.summary.warnings.push(format!("{path}: {text}"));
    }

    /// What the whole came to. `columns` are the file's as a report names them.
    ///
    /// # Errors
    /// When the file is not what it was.
    pub(super) fn finish(
        mut self,
        columns: impl IntoIterator<Item = String>,
        records: u64,
        may_be_cut_off: bool,
        bytes: Hashed<Bytes>,
    ) -> Result<ReadSummary, ManifestError> {
        self.summary.columns.extend(columns);
        for (name, _) in &self.constants {
            let name = name.in_report();
            if !self.summary.columns.contains(&name) {
                self.summary.columns.push(name);
            }
        }
        self.summary.records = records;
        self.summary.addresses = self.addresses.found();
        match self.options.expect_rows {
            Some(expected) if expected != records => {
                let text = format!("has {records} rows, but --expect-rows says {expected}");
                self.summary.problems.add(None, text);
            }
            None if records == 0 && self.summary.problems.is_empty() => self.warn("lists no rows"),
            _ => {}
        }
        if may_be_cut_off {
            self.summary.warnings.push(self.manifest.cut_off_warning());
        }
        self.manifest.require_same(bytes)?;
        Ok(self.summary)
    }
}

const REPORT_LINE: &str = "this row comes from a report. Give reports, with their own header, to \
                           `esign-copy retry`; as a list it would copy people again who already have a \
                           copy. For a new row, delete row_id, transaction_id and the report's other \
                           columns";

/// The number of the column's signer, if constants name that signer and the row does not.
fn signer_of_constants(column: &Column, row: &RawRow<'_>, constants: &[Column]) -> Option<u16> {
    let number = column.signer_number()?;
    let is_theirs = |one: &Column| one.signer_number() == Some(number);
    let is_set = constants.iter().any(is_theirs) && !row.columns().any(is_theirs);
    is_set.then_some(number)
}

/// A constant for an unnumbered header is the signer's where such headers are.
fn as_signer(name: &ColumnName, unnumbered: UnnumberedHeaderRule) -> ColumnName {
    let member = match (name, unnumbered) {
        (ColumnName::Other(header), UnnumberedHeaderRule::Signer) => {
            SignerColumn::of_unnumbered(header)
        }
        _ => None,
    };
    let column = member.map(|member| ColumnName::Known(Column::Signer(1, member)));
    column.unwrap_or_else(|| name.clone())
}

/// What refuses a record if it is about to be sent: its form, and texts that nobody would write.
fn flaws_of(
    record: &Record,
    problems: &[FieldProblem],
    form: &[String],
    cell_label: &dyn Fn(&Column) -> String,
    headers: &HeaderNames,
) -> Vec<SendProblem> {
    let flaw = |text, is_constant| SendProblem { text, is_constant };
    let form = form.iter().map(|text| flaw(text.clone(), false));
    let is_listed = |column: &Column| problems.iter().any(|one| one.column == *column);
    let texts = text_problems(&record.fields, headers).into_iter();
    let texts = texts.filter(|problem| !is_listed(&problem.column));
    let texts = texts.map(|FieldProblem { column, text }| {
        let is_constant = record.constants.contains(&column);
        flaw(format!("{}: {text}", cell_label(&column)), is_constant)
    });
    form.chain(texts).collect()
}
