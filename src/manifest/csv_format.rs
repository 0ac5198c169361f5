use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::csv_scan::{CsvScanner, RecordStart, ScanFindings};
use super::open::{Bytes, Hashed};
use super::row::{RawRow, text_problem};
use crate::job::{Column, SEPARATORS, SignerColumn};

use super::csv_header::known_count;
use super::{ColumnName, Columns, Manifest, ManifestError, Problems};

/// A CSV text as it streams by: header first, then its records.
pub(super) struct CsvText<R: Read> {
    reader: csv::Reader<CsvScanner<R>>,
    headers: ByteRecord,
    header_begun: RecordStart,
    record: ByteRecord,
    number: u64,
}

/// The bytes of a manifest as UTF-8 text: a byte order mark is obeyed and dropped.
type Decoded<'a> = encoding_rs_io::DecodeReaderBytes<&'a mut Hashed<Bytes>, Vec<u8>>;

/// Opens a manifest as CSV. The header is read already.
pub(super) fn open<'a>(
    manifest: &Manifest,
    bytes: &'a mut Hashed<Bytes>,
) -> Result<CsvText<Decoded<'a>>, ManifestError> {
    let delimiter = delimiter_of(manifest)?;
    let decoded = decode(bytes);
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        // Ragged rows are told by us, so that the problems behind them are told too.
        .flexible(true)
        .from_reader(CsvScanner::new(decoded, delimiter));
    let mut headers = ByteRecord::new();
    reader
        .read_byte_record(&mut headers)
        .map_err(|error| manifest.failed(error.into()))?;
    let header_begun = reader.get_mut().next_record();
    Ok(CsvText {
        reader,
        headers,
        header_begun,
        record: ByteRecord::new(),
        number: 0,
    })
}

pub(super) fn decode<R: Read>(bytes: R) -> encoding_rs_io::DecodeReaderBytes<R, Vec<u8>> {
    DecodeReaderBytesBuilder::new()
        .bom_override(true)
        .utf8_passthru(true)
        .strip_bom(true)
        .build(bytes)
}

/// The separator under which the header has most columns with a known meaning.
pub(super) fn delimiter_of(manifest: &Manifest) -> Result<u8, ManifestError> {
    let start = start_of(manifest)?;
    let worth = |header: Vec<String>| (known_count(&header), header.len());
    let best = possible_headers(&start).map(worth).zip(SEPARATORS).max();
    Ok(best.map_or(b',', |(_, delimiter)| delimiter))
}

fn start_of(manifest: &Manifest) -> Result<Vec<u8>, ManifestError> {
    let mut start = Vec::new();
    let mut bytes = manifest.bytes()?;
    let decoded = decode(&mut bytes);
    let read = decoded.take(64 * 1024).read_to_end(&mut start);
    read.map_err(|error| manifest.failed(error))?;
    Ok(start)
}

/// So many lines may stand above a header that is looked for.
const LINES_ABOVE: usize = 20;

/// The first records behind the first, with their lines, once for each separator that they may have.
pub(super) fn first_records(manifest: &Manifest) -> Result<Vec<(u64, Vec<String>)>, ManifestError> {
    let start = start_of(manifest)?;
    let mut records = Vec::new();
    for delimiter in SEPARATORS {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(CsvScanner::new(&*start, delimiter));
        let mut record = ByteRecord::new();
        for number in 0..=LINES_ABOVE {
            // From memory: it fails never, and what it can't read is no header.
            if !reader.read_byte_record(&mut record).unwrap_or(false) {
                break;
            }
            let line = reader.get_mut().next_record().line;
            let fields = record
                .iter()
                .map(|field| String::from_utf8_lossy(field).into_owned());
            if number > 0 {
                records.push((line, fields.collect()));
            }
        }
    }
    Ok(records)
}

/// The first line of a text, once for each separator that it may have.
pub(super) fn possible_headers(start: &[u8]) -> impl Iterator<Item = Vec<String>> {
    SEPARATORS.into_iter().map(move |delimiter| {
        let mut header = ByteRecord::new();
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(start);
        match reader.read_byte_record(&mut header) {
            Ok(_) => header
                .iter()
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .collect(),
            Err(_) => Vec::new(),
        }
    })
}

impl<R: Read> CsvText<R> {
    /// The headers as texts.
    pub(super) fn headers(&self) -> Result<Vec<String>, String> {
        let mut headers = Vec::new();
        for (index, header) in self.headers.iter().enumerate() {
            let text = std::str::from_utf8(header).map_err(|_| NOT_UTF8.to_owned());
            let sound = text.and_then(|text| match text_problem(text) {
                Some(problem) => Err(problem),
                None => Ok(text),
            });
            match sound {
                Ok(text) => headers.push(text.to_owned()),
                Err(problem) => return Err(format!("header {}: {problem}", index + 1)),
            }
        }
        Ok(headers)
    }

