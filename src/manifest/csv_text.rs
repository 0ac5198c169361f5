//! A CSV text as it streams by: its header, then its records, each of sound form or with what is wrong.

use std::borrow::Cow;
use std::io::Read;

use csv::ByteRecord;

use super::csv_scan::{CsvScanner, ScanFindings, ScannedRecord};
use super::detect_dialect::{csv_reader, separator_of};
use super::input_file::{Bytes, Decoded, Hashed, decode};
use super::row::{CellOrigin, RawCell, RawRow, text_problem};
use super::{ColumnName, Columns, InputFile, ManifestError, Problems};
use crate::job::Column;

/// A CSV text as it streams by: header first, then its records.
pub(super) struct CsvText<R: Read> {
    reader: csv::Reader<CsvScanner<R>>,
    headers: ByteRecord,
    pub(super) header_start: ScannedRecord,
    /// The record that was read last, as it stands.
    pub(super) record: ByteRecord,
    /// What stands between two cells.
    pub(super) separator: u8,
    number: u64,
}

/// Opens a manifest as CSV. The header is read already.
pub(super) fn open<'a>(
    manifest: &InputFile,
    bytes: &'a mut Hashed<Bytes>,
) -> Result<CsvText<Decoded<&'a mut Hashed<Bytes>>>, ManifestError> {
    let separator = separator_of(manifest)?;
    let mut reader = csv_reader(CsvScanner::new(decode(bytes), separator), separator);
    let mut headers = ByteRecord::new();
    reader
        .read_byte_record(&mut headers)
        .map_err(|error| manifest.failed(error.into()))?;
    let header_start = reader.get_mut().next_record();
    Ok(CsvText {
        reader,
        headers,
        header_start,
        record: ByteRecord::new(),
        separator,
        number: 0,
    })
}

impl<R: Read> CsvText<R> {
    /// The headers as texts, and what is wrong with those that can't be read.
    pub(super) fn headers(&self) -> (Vec<String>, Vec<String>) {
        let mut problems = Vec::new();
        let numbered = (1..).zip(&self.headers);
        let headers = numbered.map(|(number, header)| {
            let problem = text(header).err();
            problems.extend(problem.map(|problem| format!("header {number}: {problem}")));
            String::from_utf8_lossy(header).into_owned()
        });
        (headers.collect(), problems)
    }

    /// What makes nonsense of the header, with its line.
    pub(super) fn damage(&self) -> Option<(u64, &'static str)> {
        self.reader.get_ref().findings.header_damage()
    }

    /// What is wrong with headers that a spreadsheet would read otherwise.
    pub(super) fn spaced_headers(&self) -> impl Iterator<Item = (usize, String)> {
        let spaced = self.header_start.spaced_quotes.iter();
        spaced.map(|index| (*index, format!("header {}: {SPACED_QUOTE}", index + 1)))
    }

    /// Goes on to the next record; `None` at the end.
    pub(super) fn advance(&mut self) -> Result<Option<ScannedRecord>, csv::Error> {
        let is_record = self.reader.read_byte_record(&mut self.record)?;
        self.number += u64::from(is_record);
        Ok(is_record.then(|| self.reader.get_mut().next_record()))
    }

    /// The cells of the record that was read last.
    ///
    /// # Errors
    /// What is wrong with the first one that can't be read.
    pub(super) fn cells(&self) -> Result<Vec<&str>, String> {
        self.record.iter().map(text).collect()
    }

    /// The record that was read last, as a row. What is wrong with its form goes to `problems`, and
    /// the record is then none. A cell that can't be read is a problem too, but the others can be
    /// checked: see [`RawRow::unread`].
    pub(super) fn row<'c>(
        &self,
        start: &ScannedRecord,
        columns: &'c Columns,
        problems: &mut Problems,
    ) -> Option<RawRow<'c>> {
        let line = start.line;
        // What else is wrong with such a record comes of its end.
        if self.reader.get_ref().findings.is_cut_short() {
            return None;
        }
        if let Some(problem) = self.record_problem(start, columns.count()) {
            problems.add(Some(line), problem);
            return None;
        }
        let mut row = RawRow::new(self.number, line);
        for (index, ((header, name), field)) in columns.iter().zip(&self.record).enumerate() {
            if let Err(problem) = cell(name, field) {
                row.unread.push(name.clone());
                // A NUL byte is found in the whole text.
                if !field.contains(&0) {
                    problems.add(Some(line), format!("column {header}: {problem}"));
                }
            }
            let text = String::from_utf8_lossy(field);
            match columns.is_named(index) {
                true => row.cells.push(RawCell {
                    name: Cow::Borrowed(name),
                    place: Cow::Borrowed(header),
                    text: text.into_owned(),
                    origin: CellOrigin::List,
                }),
                false if text.trim().is_empty() => {}
                false => row.filled_unnamed.push(index),
            }
        }
        let spaced = start.spaced_quotes.iter();
        let spaced = spaced.filter_map(|index| columns.header(*index));
        row.flaws = spaced
            .map(|header| format!("column {header}: {SPACED_QUOTE}"))
            .collect();
        Some(row)
    }

    fn record_problem(&self, start: &ScannedRecord, columns: usize) -> Option<String> {
        let fields = self.record.len();
        if fields != columns {
            let end = if fields == 1 { "" } else { "s" };
            let why = match start.spaced_quotes.is_empty() {
                true => String::new(),
                false => format!(": {SPACED_QUOTE}"),
            };
            return Some(format!(
                "has {fields} field{end}, but the header has {columns}{why}"
            ));
        }
        if self.is_header_again() {
            return Some("is the header again; two files were put together".into());
        }
        let mut fields = self.record.iter();
        fields
            .all(|field| field.trim_ascii().is_empty())
            .then(|| "is empty; delete the line".into())
    }

    /// A second file put behind the first may have its own byte order mark and spelling.
    fn is_header_again(&self) -> bool {
        let plain = |field: &[u8]| {
            let field = field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field);
            field.trim_ascii().to_ascii_lowercase()
        };
        let mut pairs = self.record.iter().zip(&self.headers);
        pairs.all(|(field, header)| plain(field) == plain(header))
    }

    /// What was found in the whole text, and how many records it has. To be called at the end.
    pub(super) fn finish(self) -> (ScanFindings, u64) {
        (self.reader.into_inner().findings, self.number)
    }
}

const SPACED_QUOTE: &str = "there is a space before the opening quote, so the quotes are read as text; \
                            delete the space";

fn cell(name: &ColumnName, field: &[u8]) -> Result<(), String> {
    let text = text(field)?;
    let problem = match name {
        ColumnName::Known(column) => line_break_problem(column, text),
        ColumnName::Other(_) => None,
    };
    problem.map_or(Ok(()), Err)
}

/// What is wrong with the text of a column that can have but one line.
pub(super) fn line_break_problem(column: &Column, text: &str) -> Option<String> {
    let has_break = text.contains(['\n', '\r']) && column.is_id_or_address();
    has_break.then(|| "contains a line break, which an id or e-mail address can't have".into())
}

fn text(field: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(field)
        .map_err(|_| "is not UTF-8 text; save the file as \"CSV UTF-8\"".to_owned())?;
    text_problem(text).map_or(Ok(text), Err)
}
