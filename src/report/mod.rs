//! The ledger's lines as a file for people and spreadsheets. Knows nothing of how they came about.

mod cells;
mod csv_report;
mod html;
mod json_report;
mod summary;

pub use csv_report::CsvReport;
pub use html::{HTML_REPORT_START, HtmlFacts, HtmlReport, HtmlSurvey};
pub use json_report::JsonReport;
pub use summary::counts_line;
