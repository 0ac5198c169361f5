//! Reports that a spreadsheet of another country has opened by a double click and saved: it knew another
//! separator, and put whole lines into single cells.

use csv::{ReaderBuilder, StringRecord};

use super::report_detection::is_report;
use super::{Manifest, ManifestError, csv_format};
use crate::job::SEPARATORS;
use crate::support::counted;

/// What happened, and what to do about it.
fn advice(separator: u8) -> String {
    let separator = match separator {
        b'\t' => "tab",
        b';' => "semicolon",
        _ => "comma",
    };
    format!(
        "a spreadsheet put everything into one column. Take the report as it was written (`esign-copy \
         report --output` writes it again), open it with Data > From Text/CSV (UTF-8, separator: \
         {separator}), correct it there, and save it as CSV UTF-8"
    )
}

/// What is wrong with a header that is a report's in a single cell.
pub(super) fn header_problem(headers: &[impl AsRef<str>]) -> Option<String> {
    let mut cells = headers.iter().map(|header| header.as_ref().trim());
    let cell = only(&mut cells)?;
    let is_ours = |separator: &u8| {
        let headers = split(cell, *separator);
        headers.is_some_and(|headers| is_report(&headers.iter().collect::<Vec<_>>()))
    };
    SEPARATORS.into_iter().find(is_ours).map(advice)
}

/// Lines of a report that are a single cell and should be many: the first of them, and what is wrong
/// with all.
///
/// # Errors
/// When the report can't be read.
pub(super) fn lines_problem(report: &Manifest) -> Result<Option<(u64, String)>, ManifestError> {
    let separator = report.dialect()?.unwrap_or_default().separator;
    let mut bytes = report.bytes()?;
    let mut text = csv_format::open(report, &mut bytes)?;
    let columns = text.headers().unwrap_or_default().len();
    let (mut first, mut count) = (None, 0);
    let failed = |error: csv::Error| report.failed(error.into());
    while let Some((line, record)) = text.next_record().map_err(failed)? {
        let cells = record.iter().map(String::from_utf8_lossy);
        let cells: Vec<_> = cells.collect();
        let is_whole_line = only(&mut cells.iter().map(AsRef::as_ref))
            .and_then(|cell| split(cell, separator))
            .is_some_and(|cells| cells.len() == columns);
        if columns > 1 && is_whole_line {
            count += 1;
            first.get_or_insert(line);
        }
    }
    let others = match count {
        0 | 1 => String::new(),
        count => format!(" (and {})", counted(count - 1, "more line")),
    };
    let advice = advice(separator);
    Ok(first.map(|line| (line, format!("is one cell{others}: {advice}"))))
}

/// The one cell that holds something.
fn only<'a>(cells: &mut dyn Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut filled = cells.filter(|cell| !cell.is_empty());
    filled.next().filter(|_| filled.next().is_none())
}

/// A cell read as a line of its own.
fn split(cell: &str, separator: u8) -> Option<StringRecord> {
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .from_reader(cell.as_bytes());
    reader.records().next()?.ok()
}
