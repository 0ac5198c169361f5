//! Files that were cut, changed or made up: no other row without a word, and no panic.

use esign_copy::job::{CopyRequest, Record};
use esign_copy::manifest::{Format, ReadOptions};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::files::{Encoding, any_style, csv_file, encoded, json_file, options, read};
use super::one_in;
use super::reports::{csv_report, read_back, report_lines};
use super::tables::{Table, any_table};

const FORMATS: [Format; 3] = [Format::Csv, Format::Json, Format::JsonLines];

/// A good file of any format, with its table and how its text is written.
fn any_file(rows: usize) -> BoxedStrategy<(Table, Format, Encoding, Vec<u8>)> {
    (
        any_table(rows),
        any_style(),
        select(&FORMATS[..]),
        any::<bool>(),
    )
        .prop_map(|(table, style, format, flag)| {
            let file = match format {
                Format::Csv => csv_file(&table, &style).0,
                _ => {
                    let text = json_file(&table, format, flag, flag);
                    encoded(&String::from_utf8(text).unwrap(), style.encoding)
                }
            };
            (table, format, style.encoding, file)
        })
        .boxed()
}

type Content<'a> = (
    u64,
    Option<&'a str>,
    Vec<(String, &'a str)>,
    Vec<(&'a String, &'a String)>,
);

/// Everything that is said about a row.
fn content(record: &Record) -> Content<'_> {
    let fields = record.fields.iter();
    (
        record.number,
        record.row_id.as_ref().map(esign_copy::job::RowId::as_str),
        fields
            .map(|(column, text)| (column.to_string(), text))
            .collect(),
        record.other.iter().collect(),
    )
}

/// The text as far as its bytes go.
fn decoded(bytes: &[u8], encoding: Encoding) -> String {
    let units = |read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| read(*pair))
            .collect();
        let is_whole = bytes.len().is_multiple_of(2);
        String::from_utf16_lossy(&units) + if is_whole { "" } else { "?" }
    };
    match encoding {
        Encoding::Utf8 | Encoding::Utf8WithMark => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Utf16Le => units(u16::from_le_bytes),
        Encoding::Utf16Be => units(u16::from_be_bytes),
    }
}

/// That what is taken of a file is sound.
fn assert_well_formed(records: &[Record]) {
    let (mut number, mut line) = (0, 0);
    for record in records {
        assert!(record.number > number && record.line > line, "{record:?}");
        (number, line) = (record.number, record.line);
        let known = record.fields.iter().map(|(_, text)| text);
        for text in known.chain(record.other.values().map(String::as_str)) {
            assert!(!text.contains(['\0', '\u{fffd}']), "{record:?}");
            assert!(
                !text.is_empty() && text.chars().count() <= 10_000,
                "{record:?}"
            );
        }
        let request = CopyRequest::from_fields(&record.fields);
        assert_eq!(request.is_ok(), record.problem.is_none(), "{record:?}");
        assert_eq!(record.hash, record.fields.content_hash(None));
    }
}

/// Reads bytes as everything that they could be given for.
fn assert_is_bearable(bytes: &[u8], other_columns: &[String]) {
    for format in FORMATS {
        for skip_invalid in [false, true] {
            let options = ReadOptions {
                skip_invalid,
                other_columns: other_columns.to_vec(),
                ..ReadOptions::default()
            };
            let (records, summary) = read(bytes, format, &options).unwrap();
            assert_well_formed(&records);
            if !skip_invalid {
                assert!(records.iter().all(|record| record.problem.is_none()));
            }
            if summary.problems.is_empty() {
                assert_eq!(records.len() as u64, summary.records);
            }
        }
    }
    read_back(bytes).unwrap();
}

