//! A file becomes records: opened and watched ([`InputFile`]), its columns recognised
//! ([`ColumnName`]), its rows read as [`crate::job::Record`]s, every problem with its place.
//!
//! Files are read as a stream, twice: once for the hash, once for the rows.

mod address_column;
mod collapsed_columns;
mod column_name;
mod columns;
mod csv_header;
mod csv_scan;
mod csv_text;
mod detect_dialect;
mod error;
mod exclude_list;
mod guess;
mod input_bytes;
mod input_file;
mod input_format;
mod json_members;
mod json_reader;
mod json_record;
mod json_record_value;
mod json_stream;
mod json_value;
mod mapped_rows;
mod mapping;
mod open_report;
mod problems;
mod read_list;
mod reader;
mod record_checker;
mod report_detection;
mod report_reader;
mod row;
mod unknown_encoding;
mod unnumbered_signer;
mod workbook;

use columns::Columns;

pub use address_column::AddressColumns;
pub use column_name::ColumnName;
pub use error::ManifestError;
pub use exclude_list::{ExcludeList, read_exclude_list};
pub use guess::{DraftNames, ListFacts, MappingDraft, SourceSession, SourceSigner, draft_mapping};
pub use input_file::{InputFile, STANDARD_INPUT};
pub use input_format::{Format, InputOptions};
pub use mapping::{FilledCell, ListMapping, Mapping, MappingError, list_header};
pub use problems::{Problem, Problems};
pub use read_list::ListError;
pub use record_checker::{ReadOptions, ReadSummary};
pub use report_reader::{
    ReportInputLine, has_report_header, is_collapsed_report, is_json_report, is_report_workbook,
    is_workbook, manifest_columns, read_report, suspected_misspellings,
};
pub use row::{constant_problem, text_problem};
pub use unnumbered_signer::UnnumberedHeaderRule;
