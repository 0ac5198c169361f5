//! What the ending of a file's name promises, and whether what is written keeps it.

use std::path::Path;

use crate::cli::args::ReportFormat;
use crate::cli::commands::shared::output_files::Written;
use crate::cli::exit::Failure;

/// What people and programs take a file for by its name, beside the forms of a report.
const OTHERS: [&str; 29] = [
    "7z", "bz2", "db", "doc", "docx", "fods", "gz", "jsonl", "md", "ndjson", "numbers", "ods",
    "odt", "parquet", "pdf", "rtf", "sqlite", "sqlite3", "tar", "xls", "xlsb", "xlsm", "xlsx",
    "xml", "xz", "yaml", "yml", "zip", "zst",
];

/// What a name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promise {
    Form(ReportFormat),
    Other,
    Nothing,
}

fn promise(path: &Path) -> Promise {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    match ending.to_lowercase().as_str() {
        "csv" => Promise::Form(ReportFormat::Csv),
        "json" => Promise::Form(ReportFormat::Json),
        "html" | "htm" => Promise::Form(ReportFormat::Html),
        other if OTHERS.contains(&other) => Promise::Other,
        _ => Promise::Nothing,
    }
}

/// The form of the report that `--output` names: as it was said, else as its name says.
///
/// # Errors
/// Wrong usage: a name of another form, or of none that is written.
pub fn form_of(output: Option<&Path>, said: Option<ReportFormat>) -> Result<ReportFormat, Failure> {
    let Some(path) = output else {
        return Ok(said.unwrap_or(ReportFormat::Csv));
    };
    let refused = |text: String| {
        Err(Failure::usage(format!(
            "--output {}: {text}",
            path.display()
        )))
    };
    match (promise(path), said) {
        (Promise::Other, _) => {
            refused("a report is CSV, JSON or HTML; name the file .csv, .json or .html".into())
        }
        (Promise::Form(form), Some(said)) if form != said => refused(format!(
            "--format {} contradicts this name; leave it out, or name the file {}",
            name(said),
            ending(said)
        )),
        (Promise::Form(form), _) => Ok(form),
        (Promise::Nothing, said) => Ok(said.unwrap_or(ReportFormat::Csv)),
    }
}

/// Refuses the name of a run's file that promises another form than what is written there.
///
/// # Errors
/// Wrong usage.
pub fn require_kept(what: Written, path: &Path) -> Result<(), Failure> {
    let (form, text) = match what {
        Written::Report => (
            Some(ReportFormat::Csv),
            "the report of a run is CSV; name it .csv. `esign-copy report --output` writes it as \
             JSON or HTML",
        ),
        Written::Page => (Some(ReportFormat::Html), "the page is HTML; name it .html"),
        Written::Metrics => (None, "metrics are text for Prometheus; name the file .prom"),
    };
    match promise(path) {
        Promise::Nothing => Ok(()),
        Promise::Form(promised) if Some(promised) == form => Ok(()),
        Promise::Form(_) | Promise::Other => {
            let (flag, path) = (what.flag(), path.display());
            Err(Failure::usage(format!("{flag} {path}: {text}")))
        }
    }
}

fn name(form: ReportFormat) -> &'static str {
    ending(form).trim_start_matches('.')
}

fn ending(form: ReportFormat) -> &'static str {
    match form {
        ReportFormat::Csv => ".csv",
        ReportFormat::Json => ".json",
        ReportFormat::Html => ".html",
    }
}