/// Pieces of which files are made.
const PIECES: [&[u8]; 44] = [
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b"\"",
    b"\"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b" ",
    b"\\",
    b"\\u00e9",
    b"\\ud83d",
    b"null",
    b"true",
    b"-1.5e3",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\0",
    b"\xff",
    "\u{fffd}".as_bytes(),
    "é".as_bytes(),
    b"source_session_id",
    b"\"source_session_id\"",
    b"\"SigningSessionId\":\"3f0c6c1e-0000-4000-8000-000000000001\"",
    b"3f0c6c1e-0000-4000-8000-000000000001",
    b"signer_1_email",
    b"ana@example.com",
    b"\"signers\":[{\"email\":\"ana@example.com\"}]",
    b"\"merge\":{\"A\":1}",
    b"signer_1_merge_A",
    b"\"signers\"",
    b"\"note\":{\"a\": [1]}",
    b"row_id",
    b"\"row_id\":",
    b"note",
    b"status",
    b"row,row_id,source_session_id,new_session_id,status,error_class,error,http_status,attempts,\
      transaction_id,first_sent_at,finished_at\r\n",
    b"[{\"source_session_id\":\"3f0c6c1e-0000-4000-8000-000000000001\",",
];

proptest! {
    #![proptest_config(one_in(4))]

    #[test]
    fn a_cut_file_has_no_other_row_without_a_word(
        (table, format, encoding, file) in any_file(2),
        cuts in vec(any::<Index>(), 4),
    ) {
        let (whole, _) = read(&file, format, &options(&table)).unwrap();
        for length in cuts.iter().filter(|_| !file.is_empty()).map(|cut| cut.index(file.len())) {
            let cut = &file[..length];
            let (records, summary) = read(cut, format, &options(&table)).unwrap();
            if !summary.problems.is_empty() {
                continue;
            }
            let is_warned = !summary.warnings.is_empty();
            // The last row may be a wrong one, but only if that is said.
            let sure = records.len() - usize::from(is_warned && !records.is_empty());
            for (record, good) in records[..sure].iter().zip(&whole) {
                prop_assert_eq!(content(record), content(good));
            }
            prop_assert!(records.len() <= whole.len());
            if !is_warned {
                let text = decoded(cut, encoding);
                let is_all = format == Format::Json && records.len() == whole.len();
                let is_none = format == Format::JsonLines && text.trim_matches('\u{feff}').is_empty();
                prop_assert!(is_all || is_none || text.ends_with(['\n', '\r']), "{:?}", text);
            }
        }
    }

    #[test]
    fn a_cut_report_has_no_other_cells_without_a_word(
        table in any_table(2),
        cuts in vec(any::<Index>(), 4),
    ) {
        let file = csv_report(&table, &report_lines(&table, "refused"));
        let (whole, _) = read_back(&file).unwrap();
        for length in cuts.iter().map(|cut| cut.index(file.len())) {
            let (lines, problems) = read_back(&file[..length]).unwrap();
            if problems.is_empty() {
                // The last row may be a wrong one, but only if that is said.
                let is_warned = !problems.warnings().is_empty();
                let sure = lines.len() - usize::from(is_warned && !lines.is_empty());
                for (line, good) in lines[..sure].iter().zip(&whole) {
                    prop_assert_eq!(&line.row_id, &good.row_id);
                    prop_assert_eq!(&line.cells, &good.cells);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(one_in(2))]

    #[test]
    fn a_changed_byte_is_borne(
        (table, _, _, file) in any_file(3),
        at in any::<Index>(),
        (kind, byte) in (0..4, prop_oneof![any::<u8>(), select(&b"\",;\t\r\n\\{}[]:\0 "[..])]),
    ) {
        let (mut file, at) = (file, at.index(1 << 16));
        let at = at % (file.len() + 1);
        match kind {
            0 => file.insert(at, byte),
            1 if at < file.len() => file[at] = byte,
            2 if at < file.len() => file[at] ^= 1 << (byte % 8),
            _ if at < file.len() => drop(file.remove(at)),
            _ => file.push(byte),
        }
        assert_is_bearable(&file, &table.other_columns());
    }

    #[test]
    fn any_pieces_are_borne(pieces in vec(select(&PIECES[..]), 0..40)) {
        assert_is_bearable(&pieces.concat(), &[]);
    }

    #[test]
    fn any_bytes_are_borne(bytes in vec(any::<u8>(), 0..200)) {
        assert_is_bearable(&bytes, &[]);
    }
}
