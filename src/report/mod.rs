//! The ledger's lines as a file for people and spreadsheets. Knows nothing of how they came about.

mod csv_report;
mod summary;

pub use csv_report::CsvReport;
pub use summary::counts_line;
