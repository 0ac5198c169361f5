//! The header line of a CSV manifest: what it must be, and where it is if it is not the first.

use std::io::Read;

use super::csv_format::CsvText;
use super::report_detection::{is_report, lost_columns};
use super::{ColumnName, Columns, Manifest, ManifestError, ReadOptions, Summary, csv_format};
use crate::job::{Column, SignerColumn};

/// The columns of a text that was just opened; none if no row can be read with them. What is wrong with
/// them goes to the summary.
pub(super) fn columns_of(
    manifest: &Manifest,
    text: &CsvText<impl Read>,
    options: &ReadOptions,
    summary: &mut Summary,
) -> Result<Option<Columns>, ManifestError> {
    let line = Some(text.header_line());
    // What broke the text explains a header better than its names do.
    if let Some((line, problem)) = text.damage() {
        summary.problems.add(Some(line), problem);
        return Ok(None);
    }
    let read = match text.headers() {
        Ok(headers) => read_header(headers, options, |filled| header_below(manifest, filled))?,
        Err(problem) => Err(vec![problem]),
    };
    let columns = match read {
        Ok(columns) => columns,
        Err(problems) => {
            for problem in problems {
                summary.problems.add(line, problem);
            }
            return Ok(None);
        }
    };
    for problem in columns.misspelt() {
        summary.problems.add(line, problem);
    }
    for (position, problem) in text.spaced_headers() {
        // A list that was read with them stays as it is.
        let name = columns.header(position).unwrap_or_default();
        if !options.read_before.iter().flatten().any(|one| one == name) {
            summary.problems.add(line, problem);
        }
    }
    summary.has_header_problems = !summary.problems.is_empty();
    Ok(Some(columns))
}

/// Recognises the columns, and refuses a header with which no row can be read. `below` finds the line
/// that is one, where the first is not; it is told how many cells of that hold something.
fn read_header(
    headers: Vec<String>,
    options: &ReadOptions,
    below: impl FnOnce(usize) -> Result<Option<u64>, ManifestError>,
) -> Result<Result<Columns, Vec<String>>, ManifestError> {
    let refused = |text: String| Ok(Err(vec![text]));
    if headers.iter().all(|header| header.trim().is_empty()) {
        return refused("the file is empty; its first line must name the columns".into());
    }
    if is_report(&headers) {
        return refused("this is a report, not a manifest; `esign-copy retry` takes it".into());
    }
    if let Some(lost) = lost_columns(&headers) {
        return refused(format!(
            "this was a report, of which columns are missing or renamed: {lost}. Put its header back as \
             it was, or take an unchanged one (`esign-copy report`), and give it to `esign-copy retry`; as a manifest it would copy everybody again"
        ));
    }
    if headers[0].trim_start().starts_with("sep=") {
        let text =
            "this line is a note to spreadsheets; delete it: the first line must name the columns";
        return refused(text.into());
    }
    if known_count(&headers) == 0
        && let Some(line) = below(filled(&headers))?
    {
        let above = if line == 2 {
            "this line"
        } else {
            "the lines above it"
        };
        return refused(format!(
            "this line names no column that is known, but line {line} does: delete {above}, so that \
             the header comes first"
        ));
    }
    let columns = match Columns::read(headers, &options.other_columns, &options.read_before) {
        Ok(columns) => columns,
        Err(problems) => return Ok(Err(problems)),
    };
    Ok(require_source(columns, options))
}

fn require_source(columns: Columns, options: &ReadOptions) -> Result<Columns, Vec<String>> {
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

/// How many headers have a meaning, or look as if they should have one.
pub(super) fn known_count(headers: &[String]) -> usize {
    let is_known = |header: &&String| {
        SignerColumn::of_unnumbered(header).is_some()
            || !matches!(
                ColumnName::read(header.trim(), &[]),
                Ok(ColumnName::Other(_))
            )
    };
    headers.iter().filter(is_known).count()
}

/// How many cells of a line hold something.
fn filled(fields: &[String]) -> usize {
    let filled = fields.iter().filter(|field| !field.trim().is_empty());
    filled.count()
}

/// The line below the first that is a header, if there is one near: it names the source session, two
/// columns that are known, or one where only `above` cells of the first line hold something, which is less than its own.
fn header_below(manifest: &Manifest, above: usize) -> Result<Option<u64>, ManifestError> {
    let lines = csv_format::first_records(manifest)?;
    let is_header = |headers: &[String]| {
        let names_source = headers.iter().any(|header| {
            ColumnName::read(header.trim(), &[]) == Ok(ColumnName::Known(Column::SourceSessionId))
        });
        let known = known_count(headers);
        names_source || known > 1 || known == 1 && filled(headers) > above
    };
    let headers = lines.into_iter().filter(|(_, fields)| is_header(fields));
    Ok(headers.map(|(line, _)| line).min())
}
