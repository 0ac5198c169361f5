//! A table is written as a file in every way that programs write one, and read back.

use std::io::Write;

use esign_copy::job::{Column, Record};
use esign_copy::manifest::{Format, InputFile, ManifestError, ReadOptions, ReadSummary};
use proptest::prelude::*;
use proptest::sample::select;

use super::one_in;
use super::tables::{Table, any_table};

/// How a CSV file is written.
#[derive(Debug, Clone)]
pub struct Style {
    pub delimiter: u8,
    pub quotes: csv::QuoteStyle,
    pub line_break: &'static str,
    pub blank_lines: bool,
    pub encoding: Encoding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf8WithMark,
    Utf16Le,
    Utf16Be,
}

pub fn any_style() -> BoxedStrategy<Style> {
    use csv::QuoteStyle::{Always, Necessary, NonNumeric};
    let encodings = [
        Encoding::Utf8,
        Encoding::Utf8WithMark,
        Encoding::Utf16Le,
        Encoding::Utf16Be,
    ];
    (
        select(&[b',', b';', b'\t'][..]),
        select(vec![Necessary, Always, NonNumeric]),
        select(&["\n", "\r\n", "\r"][..]),
        any::<bool>(),
        select(encodings.to_vec()),
    )
        .prop_map(
            |(delimiter, quotes, line_break, blank_lines, encoding)| Style {
                delimiter,
                quotes,
                line_break,
                blank_lines,
                encoding,
            },
        )
        .boxed()
}

pub fn encoded(text: &str, encoding: Encoding) -> Vec<u8> {
    let marked = format!("\u{feff}{text}");
    match encoding {
        Encoding::Utf8 => text.into(),
        Encoding::Utf8WithMark => marked.into(),
        Encoding::Utf16Le => marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    }
}

/// The file, and the line at which each row begins.
pub fn csv_file(table: &Table, style: &Style) -> (Vec<u8>, Vec<u64>) {
    let mut text = String::new();
    let mut lines = Vec::new();
    for record in [&table.headers].into_iter().chain(&table.rows) {
        lines.push(1 + line_breaks(&text));
        text += &csv_record(record, style);
        if style.blank_lines {
            text += style.line_break;
        }
    }
    lines.remove(0);
    (encoded(&text, style.encoding), lines)
}

fn csv_record(cells: &[String], style: &Style) -> String {
    let terminator = match style.line_break {
        "\n" => csv::Terminator::Any(b'\n'),
        "\r" => csv::Terminator::Any(b'\r'),
        _ => csv::Terminator::CRLF,
    };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(style.delimiter)
        .quote_style(style.quotes)
        .terminator(terminator)
        .from_writer(Vec::new());
    writer.write_record(cells).unwrap();
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

fn line_breaks(text: &str) -> u64 {
    text.replace("\r\n", "\n").matches(['\r', '\n']).count() as u64
}

/// The table as JSON records.
pub fn json_file(table: &Table, format: Format, nested: bool, pretty: bool) -> Vec<u8> {
    let objects = table.objects(nested);
    let mut file = Vec::new();
    match format {
        Format::JsonLines => {
            for object in objects {
                writeln!(file, "{object}").unwrap();
            }
        }
        _ if pretty => serde_json::to_writer_pretty(&mut file, &objects).unwrap(),
        _ => serde_json::to_writer(&mut file, &objects).unwrap(),
    }
    file
}

/// The records of a file and what is said about it.
pub fn read(
    bytes: &[u8],
    format: Format,
    options: &ReadOptions,
) -> Result<(Vec<Record>, ReadSummary), ManifestError> {
    let manifest = InputFile::of_standard_input(bytes, format)?;
    let mut records = Vec::new();
    let summary = manifest.read::<ManifestError>(options, |record| {
        records.push(record);
        Ok(())
    })?;
    Ok((records, summary))
}

pub fn options(table: &Table) -> ReadOptions {
    ReadOptions {
        other_columns: table.other_columns(),
        ..ReadOptions::default()
    }
}

/// The id by which a record is known.
pub fn row_id(record: &Record) -> String {
    let own = record.row_id.clone();
    own.unwrap_or_else(|| record.hash.row_id()).to_string()
}

fn assert_is_table(table: &Table, records: &[Record]) {
    assert_eq!(records.len(), table.rows.len());
    for (index, record) in records.iter().enumerate() {
        assert_eq!(record.number, index as u64 + 1);
        assert_eq!(record.fields, table.fields(index));
        assert_eq!(record.other, table.other(index));
        assert_eq!(record.problem, None);
        let key = table.fields(index).text(&Column::RowId).map(str::to_owned);
        assert_eq!(record.row_id.as_ref().map(|id| id.as_str().to_owned()), key);
    }
}

fn expected_warnings(table: &Table) -> Vec<String> {
    let is_empty = table.rows.is_empty();
    is_empty
        .then(|| "-: lists no rows".to_owned())
        .into_iter()
        .collect()
}

proptest! {
    #![proptest_config(one_in(2))]

    #[test]
    fn a_csv_file_is_read_back_cell_by_cell(table in any_table(5), style in any_style()) {
        let (file, lines) = csv_file(&table, &style);
        let (records, summary) = read(&file, Format::Csv, &options(&table)).unwrap();
        prop_assert_eq!(summary.problems.listed(), &[]);
        prop_assert_eq!(&summary.warnings, &expected_warnings(&table));
        prop_assert_eq!(summary.records, table.rows.len() as u64);
        prop_assert_eq!(summary.columns, table.columns());
        assert_is_table(&table, &records);
        let told: Vec<u64> = records.iter().map(|record| record.line).collect();
        prop_assert_eq!(told, lines);
    }

    #[test]
    fn json_says_what_csv_says(
        table in any_table(5),
        style in any_style(),
        nested in any::<bool>(),
        pretty in any::<bool>(),
        encoding in select(vec![Encoding::Utf8, Encoding::Utf8WithMark, Encoding::Utf16Le]),
    ) {
        let (file, _) = csv_file(&table, &style);
        let (from_csv, _) = read(&file, Format::Csv, &options(&table)).unwrap();
        for format in [Format::Json, Format::JsonLines] {
            let file = json_file(&table, format, nested, pretty);
            let file = encoded(&String::from_utf8(file).unwrap(), encoding);
            let (from_json, summary) = read(&file, format, &options(&table)).unwrap();
            if format == Format::JsonLines && table.rows.is_empty() {
                // No rows are no lines, and that is an empty file.
                prop_assert!(summary.problems.listed()[0].text.contains("is empty"));
                continue;
            }
            prop_assert_eq!(summary.problems.listed(), &[]);
            prop_assert_eq!(&summary.warnings, &expected_warnings(&table));
            assert_is_table(&table, &from_json);
            for (json, csv) in from_json.iter().zip(&from_csv) {
                prop_assert_eq!(row_id(json), row_id(csv));
                prop_assert_eq!(json.hash, csv.hash);
            }
        }
    }
}
