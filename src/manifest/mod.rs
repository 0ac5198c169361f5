//! A file becomes records: opened and watched ([`Manifest`]), its columns recognised
//! ([`Columns`]), its rows read as [`crate::job::Record`]s, every problem told with its place.
//!
//! Files are read as a stream, twice: once for the hash, once for the rows.

mod address_column;
mod column_name;
mod columns;
mod csv_format;
mod csv_header;
mod dialect;
mod error;
mod header;
mod json_columns;
mod json_element;
mod json_format;
mod json_record;
mod json_stream;
mod json_value;
mod judging;
mod one_column;
mod open;
mod plain_signer;
mod quotes;
mod reader;
mod report_file;
mod report_signs;
mod row;

pub use address_column::AddressColumns;
pub use column_name::ColumnName;
pub use columns::Columns;
pub use error::{ManifestError, Problem, Problems};
pub use open::{Format, Manifest, STANDARD_INPUT};
pub use plain_signer::PlainHeaders;
pub use reader::{ReadOptions, Summary};
pub use report_file::{
    ReportLineCells, has_report_header, is_report_in_one_column, manifest_columns, read_report,
    renamed_columns,
};
pub use row::{constant_problem, text_problem};
