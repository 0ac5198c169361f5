//! A CSV text as it streams by: its header, then its records, each of sound form or with what is wrong.

use std::borrow::Cow;
use std::io::Read;
use std::iter;

use csv::ByteRecord;

use super::csv_scan::{CsvScanner, ScannedRecord};
use super::detect_dialect::{csv_reader, separator_of, undecoded_beginning};
use super::input_bytes::{Bytes, Decoded, Hashed, Unpacked};
use super::row::{CellOrigin, RawCell, RawRow, text_problem};
use super::unknown_encoding::{lost_characters, refusal};
use super::{ColumnName, Columns, InputFile, ManifestError, Problems};
use crate::job::Column;
use crate::support::{counted, singular_or};

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
    /// How many records of a workbook's sheet were read, the header included.
    sheet_records: u64,
    manifest: InputFile,
    /// The first cell that shows that the text is not UTF-8: its line, what it is called, its bytes.
    not_utf8: Option<(u64, String, Vec<u8>)>,
    /// The lines since the last row whose cells are all empty, with how many cells each has.
    empty_lines: Vec<(u64, usize)>,
}

/// What was found in the whole text.
pub(super) struct TextEnd {
    /// What refuses it, each with its line if it is of one.
    pub(super) problems: Vec<(Option<u64>, String)>,
    /// What is worth a word.
    pub(super) warnings: Vec<String>,
    /// How many records it has.
    pub(super) records: u64,
    /// Whether its last line has no line break.
    pub(super) may_be_cut_off: bool,
}

/// Opens a manifest as CSV. The header is read already.
pub(super) fn open<'a>(
    manifest: &InputFile,
    bytes: &'a mut Hashed<Bytes>,
) -> Result<ManifestText<'a>, ManifestError> {
    let separator = separator_of(manifest)?;
    let scanner = CsvScanner::new(manifest.text(bytes), separator);
    let mut text = CsvText {
        reader: csv_reader(scanner, separator),
        headers: ByteRecord::new(),
        header_start: ScannedRecord::default(),
        record: ByteRecord::new(),
        separator,
        number: 0,
        sheet_records: 0,
        manifest: manifest.clone(),
        not_utf8: None,
        empty_lines: Vec::new(),
    };
    let header = text.next_record();
    let header = header.map_err(|error| manifest.failed(error.into()))?;
    text.header_start = header.unwrap_or_else(|| text.reader.get_mut().next_record());
    text.headers = std::mem::take(&mut text.record);
    Ok(text)
}

/// The text of a file.
type ManifestText<'a> = CsvText<Decoded<Unpacked<&'a mut Hashed<Bytes>>>>;

impl<R: Read> CsvText<R> {
    /// The headers as texts, and what is wrong with those that can't be read.
    pub(super) fn headers(&self) -> (Vec<String>, Vec<String>) {
        let mut problems = Vec::new();
        let mut is_utf8 = true;
        let numbered = (1..).zip(&self.headers);
        let headers = numbered.map(|(number, header)| {
            let problem = match std::str::from_utf8(header) {
                Ok(header) => self.text_problem(header),
                Err(_) if is_utf8 => {
                    is_utf8 = false;
                    Some(self.encoding_problem(header))
                }
                Err(_) => None,
            };
            problems.extend(problem.map(|problem| format!("header {number}: {problem}")));
            String::from_utf8_lossy(header).into_owned()
        });
        (headers.collect(), problems)
    }

    /// What is wrong with a text that could be decoded.
    fn text_problem(&self, text: &str) -> Option<String> {
        match self.manifest.encoding() {
            Some(encoding) if text.contains('\u{fffd}') => Some(lost_characters(encoding)),
            _ => text_problem(text),
        }
    }

    /// What refuses a text that is not UTF-8, shown by a cell.
    fn encoding_problem(&self, cell: &[u8]) -> String {
        // That it can't be read again is said where it is read.
        let beginning = undecoded_beginning(&self.manifest).unwrap_or_default();
        refusal(&beginning, cell)
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
        let record = self.next_record()?;
        self.number += u64::from(record.is_some());
        Ok(record)
    }

    fn next_record(&mut self) -> Result<Option<ScannedRecord>, csv::Error> {
        if !self.reader.read_byte_record(&mut self.record)? {
            return Ok(None);
        }
        let mut start = self.reader.get_mut().next_record();
        if let Some(sheet) = self.manifest.sheet() {
            let (first, count) = sheet.columns();
            let cells = self.record.iter().chain(iter::repeat(&b""[..]));
            self.record = cells.skip(first).take(count).collect();
            start.line = sheet.row_of(self.sheet_records);
            self.sheet_records += 1;
        }
        Ok(Some(start))
    }

    /// The cells of the record that was read last.
    ///
    /// # Errors
    /// What is wrong with the first one that can't be read.
    pub(super) fn cells(&self) -> Result<Vec<&str>, String> {
        let cells = self.record.iter().map(|cell| {
            let text = std::str::from_utf8(cell).map_err(|_| self.encoding_problem(cell))?;
            self.text_problem(text).map_or(Ok(text), Err)
        });
        cells.collect()
    }

    /// Whether the record that was read last has nothing but empty cells.
    pub(super) fn is_empty_record(&self) -> bool {
        self.record
            .iter()
            .all(|field| field.trim_ascii().is_empty())
    }

