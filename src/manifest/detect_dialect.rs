//! How a table is written as CSV, found from its beginning.

use std::io::{self, Read, Seek};
use std::iter;

use csv::{ByteRecord, ReaderBuilder};

use super::column_name::known_count;
use super::csv_scan::CsvScanner;
use super::input_bytes::{Unpacked, decode};
use super::workbook::SHEET_SEPARATOR;
use super::{Format, InputFile, ManifestError};
use crate::job::{CsvDialect, SEPARATORS};

/// Byte order marks: of UTF-8, and of UTF-16 in both orders.
const MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];

/// So much of a file is its beginning.
const BEGINNING: u64 = 64 * 1024;

impl InputFile {
    /// How it is written; `None` if it is no CSV.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn dialect(&self) -> Result<Option<CsvDialect>, ManifestError> {
        if self.format() != Format::Csv {
            return Ok(None);
        }
        let mut mark = Vec::new();
        let mut text = self.unpacked(self.bytes()?).take(3);
        let read = text.read_to_end(&mut mark);
        read.map_err(|error| self.failed(error))?;
        Ok(Some(CsvDialect {
            separator: separator_of(self)?,
            has_mark: self.is_utf_16() || MARKS.iter().any(|one| mark.starts_with(one)),
        }))
    }
}

/// The separator under which the header has most columns with a known meaning.
pub(super) fn separator_of(manifest: &InputFile) -> Result<u8, ManifestError> {
    if manifest.sheet().is_some() {
        return Ok(SHEET_SEPARATOR);
    }
    let beginning = beginning_of(manifest)?;
    let worth = |header: Vec<String>| (known_count(&header), header.len());
    let best = possible_headers(&beginning)
        .map(worth)
        .zip(SEPARATORS)
        .max();
    Ok(best.map_or(b',', |(_, separator)| separator))
}

/// A CSV text as all of ours are read.
pub(super) fn csv_reader<R: Read>(text: R, separator: u8) -> csv::Reader<R> {
    ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        // Ragged rows are reported by us, so that the problems behind them are reported too.
        .flexible(true)
        .from_reader(text)
}

/// The beginning of a file that is not known to be one of ours, as text.
pub(super) fn beginning(file: impl Read + Seek) -> io::Result<Vec<u8>> {
    let text = decode(Unpacked::of_file(file)?, None);
    let mut beginning = Vec::new();
    text.take(BEGINNING).read_to_end(&mut beginning)?;
    Ok(beginning)
}

fn beginning_of(manifest: &InputFile) -> Result<Vec<u8>, ManifestError> {
    let mut beginning = Vec::new();
    let text = manifest.text(manifest.bytes()?);
    let read = text.take(BEGINNING).read_to_end(&mut beginning);
    read.map_err(|error| manifest.failed(error))?;
    Ok(beginning)
}

/// The beginning of a file as its bytes stand, but unpacked.
pub(super) fn undecoded_beginning(manifest: &InputFile) -> Result<Vec<u8>, ManifestError> {
    let mut beginning = Vec::new();
    let bytes = manifest.unpacked(manifest.bytes()?);
    let read = bytes.take(BEGINNING).read_to_end(&mut beginning);
    read.map_err(|error| manifest.failed(error))?;
    Ok(beginning)
}

/// The first line of a text, once for each separator that it may have.
pub(super) fn possible_headers(text: &[u8]) -> impl Iterator<Item = Vec<String>> {
    let first = |separator| records(text, separator).next();
    SEPARATORS
        .into_iter()
        .map(move |separator| first(separator).map_or_else(Vec::new, |(_, header)| header))
}

/// So many lines may stand above a header that is looked for.
const LINES_ABOVE: usize = 20;

/// The first records behind the first, with their lines, once for each separator that they may have.
pub(super) fn first_records(
    manifest: &InputFile,
) -> Result<Vec<(u64, Vec<String>)>, ManifestError> {
    let beginning = beginning_of(manifest)?;
    if let Some(sheet) = manifest.sheet() {
        let rows = (0..).zip(records(&beginning, SHEET_SEPARATOR));
        let rows = rows.map(|(number, (_, cells))| (sheet.row_of(number), cells));
        return Ok(rows.skip(1).take(LINES_ABOVE).collect());
    }
    let behind_first = |separator| records(&beginning, separator).skip(1).take(LINES_ABOVE);
    Ok(SEPARATORS.into_iter().flat_map(behind_first).collect())
}

/// The records of a text, with their lines.
fn records(text: &[u8], separator: u8) -> impl Iterator<Item = (u64, Vec<String>)> {
    let mut reader = csv_reader(CsvScanner::new(text, separator), separator);
    let mut record = ByteRecord::new();
    iter::from_fn(move || {
        // From memory: it never fails, and what it can't read is no header.
        let is_record = reader.read_byte_record(&mut record).unwrap_or(false);
        let line = is_record.then(|| reader.get_mut().next_record().line)?;
        let fields = record.iter().map(String::from_utf8_lossy);
        Some((line, fields.map(String::from).collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_and_the_mark_are_those_of_the_file() {
        let header = |separator: &str| ["source_session_id", "title"].join(separator) + "\n";
        let utf_16 = |text: &str| {
            let units = text.encode_utf16();
            units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
        };
        for (bytes, separator, has_mark) in [
            (header(",").into_bytes(), b',', false),
            (header(";").into_bytes(), b';', false),
            (format!("\u{feff}{}", header(";")).into_bytes(), b';', true),
            (utf_16(&format!("\u{feff}{}", header("\t"))), b'\t', true),
        ] {
            let manifest = InputFile::of_standard_input(&bytes[..], Format::Csv).unwrap();
            let dialect = CsvDialect {
                separator,
                has_mark,
            };
            assert_eq!(manifest.dialect().unwrap(), Some(dialect));
        }
        let json = InputFile::of_standard_input(&b"[]"[..], Format::Json).unwrap();
        assert_eq!(json.dialect().unwrap(), None);
    }
}
