//! Reports that a spreadsheet of another country has opened by a double click and saved: it knew another
//! separator, and put whole lines into single cells.

use csv::ByteRecord;

use super::detect_dialect::csv_reader;
use super::report_detection::is_report;
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
        "a spreadsheet put everything into one column. Start again from the report as it was written \
         (`esign-copy report --output` writes it again): open it with Data > From Text/CSV (UTF-8, \
         separator: {separator}), correct it there, and save it as CSV UTF-8"
    )
}

/// What is wrong with a header that is a report's in a single cell.
pub(super) fn header_problem(headers: &[impl AsRef<str>]) -> Option<String> {
    let cell = only(
        headers
            .iter()
            .map(|header| header.as_ref().trim().as_bytes()),
    )?;
    let is_ours = |separator: &u8| {
        split(cell, *separator).is_some_and(|headers| {
            let headers = headers.iter().map(String::from_utf8_lossy);
            is_report(&headers.collect::<Vec<_>>())
        })
    };
    SEPARATORS.into_iter().find(is_ours).map(advice)
}

/// Lines of a report that are a single cell and should be many.
pub(super) struct CollapsedLines {
    separator: u8,
    columns: usize,
    first: Option<u64>,
    count: u64,
}

impl CollapsedLines {
    pub(super) fn new(separator: u8, columns: usize) -> Self {
        Self {
            separator,
            columns,
            first: None,
            count: 0,
        }
    }

    /// Takes one line as it stands.
    pub(super) fn take(&mut self, line: u64, record: &ByteRecord) {
        let is_whole_line = || {
            let line = only(record.iter()).and_then(|cell| split(cell, self.separator));
            line.is_some_and(|cells| cells.len() == self.columns)
        };
        if self.columns > 1 && is_whole_line() {
            self.count += 1;
            self.first.get_or_insert(line);
        }
    }

    /// The first of them, and what is wrong with all.
    pub(super) fn problem(&self) -> Option<(u64, String)> {
        let others = match self.count {
            0 | 1 => String::new(),
            count => format!(" (and {})", counted(count - 1, "more line")),
        };
        let advice = advice(self.separator);
        Some((self.first?, format!("is a single cell{others}: {advice}")))
    }
}

/// The one cell that holds something.
fn only<'a>(cells: impl Iterator<Item = &'a [u8]>) -> Option<&'a [u8]> {
    let mut filled = cells.filter(|cell| !cell.is_empty());
    filled.next().filter(|_| filled.next().is_none())
}

/// A cell read as a line of its own.
fn split(cell: &[u8], separator: u8) -> Option<ByteRecord> {
    csv_reader(cell, separator).into_byte_records().next()?.ok()
}
