//! The header and the rows of a list whose known columns a mapping fills.

use std::borrow::Cow;
use std::io::Read;

use indexmap::IndexMap;

use super::csv_header::header_refusal;
use super::csv_text::{CsvText, line_break_problem};
use super::detect_dialect::first_records;
use super::record_checker::RecordChecker;
use super::row::{CellOrigin, RawCell, RawRow, text_problem};
use super::{ColumnName, Columns, FilledCell, ListMapping, ManifestError, Mapping};
use crate::job::Column;
use crate::support::{counted, one_line};

/// Cells in which there are only words of their template, because every cell that it takes is empty.
#[derive(Debug, Default)]
pub(super) struct HalfEmptyCells(IndexMap<String, HalfEmptyColumn>);

#[derive(Debug)]
struct HalfEmptyColumn {
    rows: u64,
    first: u64,
    text: String,
}

impl HalfEmptyCells {
    fn add(&mut self, label: &str, line: u64, text: &str) {
        match self.0.get_mut(label) {
            Some(column) => column.rows += 1,
            None => {
                let (rows, first, text) = (1, line, one_line(text.trim(), 60));
                let column = HalfEmptyColumn { rows, first, text };
                self.0.insert(label.to_owned(), column);
            }
        }
    }

    /// What is said of them: a warning for each column.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(label, HalfEmptyColumn { rows, first, text })| {
            format!(
                "{label}: is empty in {} (line {first} first), and what is sent there is '{text}'",
                counted(*rows, "row")
            )
        })
    }
}

/// The columns of a list that was just opened, and the mapping applied to them; none if no row can be read
/// with them. What is wrong with them goes to the checker.
pub(super) fn columns_of<'m>(
    text: &CsvText<impl Read>,
    mapping: &'m Mapping,
    checker: &mut RecordChecker<'_>,
) -> Result<Option<(Columns, ListMapping<'m>)>, ManifestError> {
    let line = Some(text.header_start.line);
    let problems = &mut checker.summary.problems;
    if let Some((line, problem)) = text.damage() {
        problems.add(Some(line), problem);
        return Ok(None);
    }
    let (headers, unreadable) = text.headers();
    if !unreadable.is_empty() {
        problems.extend(line, unreadable);
        return Ok(None);
    }
    if let Some(refusal) = header_refusal(&headers) {
        problems.add(line, refusal);
        return Ok(None);
    }
    let columns = match Columns::read_mapped(headers) {
        Ok(columns) => columns,
        Err(refusal) => {
            problems.add(line, refusal);
            return Ok(None);
        }
    };
    problems.extend(line, columns.problems.iter().cloned());
    let names = columns.named().map(|(header, _)| header.to_owned());
    let list = match ListMapping::new(mapping, names.collect()) {
        Ok(list) => list,
        Err(missing) => {
            match header_below(checker, mapping)? {
                Some(problem) => checker.summary.problems.add(line, problem),
                None => checker.summary.problems.extend(line, missing),
            }
            return Ok(None);
        }
    };
    require_source(checker, mapping);
    let is_named = |header: &str| ListMapping::named(mapping).contains(header);
    let named = columns.named().filter(|(header, _)| is_named(header));
    let named = named.map(|(_, name)| name.in_report());
    checker.summary.mapped_from = Some(named.collect());
    checker.summary.has_header_problems = !checker.summary.problems.is_empty();
    Ok(Some((columns, list)))
}

/// What is said where a line below the first is the one that has the columns.
fn header_below(
    checker: &RecordChecker<'_>,
    mapping: &Mapping,
) -> Result<Option<String>, ManifestError> {
    let named = ListMapping::named(mapping);
    let lines = first_records(checker.manifest)?.into_iter();
    let is_header = |headers: &[String]| {
        let has = |name: &&str| headers.iter().any(|header| header.trim() == *name);
        !named.is_empty() && named.iter().all(has)
    };
    let line = lines
        .filter(|(_, headers)| is_header(headers))
        .map(|(line, _)| line)
        .min();
    let word = checker.manifest.line_word();
    Ok(line.map(|line| {
        format!(
            "this {word} does not have the mapping's columns, but {word} {line} does: delete everything \
             above that, so that the header comes first"
        )
    }))
}

fn require_source(checker: &mut RecordChecker<'_>, mapping: &Mapping) {
    let source = ColumnName::Known(Column::SourceSessionId);
    let mut set = checker.options.constants.iter();
    let is_set = set.any(|(name, _)| *name == source);
    let is_mapped = mapping
        .columns()
        .any(|column| *column == Column::SourceSessionId);
    if !is_set && !is_mapped {
        let problem = format!(
            "{} has no source_session_id, which names the session to copy. Add a line \
             source_session_id = \"ID\" at its beginning",
            mapping.path().display()
        );
        checker.summary.problems.add(None, problem);
        checker.lacks_source = true;
    }
}

/// Adds the known cells to a row that has the list's own ones. Those that have only words of their template
/// go to `half_empty`.
///
/// # Errors
/// What is wrong with the templates or what they make of this row.
pub(super) fn fill<'c>(
    row: &mut RawRow<'c>,
    list: &'c ListMapping<'_>,
    half_empty: &mut HalfEmptyCells,
) -> Result<(), Vec<String>> {
    // What can't be read is a problem of its own already.
    if !row.unread.is_empty() {
        return Ok(());
    }
    let values = row.cells.iter().map(|cell| cell.text.clone());
    let mut problems = Vec::new();
    for FilledCell {
        cell,
        label,
        is_half_empty,
    } in list.fill(values.collect())?
    {
        if is_half_empty {
            half_empty.add(label, row.line, &cell.text);
        }
        let problem =
            text_problem(&cell.text).or_else(|| line_break_problem(&cell.column, &cell.text));
        problems.extend(problem.map(|problem| format!("{label}: {problem}")));
        row.cells.push(RawCell {
            name: Cow::Owned(ColumnName::Known(cell.column)),
            place: Cow::Borrowed(label),
            text: cell.text,
            origin: match cell.taken {
                Some(taken) => CellOrigin::Template(taken),
                None => CellOrigin::Constant,
            },
        });
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems),
    }
}