    /// The record that was read last, as a row. What is wrong with its form goes to `problems`, and
    /// the record is then none. A cell that can't be read is a problem too, but the others can be
    /// checked: see [`RawRow::unread`].
    pub(super) fn row<'c>(
        &mut self,
        start: &ScannedRecord,
        columns: &'c Columns,
        problems: &mut Problems,
    ) -> Option<RawRow<'c>> {
        let line = start.line;
        // What else is wrong with such a record comes of its end.
        if self.reader.get_ref().findings.is_cut_short() {
            return None;
        }
        // At the end of the file they are nobody's.
        if self.is_empty_record() {
            self.empty_lines.push((line, self.record.len()));
            return None;
        }
        for (line, fields) in std::mem::take(&mut self.empty_lines) {
            let problem = fields_problem(fields, columns.count());
            problems.add(Some(line), problem.unwrap_or_else(|| EMPTY_LINE.into()));
        }
        if let Some(problem) = self.record_problem(start, columns.count()) {
            problems.add(Some(line), problem);
            return None;
        }
        let mut row = RawRow::new(self.number, line);
        let mut not_utf8 = self.not_utf8.take();
        for (index, ((header, name), field)) in columns.iter().zip(&self.record).enumerate() {
            match std::str::from_utf8(field) {
                Ok(text) => {
                    let problem = self.text_problem(text);
                    let problem = problem.or_else(|| cell_problem(name, text));
                    row.unread.extend(problem.iter().map(|_| name.clone()));
                    // A NUL byte is found in the whole text.
                    let problem = problem.filter(|_| !field.contains(&0));
                    let problem = problem.map(|problem| format!("column {header}: {problem}"));
                    problems.extend(Some(line), problem);
                }
                Err(_) => {
                    row.unread.push(name.clone());
                    let first = || (line, format!("column {header}"), field.to_vec());
                    not_utf8.get_or_insert_with(first);
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
        self.not_utf8 = not_utf8;
        let spaced = start.spaced_quotes.iter();
        let spaced = spaced.filter_map(|index| columns.header(*index));
        row.flaws = spaced
            .map(|header| format!("column {header}: {SPACED_QUOTE}"))
            .collect();
        Some(row)
    }

    fn record_problem(&self, start: &ScannedRecord, columns: usize) -> Option<String> {
        if let Some(problem) = fields_problem(self.record.len(), columns) {
            let why = match start.spaced_quotes.is_empty() {
                true => String::new(),
                false => format!(": {SPACED_QUOTE}"),
            };
            return Some(problem + &why);
        }
        let again = "is the header again; two files were put together";
        self.is_header_again().then(|| again.into())
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

    /// What was found in the whole text. To be called at the end.
    pub(super) fn finish(mut self) -> TextEnd {
        let path = self.manifest.path().display();
        let (warnings, refused) = match self.manifest.sheet() {
            Some(sheet) => (sheet.warnings(), sheet.problems()),
            None => (&[][..], &[][..]),
        };
        let warnings = warnings.iter().map(|text| format!("{path}: {text}"));
        let mut warnings: Vec<String> = warnings.collect();
        let refused = refused.iter().map(|text| (None, text.clone()));
        if let [(first, _), ..] = self.empty_lines[..] {
            let rows = self.empty_lines.len() as u64;
            warnings.push(format!(
                "{}: {} at the end of the list {} left out",
                self.manifest.place(Some(first)),
                counted(rows, "empty row"),
                singular_or(rows, "is", "are")
            ));
        }
        let not_utf8 = self.not_utf8.take().filter(|_| {
            let mut headers = self.headers.iter();
            headers.all(|header| std::str::from_utf8(header).is_ok())
        });
        let not_utf8 = not_utf8.map(|(line, place, cell)| {
            (
                Some(line),
                format!("{place}: {}", self.encoding_problem(&cell)),
            )
        });
        let records = self.number - self.empty_lines.len() as u64;
        let findings = self.reader.into_inner().findings;
        let problems = findings.problems();
        let problems = problems.map(|(line, problem)| (Some(line), problem.to_owned()));
        TextEnd {
            problems: refused.chain(problems).chain(not_utf8).collect(),
            warnings,
            records,
            may_be_cut_off: findings.may_be_cut_off(),
        }
    }
}

/// How many fields a record has, if that is not as many as the header.
fn fields_problem(fields: usize, columns: usize) -> Option<String> {
    let end = if fields == 1 { "" } else { "s" };
    let text = format!("has {fields} field{end}, but the header has {columns}");
    (fields != columns).then_some(text)
}

const EMPTY_LINE: &str = "is empty; delete the line";

const SPACED_QUOTE: &str = "there is a space before the opening quote, so the quotes are read as text; \
                            delete the space";

fn cell_problem(name: &ColumnName, text: &str) -> Option<String> {
    match name {
        ColumnName::Known(column) => line_break_problem(column, text),
        ColumnName::Other(_) => None,
    }
}

/// What is wrong with the text of a column that can have but one line.
pub(super) fn line_break_problem(column: &Column, text: &str) -> Option<String> {
    let has_break = text.contains(['\n', '\r']) && column.is_id_or_address();
    has_break.then(|| "contains a line break, which an id or e-mail address can't have".into())
}
