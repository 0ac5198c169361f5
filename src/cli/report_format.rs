//! The forms of a report, and what the ending of a file's name promises.

use std::path::Path;

use super::Failure;
use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    Csv,
    Json,
    /// A web page for people
    Html,
}

/// What people and programs take a file for by its name, beside the forms of a report.
const OTHER_ENDINGS: [&str; 29] = [
    "7z", "bz2", "db", "doc", "docx", "fods", "gz", "jsonl", "md", "ndjson", "numbers", "ods",
    "odt", "parquet", "pdf", "rtf", "sqlite", "sqlite3", "tar", "xls", "xlsb", "xlsm", "xlsx",
    "xml", "xz", "yaml", "yml", "zip", "zst",
];

/// What a name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFormat {
    Report(ReportFormat),
    Other,
    Unknown,
}

/// What the name of a file promises.
pub fn format_by_name(path: &Path) -> NameFormat {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    match ending.to_lowercase().as_str() {
        "htm" => NameFormat::Report(ReportFormat::Html),
        other if OTHER_ENDINGS.contains(&other) => NameFormat::Other,
        other => {
            let report = ReportFormat::from_str(other, false);
            report.map_or(NameFormat::Unknown, NameFormat::Report)
        }
    }
}

/// The form of the report that `--output` names: as it was said, else as its name says.
///
/// # Errors
/// Wrong usage: a name of another form, or of none that is written.
pub fn format_of(
    output: Option<&Path>,
    said: Option<ReportFormat>,
) -> Result<ReportFormat, Failure> {
    let Some(path) = output else {
        return Ok(said.unwrap_or(ReportFormat::Csv));
    };
    let refused = |text: String| {
        Err(Failure::usage(format!(
            "--output {}: {text}",
            path.display()
        )))
    };
    match (format_by_name(path), said) {
        (NameFormat::Other, _) => refused(
            "a report is CSV, JSON or HTML: use a name that ends in .csv, .json or .html".into(),
        ),
        (NameFormat::Report(form), Some(said)) if form != said => refused(format!(
            "--format {0} does not fit this name: leave it out, or use a name that ends in .{0}",
            said.ending()
        )),
        (NameFormat::Report(form), _) => Ok(form),
        (NameFormat::Unknown, said) => Ok(said.unwrap_or(ReportFormat::Csv)),
    }
}

impl ReportFormat {
    /// How a name of this form ends, without the dot.
    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Html => "html",
        }
    }
}
