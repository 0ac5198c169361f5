//! A CSV text followed byte by byte: what the csv crate does not say of it, and bounds of what it takes.

use std::collections::VecDeque;
use std::io::{self, Read};

/// Follows the quotes and lines of a CSV text as it streams by. The csv crate reads an unclosed
/// quote to the end of the file as one field and says nothing; this finds where it was opened,
/// and ends the stream before such a field fills the memory. It also counts each record's line:
/// the csv crate's is one short after CRLF, and stays 1 where lines end with CR alone.
pub(super) struct CsvScanner<R> {
    inner: R,
    delimiter: u8,
    state: State,
    line: u64,
    opened_at: u64,
    field_bytes: usize,
    record_bytes: usize,
    is_between_records: bool,
    after_cr: bool,
    records: VecDeque<ScannedRecord>,
    field: usize,
    /// What was found so far.
    pub(super) findings: ScanFindings,
}

/// A record as it was seen to begin and go on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ScannedRecord {
    /// Its line.
    pub(super) line: u64,
    /// The fields in which a quote follows spaces: the csv crate takes it for text.
    pub(super) spaced_quotes: Vec<usize>,
}

/// What was found in the text so far, each with its line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ScanFindings {
    /// What ended the text before its end.
    early_end: Option<(u64, &'static str)>,
    /// The first text behind a closing quote.
    after_quote: Option<u64>,
    /// The first NUL byte.
    nul: Option<u64>,
    /// The last byte.
    last: Option<u8>,
}

impl ScanFindings {
    /// What refuses the text, each with its line.
    pub(super) fn problems(&self) -> impl Iterator<Item = (u64, &'static str)> {
        let after_quote = self.after_quote.map(|line| (line, AFTER_QUOTE));
        let nul = self.nul.map(|line| (line, NUL));
        self.early_end.into_iter().chain(after_quote).chain(nul)
    }

    /// What makes nonsense of a header, with its line.
    pub(super) fn header_damage(&self) -> Option<(u64, &'static str)> {
        let nul = self.nul.filter(|line| *line == 1);
        self.early_end.or(nul.map(|line| (line, NUL)))
    }

    /// Whether the text ended within the last record: that one is no row.
    pub(super) fn is_cut_short(&self) -> bool {
        self.early_end.is_some()
    }

    /// Whether the last line has no line break.
    pub(super) fn may_be_cut_off(&self) -> bool {
        self.last.is_some_and(|byte| !is_line_break(byte))
    }
}

const OPEN_QUOTE: &str = "a quote is opened here and never closed";

const ENDLESS_LINE: &str =
    "is far too long for a row; is a line break missing, or is this not a text file?";

const AFTER_QUOTE: &str = "there is text after a closing quote; is there one quote too many?";

const NUL: &str = "contains a NUL byte: this is not a text file (save a spreadsheet as \"CSV UTF-8\"), \
                   or it is UTF-16 without its byte order mark (add --encoding utf-16le)";

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    /// Only spaces since the field began.
    Spaced,
    Plain,
    Quoted,
    QuoteInQuoted,
}

/// The bytes of the spaces that look like one and are none to the csv crate: U+00A0, U+200B, U+3000.
const SPACES: [u8; 6] = [0xc2, 0xa0, 0xe2, 0x80, 0x8b, 0xe3];

/// A field is at most 10,000 characters of at most 4 bytes; beyond that, with room for doubled
/// quotes, nothing needs to be kept.
const FIELD_BYTES: usize = 100_000;

/// A record has at most this many bytes, as one of JSON has.
const RECORD_BYTES: usize = 4 << 20;

impl<R: Read> CsvScanner<R> {
    pub(super) fn new(inner: R, delimiter: u8) -> Self {
        Self {
            inner,
            delimiter,
            state: State::FieldStart,
            line: 1,
            opened_at: 1,
            field_bytes: 0,
            record_bytes: 0,
            is_between_records: true,
            after_cr: false,
            records: VecDeque::new(),
            field: 0,
            findings: ScanFindings::default(),
        }
    }

    /// How the next record began, in the order in which the csv crate gives them. To be asked once it
    /// gave the record.
    pub(super) fn next_record(&mut self) -> ScannedRecord {
        self.records.pop_front().unwrap_or(ScannedRecord {
            line: self.line,
            spaced_quotes: Vec::new(),
        })
    }