    /// What makes nonsense of the header, with its line.
    pub(super) fn damage(&self) -> Option<(u64, &'static str)> {
        self.reader.get_ref().seen().header_damage()
    }

    /// The line of the header.
    pub(super) fn header_line(&self) -> u64 {
        self.header_begun.line
    }

    /// What is wrong with headers that a spreadsheet would read otherwise.
    pub(super) fn spaced_headers(&self) -> Vec<(usize, String)> {
        let spaced = self.header_begun.spaced_quotes.iter();
        let problem = |index: &usize| (*index, format!("header {}: {SPACED_QUOTE}", index + 1));
        spaced.map(problem).collect()
    }

    /// The next record, or `None` at the end. What is wrong with its form goes to `problems`,
    /// and the record is then skipped.
    pub(super) fn next(
        &mut self,
        columns: &Columns,
        problems: &mut Problems,
    ) -> Result<Option<RawRow>, csv::Error> {
        while self.reader.read_byte_record(&mut self.record)? {
            self.number += 1;
            let begun = self.reader.get_mut().next_record();
            if let Some(row) = self.row(&begun, columns, problems) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// The next record as it stands, with its line.
    pub(super) fn next_record(&mut self) -> Result<Option<(u64, &ByteRecord)>, csv::Error> {
        if !self.reader.read_byte_record(&mut self.record)? {
            return Ok(None);
        }
        let line = self.reader.get_mut().next_record().line;
        Ok(Some((line, &self.record)))
    }

    /// A second file put behind the first may have its own byte order mark and spelling.
    fn is_header_again(&self) -> bool {
        let plain = |field: &[u8]| {
            let field = field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field);
            field.trim_ascii().to_ascii_lowercase()
        };
        self.record
            .iter()
            .zip(&self.headers)
            .all(|(field, header)| plain(field) == plain(header))
    }

    fn row(
        &self,
        begun: &RecordStart,
        columns: &Columns,
        problems: &mut Problems,
    ) -> Option<RawRow> {
        let line = begun.line;
        let mut refuse = |text: String| problems.add(Some(line), text);
        let (fields, headers) = (self.record.len(), columns.len());
        if fields != headers {
            let found = if fields == 1 {
                "1 field".into()
            } else {
                format!("{fields} fields")
            };
            refuse(match begun.spaced_quotes.is_empty() {
                true => format!("has {found}, but the header has {headers}"),
                false => format!("has {found}, but the header has {headers}: {SPACED_QUOTE}"),
            });
            return None;
        }
        if self.is_header_again() {
            refuse("is the header again; two files were put together".into());
            return None;
        }
        if self
            .record
            .iter()
            .all(|field| field.trim_ascii().is_empty())
        {
            refuse("is empty; delete the line".into());
            return None;
        }
        let mut cells = Vec::with_capacity(headers);
        for (name, field) in columns.names().iter().zip(&self.record) {
            match cell(name, field) {
                Ok(text) => cells.push((name.clone(), text.to_owned())),
                Err(text) => refuse(format!("column {}: {text}", name.in_report())),
            }
        }
        let spaced = begun.spaced_quotes.iter().filter_map(|index| {
            let header = columns.header(*index)?;
            Some(format!("column {header}: {SPACED_QUOTE}"))
        });
        (cells.len() == headers).then_some(RawRow {
            number: self.number,
            line,
            cells,
            flaws: spaced.collect(),
        })
    }

    /// What was seen of the whole text, and how many records it has. To be called at the end.
    pub(super) fn finish(self) -> (ScanFindings, u64) {
        (self.reader.into_inner().seen(), self.number)
    }
}

const SPACED_QUOTE: &str = "a space stands before a quote, which makes the quotes part of the text; \
                            delete the space";

const NOT_UTF8: &str = "is not UTF-8 text; save the file as \"CSV UTF-8\"";

fn cell<'a>(name: &ColumnName, field: &'a [u8]) -> Result<&'a str, String> {
    let text = std::str::from_utf8(field).map_err(|_| NOT_UTF8.to_owned())?;
    if let Some(problem) = text_problem(text) {
        return Err(problem);
    }
    if text.contains(['\n', '\r']) && is_id_or_address(name) {
        return Err("holds a line break, which no id or e-mail address has".into());
    }
    Ok(text)
}

fn is_id_or_address(name: &ColumnName) -> bool {
    matches!(
        name,
        ColumnName::Known(
            Column::SourceSessionId
                | Column::RowId
                | Column::TransactionId
                | Column::CopyTo
                | Column::Signer(_, SignerColumn::Id | SignerColumn::Email)
        )
    )
}
