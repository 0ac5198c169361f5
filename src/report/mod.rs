//! The ledger's lines as a file for people, spreadsheets and programs. Knows nothing of how they
//! came about.

mod columns;
mod csv_report;
mod html;
mod json_report;
mod reasons;

use std::io;

pub use csv_report::CsvReport;
pub use html::{HTML_REPORT_START, HtmlCommands, HtmlFacts, HtmlReport, HtmlSummary, page_marker};
pub use json_report::JsonReport;
pub use reasons::{Reason, Reasons};

use crate::job::ReportLine;

/// A report that is written line by line.
pub trait ReportWriter {
    /// Writes one line.
    ///
    /// # Errors
    /// When the file can't be written.
    fn line(&mut self, line: &ReportLine) -> io::Result<()>;

    /// Writes what is behind the lines.
    ///
    /// # Errors
    /// When the file can't be written.
    fn finish(&mut self) -> io::Result<()>;
}
