//! A file becomes records: opened and watched ([`Manifest`]), its columns recognised
//! ([`Columns`]), its rows read as [`crate::job::Record`]s, every problem told with its place.
//!
//! Files are read as a stream, twice: once for the hash, once for the rows.

mod address_column;
mod collapsed_columns;
mod column_name;
mod columns;
mod csv_dialect;
mod csv_format;
mod csv_header;
mod csv_scan;
mod error;
mod json_columns;
mod json_element;
mod json_format;
mod json_record;
mod json_stream;
mod json_value;
mod open;
mod reader;
mod report_detection;
mod report_reader;
mod row;
mod row_validation;
mod unnumbered_signer;

pub use address_column::AddressColumns;
pub use column_name::ColumnName;
pub use columns::Columns;
pub use error::{ManifestError, Problem, Problems};
pub use open::{Format, Manifest, STANDARD_INPUT};
pub use reader::{ReadOptions, Summary};
pub use report_reader::{
    ReportInputLine, has_report_header, is_collapsed_report, manifest_columns, read_report,
    renamed_columns,
};
pub use row::{constant_problem, text_problem};
pub use unnumbered_signer::UnnumberedHeaders;