    fn step(&mut self, byte: u8) {
        let is_line_break = is_line_break(byte);
        if self.is_between_records && !is_line_break {
            self.is_between_records = false;
            self.field = 0;
            self.records.push_back(ScannedRecord {
                line: self.line,
                spaced_quotes: Vec::new(),
            });
        }
        self.field_bytes += 1;
        self.record_bytes += 1;
        self.state = match (self.state, byte) {
            (State::FieldStart, b'"') => {
                self.opened_at = self.line;
                State::Quoted
            }
            (State::Quoted, b'"') => State::QuoteInQuoted,
            (State::QuoteInQuoted, b'"') | (State::Quoted, _) => State::Quoted,
            (_, _) if is_line_break => {
                self.is_between_records = true;
                self.record_bytes = 0;
                self.field_start()
            }
            (_, byte) if byte == self.delimiter => {
                self.field += 1;
                self.field_start()
            }
            (State::FieldStart | State::Spaced, b' ' | b'\t') => State::Spaced,
            (State::FieldStart | State::Spaced, byte) if SPACES.contains(&byte) => State::Spaced,
            (State::Spaced, b'"') => {
                if let Some(record) = self.records.back_mut() {
                    record.spaced_quotes.push(self.field);
                }
                State::Plain
            }
            (State::QuoteInQuoted, byte) if byte != b' ' => {
                self.findings.after_quote.get_or_insert(self.line);
                State::Plain
            }
            _ => State::Plain,
        };
        if is_line_break && !(byte == b'\n' && self.after_cr) {
            self.line += 1;
        }
        self.after_cr = byte == b'\r';
        if byte == 0 {
            self.findings.nul.get_or_insert(self.line);
        }
    }

    fn field_start(&mut self) -> State {
        self.field_bytes = 0;
        State::FieldStart
    }
}

impl<R: Read> Read for CsvScanner<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        for byte in &buffer[..length] {
            self.step(*byte);
        }
        self.findings.last = buffer[..length].last().copied().or(self.findings.last);
        let is_quoted = matches!(self.state, State::Quoted | State::QuoteInQuoted);
        let is_endless_field = self.field_bytes > FIELD_BYTES;
        let is_end = length == 0 && !buffer.is_empty();
        if is_quoted && is_endless_field || is_end && self.state == State::Quoted {
            self.findings.early_end = Some((self.opened_at, OPEN_QUOTE));
            return Ok(0);
        }
        if is_endless_field || self.record_bytes > RECORD_BYTES {
            self.findings.early_end = Some((self.line, ENDLESS_LINE));
            return Ok(0);
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(text: &str) -> ScanFindings {
        let mut watch = CsvScanner::new(text.as_bytes(), b',');
        io::copy(&mut watch, &mut io::sink()).unwrap();
        watch.findings
    }

    #[test]
    fn an_unclosed_quote_is_found_where_it_was_opened() {
        assert_eq!(watched("a,b\n1,\"x\ny\n").early_end, Some((2, OPEN_QUOTE)));
        assert_eq!(watched("a,b\n1,\"x\ny\"\n").early_end, None);
        assert_eq!(watched("a,b\n1,\"x\"\"\"\n").early_end, None);
        assert_eq!(watched("a,b\n1,x\"y\n").early_end, None);
    }

    #[test]
    fn records_begin_where_an_editor_shows_them() {
        let lines = |text: &str| {
            let mut watch = CsvScanner::new(text.as_bytes(), b',');
            io::copy(&mut watch, &mut io::sink()).unwrap();
            let records = watch.records.into_iter();
            records.map(|record| record.line).collect::<Vec<u64>>()
        };
        for line_break in ["\n", "\r\n", "\r"] {
            let text = "a,b|1,\"x|y\"||3,z|".replace('|', line_break);
            assert_eq!(lines(&text), [1, 2, 5], "{line_break:?}");
        }
    }

    #[test]
    fn a_quote_behind_spaces_is_seen_with_its_field() {
        let spaced = |text: &str| {
            let mut watch = CsvScanner::new(text.as_bytes(), b',');
            io::copy(&mut watch, &mut io::sink()).unwrap();
            let records = watch.records.into_iter();
            let spaced = records.map(|record| record.spaced_quotes);
            spaced.collect::<Vec<Vec<usize>>>()
        };
        assert_eq!(spaced("a, \"b\"\n \"c\",\t \"d\"\n"), [vec![1], vec![0, 1]]);
        for sound in ["\" \"\"a\"\"\"\n", " a \"b\"\n", "\"a\" ,b\n", "a, b\n"] {
            assert_eq!(spaced(sound), [Vec::<usize>::new()], "{sound}");
        }
    }

    #[test]
    fn other_damage_is_seen() {
        assert_eq!(watched("a\n\0\n").nul, Some(2));
        assert_eq!(watched("a\n\"x\"y\n").after_quote, Some(2));
        assert_eq!(watched("a,b\n\"x\" ,\"\"\"\"\n").after_quote, None);
        assert!(watched("a\nb").may_be_cut_off());
        assert!(!watched("a\nb\r\n").may_be_cut_off());
        let endless = format!("a\n\"{}", "x".repeat(300_000));
        assert_eq!(watched(&endless).early_end, Some((2, OPEN_QUOTE)));
        for endless in ["x".repeat(300_000), "x,".repeat(3 << 20)] {
            let seen = watched(&format!("a\n{endless}"));
            assert_eq!(seen.early_end, Some((2, ENDLESS_LINE)));
        }
    }
}
