//! A row of a manifest judged: what refuses the file, what refuses the row if it is about to be sent,
//! what is worth a word.

use super::column_name::misspelt_unnumbered;
use super::report_detection::is_report_line;
use super::row::{CellProblem, RawRow, constant_problem, joined, read_row};
use super::{ColumnName, Manifest, Problems, ReadOptions, Summary, UnnumberedHeaders};
use crate::job::{Column, FieldProblem, Flaw, HeaderNames, Record, SignerColumn, text_problems};

/// What the rows of one manifest are judged by.
pub(super) struct RowValidator<'a> {
    manifest: &'a Manifest,
    options: &'a ReadOptions,
    /// The `--set` constants as this file's headers make them mean.
    constants: Vec<(ColumnName, String)>,
    /// Whether plain headers are no signer's because a ledger read them so.
    is_read_before: bool,
}

impl<'a> RowValidator<'a> {
    /// Judges the constants too: what is wrong with one is told once, and not row by row.
    pub(super) fn new(
        manifest: &'a Manifest,
        options: &'a ReadOptions,
        plain: UnnumberedHeaders,
        summary: &mut Summary,
    ) -> Self {
        let constants = options.constants.iter();
        let constants: Vec<(ColumnName, String)> = constants
            .map(|(name, value)| (as_signer(name, plain), value.clone()))
            .collect();
        for ((name, value), (typed, _)) in constants.iter().zip(&options.constants) {
            if let Some(meant) = misspelt_constant(name, plain, options) {
                let typed = typed.in_report();
                let text = format!(
                    "--set {typed}={value}: '{typed}' looks like a misspelling of {meant}; correct it, or \
                     say --other-column '{typed}'"
                );
                summary.problems.add(None, text);
            }
            if let ColumnName::Known(column) = name
                && name != typed
                && let Some(problem) = constant_problem(column, value)
            {
                let text = format!("--set {}={value}: {problem}", typed.in_report());
                summary.problems.add(None, text);
            }
        }
        let is_kept = |name: &String| SignerColumn::of_unnumbered(name).is_some();
        Self {
            manifest,
            options,
            constants,
            is_read_before: options.read_before.iter().flatten().any(is_kept),
        }
    }

