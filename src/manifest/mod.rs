//! A file becomes records: opened and watched ([`Manifest`]), its columns recognised
//! ([`Columns`]), its rows read as [`crate::job::Record`]s, every problem told with its place.
//!
//! Files are read as a stream, twice: once for the hash, once for the rows.

mod columns;
mod csv_format;
mod dialect;
mod error;
mod header;
mod json_columns;
mod json_element;
mod json_format;
mod json_record;
mod json_stream;
mod json_value;
mod one_column;
mod open;
mod quotes;
mod reader;
mod report_file;
mod report_signs;
mod row;

pub use columns::{ColumnName, Columns};
pub use error::{ManifestError, Problem, Problems};
pub use header::normalised;
pub use open::{Format, Manifest, STANDARD_INPUT};
pub use reader::{ReadOptions, Summary};
pub use report_file::{
    ReportLineCells, has_report_header, is_report_in_one_column, manifest_columns, read_report,
    renamed_columns,
};
pub use row::text_problem;
