//! What an input file is read as: what its name says, and what is said of it.

use std::path::Path;

use encoding_rs::Encoding;

/// The forms that a manifest may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma, semicolon or tab separated, found from the header.
    Csv,
    /// One JSON array of records.
    Json,
    /// JSON records, one a line.
    JsonLines,
}

/// What is said of how a file is read, where its name and its bytes don't say it.
#[derive(Debug, Clone, Default)]
pub struct InputOptions {
    /// `--format`.
    pub format: Option<Format>,
    /// `--sheet`: which sheet of a workbook.
    pub sheet: Option<String>,
    /// `--encoding`: how the text is written.
    pub encoding: Option<&'static Encoding>,
}

impl From<Format> for InputOptions {
    fn from(format: Format) -> Self {
        Some(format).into()
    }
}

impl From<Option<Format>> for InputOptions {
    fn from(format: Option<Format>) -> Self {
        let other = Self::default();
        Self { format, ..other }
    }
}

/// What a name says of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedFormat {
    Text(Format),
    Workbook,
}

/// What a file's name says; one of a compressed file has `.gz` at its end.
pub(super) fn format_of(path: &Path, is_gzip: bool) -> Option<NamedFormat> {
    let end = |path: &Path| Some(path.extension()?.to_str()?.to_ascii_lowercase());
    let extension = match end(path)? {
        gz if gz == "gz" && is_gzip => end(&path.with_extension(""))?,
        other => other,
    };
    Some(match extension.as_str() {
        "csv" | "tsv" | "txt" => NamedFormat::Text(Format::Csv),
        "json" => NamedFormat::Text(Format::Json),
        "jsonl" | "ndjson" => NamedFormat::Text(Format::JsonLines),
        "xlsx" | "xlsm" | "xls" | "xlsb" | "ods" | "numbers" => NamedFormat::Workbook,
        _ => return None,
    })
}