    /// The columns of a report: the manifest's, then those that `--set` adds.
    pub(super) fn with_constants(&self, mut names: Vec<String>) -> Vec<String> {
        for (name, _) in &self.constants {
            let name = name.in_report();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The row as a record, unless its values refuse it. `place_of` says what a problem of a column
    /// names; `headers` are the file's.
    pub(super) fn validate(
        &self,
        row: RawRow,
        place_of: &dyn Fn(&Column) -> String,
        headers: &HeaderNames,
        summary: &mut Summary,
    ) -> Option<Record> {
        let (line, form) = (row.line, row.flaws.clone());
        let (mut record, mut problems) = read_row(row, &self.constants);
        if !summary.has_reported && is_report_line(&record) {
            summary.has_reported = true;
            let problem = "this row is a report's. `esign-copy retry` takes reports, with their header as it \
                           was; as a manifest it would copy again who is copied there. For a new row, \
                           delete row_id, transaction_id and the report's other columns";
            summary.problems.add(Some(line), problem);
        }
        record.flaws = flaws_of(&record, &problems, form, place_of, headers);
        if problems.is_empty() {
            return Some(record);
        }
        // A constant's problem is told as the flag's.
        problems.retain(|(column, _)| !record.constants.contains(column));
        let flaws = record.flaws.iter().filter(|flaw| !flaw.is_constant);
        let flaws = flaws.map(|flaw| flaw.text.clone());
        if self.options.skip_invalid {
            record.problem = Some(
                joined(&problems)
                    .into_iter()
                    .chain(flaws)
                    .collect::<Vec<_>>()
                    .join("; "),
            );
            // A row without a usable key has no identity but its content.
            record.row_id = record.row_id.filter(|id| !id.as_str().is_empty());
            summary.invalid += 1;
            report_cells(problems, line, place_of, &mut summary.let_through);
            return Some(record);
        }
        for flaw in flaws {
            summary.problems.add(Some(line), flaw);
        }
        report_cells(problems, line, place_of, &mut summary.problems);
        None
    }

    /// Warns once of plain headers that are no signer's here.
    pub(super) fn warn_of_kept(&self, kept: &[String], summary: &mut Summary) {
        if kept.is_empty() {
            return;
        }
        let because = match self.is_read_before {
            true => "as when the ledger first read them",
            false => "because the list names its signers as signer_1_..., signer_2_...",
        };
        let (columns, are, them) = match kept.len() {
            1 => ("the column", "is", "it is"),
            _ => ("the columns", "are", "they are"),
        };
        let canonical = |name: &String| {
            let member = SignerColumn::of_unnumbered(name)?;
            Some(Column::Signer(1, member).to_string())
        };
        let names: Vec<String> = kept.iter().filter_map(canonical).collect();
        summary.warnings.push(format!(
            "{}: {columns} {} {are} kept for the report and not sent, {because}. If {them} the \
             signer's: {}",
            self.manifest.path().display(),
            kept.join(", "),
            names.join(", ")
        ));
    }

    /// Warns once of columns that are left out.
    pub(super) fn warn_of_unnamed(&self, unnamed: &[usize], summary: &mut Summary) {
        let numbers: Vec<String> = unnamed.iter().map(|at| (at + 1).to_string()).collect();
        let text = match &numbers[..] {
            [] => return,
            [one] => format!("column {one} has neither a name nor a cell, and is left out"),
            [first @ .., last] => format!(
                "columns {} and {last} have neither a name nor a cell, and are left out",
                first.join(", ")
            ),
        };
        let path = self.manifest.path().display();
        summary.warnings.push(format!("{path}: {text}"));
    }
}

fn misspelt_constant(
    name: &ColumnName,
    plain: UnnumberedHeaders,
    options: &ReadOptions,
) -> Option<String> {
    let ColumnName::Other(header) = name else {
        return None;
    };
    let mut kept = options
        .read_before
        .iter()
        .flatten()
        .chain(&options.other_columns);
    let (_, meant) = misspelt_unnumbered(header).filter(|_| plain == UnnumberedHeaders::Signer)?;
    (!kept.any(|one| one == header)).then_some(meant)
}

/// A constant for a plain header is the signer's where such headers are.
fn as_signer(name: &ColumnName, plain: UnnumberedHeaders) -> ColumnName {
    match (name, plain) {
        (ColumnName::Other(header), UnnumberedHeaders::Signer) => {
            SignerColumn::of_unnumbered(header).map_or_else(
                || name.clone(),
                |member| ColumnName::Known(Column::Signer(1, member)),
            )
        }
        _ => name.clone(),
    }
}

/// Takes the columns without a name out of a row. `empty` are those without a cell so far; the first
/// cell of one refuses the file.
pub(super) fn without_unnamed(
    row: &mut RawRow,
    unnamed: &[usize],
    empty: &mut Vec<usize>,
) -> Vec<String> {
    if unnamed.is_empty() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    empty.retain(|index| {
        let is_empty = row.cells[*index].1.trim().is_empty();
        if !is_empty {
            problems.push(format!(
                "column {} has no name, but line {} has a cell in it; name it, or delete it",
                index + 1,
                row.line
            ));
        }
        is_empty
    });
    let mut position = 0;
    row.cells.retain(|_| {
        position += 1;
        !unnamed.contains(&(position - 1))
    });
    problems
}

/// What refuses a record if it is about to be sent: its form, and texts that nobody would write.
fn flaws_of(
    record: &Record,
    problems: &[CellProblem],
    form: Vec<String>,
    place_of: &dyn Fn(&Column) -> String,
    headers: &HeaderNames,
) -> Vec<Flaw> {
    let form = form.into_iter().map(|text| Flaw {
        text,
        is_constant: false,
    });
    let is_told = |column: &Column| problems.iter().any(|(told, _)| told == column);
    let texts = text_problems(&record.fields, headers).into_iter();
    let texts = texts.filter(|problem| !is_told(&problem.column));
    let texts = texts.map(|FieldProblem { column, text }| {
        let is_constant = record.constants.contains(&column);
        let place = match is_constant {
            true => format!("--set {column}"),
            false => place_of(&column),
        };
        Flaw {
            text: format!("{place}: {text}"),
            is_constant,
        }
    });
    form.chain(texts).collect()
}

fn report_cells(
    cells: Vec<CellProblem>,
    line: u64,
    place_of: &dyn Fn(&Column) -> String,
    problems: &mut Problems,
) {
    for (column, text) in cells {
        problems.add(Some(line), format!("{}: {text}", place_of(&column)));
    }
}
