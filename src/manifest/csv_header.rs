//! The header line of a CSV manifest: what it must be, and where it is if it is not the first.

use std::io::Read;

use super::column_name::known_count;
use super::csv_text::CsvText;
use super::detect_dialect::first_records;
use super::record_checker::RecordChecker;
use super::report_detection::{is_report, missing_columns_if_report};
use super::{ColumnName, Columns, InputFile, ManifestError, ReadOptions};
use crate::job::Column;

/// The columns of a text that was just opened; none if no row can be read with them. What is wrong with
/// them goes to the checker.
pub(super) fn columns_of(
    text: &CsvText<impl Read>,
    checker: &mut RecordChecker<'_>,
) -> Result<Option<Columns>, ManifestError> {
    let line = Some(text.header_start.line);
    let (manifest, options) = (checker.manifest, checker.options);
    let problems = &mut checker.summary.problems;
    // What broke the text explains a header better than its names do.
    if let Some((line, problem)) = text.damage() {
        problems.add(Some(line), problem);
        return Ok(None);
    }
    let (headers, unreadable) = text.headers();
    let known = known_count(&headers);
    // Of a file that is no text, nothing else is worth a word.
    if known == 0 && !unreadable.is_empty() {
        problems.extend(line, unreadable);
        return Ok(None);
    }
    let below = match known {
        0 => header_below(manifest, filled(&headers))?,
        _ => None,
    };
    let below = below.map(|line| (line, manifest.line_word()));
    let columns = match read_header(headers, options, below) {
        Ok(columns) => columns,
        Err(refusal) => {
            problems.add(line, refusal);
            return Ok(None);
        }
    };
    problems.extend(line, unreadable);
    problems.extend(line, columns.problems.iter().cloned());
    if let Some(problem) = missing_source(&columns, options) {
        problems.add(line, problem);
        // Without any column that is known, these are no rows.
        if known == 0 {
            return Ok(None);
        }
        checker.lacks_source = true;
    }
    // A list that was read with them stays as it is.
    let was_read = |header: &str| {
        options
            .read_before
            .iter()
            .flatten()
            .any(|one| one == header)
    };
    let spaced = text
        .spaced_headers()
        .filter(|(at, _)| !was_read(columns.header(*at).unwrap_or_default()));
    problems.extend(line, spaced.map(|(_, problem)| problem));
    checker.summary.has_header_problems = !checker.summary.problems.is_empty();
    Ok(Some(columns))
}

/// What refuses a line as the header of any list.
pub(super) fn header_refusal(headers: &[String]) -> Option<String> {
    Some(if headers.iter().all(|header| header.trim().is_empty()) {
        "the file is empty; its first line must name the columns".into()
    } else if is_report(headers) {
        "this is a report, not a list; give it to `esign-copy retry`".into()
    } else if let Some(lost) = missing_columns_if_report(headers) {
        format!(
            "this is a report with missing or renamed columns: {lost}. Put its header back as it was, \
             or write the report again (`esign-copy report`), and give it to `esign-copy retry`. As a \
             list it would copy everybody again"
        )
    } else if headers[0].trim_start().starts_with("sep=") {
        "this line only tells spreadsheets the separator; delete it, so that the first line names the \
         columns"
            .into()
    } else {
        return None;
    })
}

/// Recognises the columns, and refuses a header with which no row can be read. `below` is the line
/// that is one, where the first is not.
fn read_header(
    headers: Vec<String>,
    options: &ReadOptions,
    below: Option<(u64, &str)>,
) -> Result<Columns, String> {
    if let Some(refusal) = header_refusal(&headers) {
        return Err(refusal);
    }
    if let Some((line, word)) = below {
        let above = match line {
            2 => format!("this {word}"),
            _ => format!("the {word}s above it"),
        };
        return Err(format!(
            "no known column is named here, but {word} {line} names some: delete {above}, so that the \
             header comes first"
        ));
    }
    Columns::read(headers, &options.other_columns, &options.read_before)
}

/// What is said of a header that does not name the column of the source session.
fn missing_source(columns: &Columns, options: &ReadOptions) -> Option<String> {
    let source = ColumnName::Known(Column::SourceSessionId);
    let is_set = options.constants.iter().any(|(name, _)| *name == source);
    if columns.has(&source) || is_set {
        return None;
    }
    let none = "there is no column source_session_id, which names the session to copy. Add it, or use \
                --set source_session_id=ID if all rows copy the same one. If the list's columns have names \
                of their own, `esign-copy init` writes a mapping file for it";
    let one = match columns.count() {
        1 => ". This line is a single column: is the separator a comma, a semicolon or a tab?",
        _ => "",
    };
    Some(format!("{none}{one}"))
}

/// How many cells of a line hold something.
fn filled(fields: &[String]) -> usize {
    fields
        .iter()
        .filter(|field| !field.trim().is_empty())
        .count()
}

/// The line below the first that is a header, if there is one near: it names the source session, two
/// columns that are known, or one where only `above` cells of the first line hold something, which is less than its own.
fn header_below(manifest: &InputFile, above: usize) -> Result<Option<u64>, ManifestError> {
    let lines = first_records(manifest)?;
    let is_header = |headers: &[String]| {
        let names_source = headers
            .iter()
            .any(|header| Column::of_header(header) == Some(Column::SourceSessionId));
        let known = known_count(headers);
        names_source || known > 1 || known == 1 && filled(headers) > above
    };
    let headers = lines.into_iter().filter(|(_, fields)| is_header(fields));
    Ok(headers.map(|(line, _)| line).min())
}
