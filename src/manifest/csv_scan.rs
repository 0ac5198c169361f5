use std::collections::VecDeque;
use std::io::{self, Read};

/// Follows the quotes and lines of a CSV text as it streams by. The csv crate reads an unclosed
/// quote to the end of the file as one field and says nothing; this tells where it was opened,
/// and ends the stream before such a field fills the memory. It also tells each record's line:
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
    records: VecDeque<RecordStart>,
    field: usize,
    seen: ScanFindings,
}

/// A record as it was seen to begin and go on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RecordStart {
    /// Its line.
    pub(super) line: u64,
    /// The fields in which a quote follows spaces: the csv crate takes it for text.
    pub(super) spaced_quotes: Vec<usize>,
}

/// What a watch has seen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ScanFindings {
    /// The line at which a quote was opened that the end of the file leaves open.
    pub(super) unclosed_quote: Option<u64>,
    /// The line at which a quoted field began that is far too long to be one.
    pub(super) endless_field: Option<u64>,
    /// The line that is far too long to be one.
    pub(super) endless_line: Option<u64>,
    /// The line of the first text behind a closing quote.
    pub(super) after_quote: Option<u64>,
    /// The line of the first NUL byte.
    pub(super) nul: Option<u64>,
    /// Whether the last byte was a line break.
    pub(super) ends_with_line_break: bool,
    /// Whether there was any byte.
    pub(super) any: bool,
}

impl ScanFindings {
    /// What refuses the text, each with its line.
    pub(super) fn problems(&self) -> impl Iterator<Item = (u64, &'static str)> {
        let at = |line: Option<u64>, text| line.map(|line| (line, text));
        let after_quote = "text stands behind a closing quote; is a quote too many?";
        let all = [
            self.early_end(),
            at(self.after_quote, after_quote),
            at(self.nul, NUL),
        ];
        all.into_iter().flatten()
    }

    /// What makes nonsense of a header, with its line.
    pub(super) fn header_damage(&self) -> Option<(u64, &'static str)> {
        let nul = self.nul.filter(|line| *line == 1);
        self.early_end().or(nul.map(|line| (line, NUL)))
    }

    /// What ended the text before its end, with its line.
    fn early_end(&self) -> Option<(u64, &'static str)> {
        let endless =
            "is far too long for a row; is a line break missing, or is this no text file?";
        let quote = self.unclosed_quote.or(self.endless_field);
        let quote = quote.map(|line| (line, "a quote is opened here and never closed"));
        quote.or(self.endless_line.map(|line| (line, endless)))
    }
}

const NUL: &str = "holds a NUL byte; this is no text file (a spreadsheet is saved as \"CSV UTF-8\" \
                   first), or UTF-16 without its byte order mark";

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
        let (state, seen) = (State::FieldStart, ScanFindings::default());
        Self {
            inner,
            delimiter,
            state,
            line: 1,
            opened_at: 1,
            field_bytes: 0,
            record_bytes: 0,
            is_between_records: true,
            after_cr: false,
            records: VecDeque::new(),
            field: 0,
            seen,
        }
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> ScanFindings {
        self.seen
    }

    /// How the next record began, in the order in which the csv crate gives them. To be asked once it
    /// gave the record.
    pub(super) fn next_record(&mut self) -> RecordStart {
        self.records.pop_front().unwrap_or(RecordStart {
            line: self.line,
            spaced_quotes: Vec::new(),
        })
    }

    fn step(&mut self, byte: u8) {
        let is_line_break = matches!(byte, b'\n' | b'\r');
        if self.is_between_records && !is_line_break {
            self.is_between_records = false;
            self.field = 0;
            self.records.push_back(RecordStart {
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
                if let Some(begun) = self.records.back_mut() {
                    begun.spaced_quotes.push(self.field);
                }
                State::Plain
            }
            (State::QuoteInQuoted, byte) if byte != b' ' => {
                self.seen.after_quote.get_or_insert(self.line);
                State::Plain
            }
            _ => State::Plain,
        };
        if is_line_break && !(byte == b'\n' && self.after_cr) {
            self.line += 1;
        }
        self.after_cr = byte == b'\r';
        if byte == 0 {
            self.seen.nul.get_or_insert(self.line);
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
        if let Some(last) = buffer[..length].last() {
            self.seen.any = true;
            self.seen.ends_with_line_break = matches!(last, b'\n' | b'\r');
        }
        let is_quoted = matches!(self.state, State::Quoted | State::QuoteInQuoted);
        if is_quoted && self.field_bytes > FIELD_BYTES {
            self.seen.endless_field = Some(self.opened_at);
            return Ok(0);
        }
        if self.field_bytes > FIELD_BYTES || self.record_bytes > RECORD_BYTES {
            self.seen.endless_line = Some(self.line);
            return Ok(0);
        }
        if length == 0 && !buffer.is_empty() && self.state == State::Quoted {
            self.seen.unclosed_quote = Some(self.opened_at);
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
        watch.seen
    }

    #[test]
    fn an_unclosed_quote_is_found_where_it_was_opened() {
        assert_eq!(watched("a,b\n1,\"x\ny\n").unclosed_quote, Some(2));
        assert_eq!(watched("a,b\n1,\"x\ny\"\n").unclosed_quote, None);
        assert_eq!(watched("a,b\n1,\"x\"\"\"\n").unclosed_quote, None);
        assert_eq!(watched("a,b\n1,x\"y\n").unclosed_quote, None);
    }

    #[test]
    fn records_begin_where_an_editor_shows_them() {
        let lines = |text: &str| {
            let mut watch = CsvScanner::new(text.as_bytes(), b',');
            io::copy(&mut watch, &mut io::sink()).unwrap();
            let records = watch.records.into_iter();
            records.map(|begun| begun.line).collect::<Vec<u64>>()
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
            let spaced = records.map(|begun| begun.spaced_quotes);
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
        assert!(!watched("a\nb").ends_with_line_break);
        assert!(watched("a\nb\r\n").ends_with_line_break);
        let endless = format!("a\n\"{}", "x".repeat(300_000));
        assert_eq!(watched(&endless).endless_field, Some(2));
        for endless in ["x".repeat(300_000), "x,".repeat(3 << 20)] {
            let seen = watched(&format!("a\n{endless}"));
            assert_eq!((seen.endless_line, seen.endless_field), (Some(2), None));
        }
    }
}
