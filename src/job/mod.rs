//! The words of the domain, as plain types: no I/O, no async, no clock.
//!
//! A manifest's record becomes [`Fields`], the known cells of a row. From them come the row's
//! identity ([`RowId`], [`ContentHash`]) and, once they are valid, the
//! [`CopyRequest`] that is sent. [`Status`] and [`ErrorClass`] say how a row stands,
//! [`AttemptOutcome`] how one attempt ended, and [`ReportLine`] is what a report shows of a record,
//! in the columns of [`REPORT_COLUMNS`].

mod cell_equivalence;
mod cell_kind;
mod column;
mod copy_request;
mod csv_dialect;
mod exclusion;
mod fields;
mod ids;
mod manifest_facts;
mod normalised;
mod outcome;
mod record;
mod report_columns;
mod report_line;
mod row_counts;
mod row_name;
mod spreadsheet_damage;
mod spreadsheet_formula;
mod taken_cells;
mod text;
mod title_match;

pub use cell_equivalence::CellEquivalence;
pub use cell_kind::{CellValue, EXPIRES_DAYS_AHEAD, expires_on_problem, is_email};
pub use column::{Column, RequestObject, SIGNERS, SignerColumn, signer_number};
pub use copy_request::{CopyRequest, FieldProblem, Signer};
pub use csv_dialect::{CsvDialect, SEPARATORS};
pub use exclusion::Exclusion;
pub use fields::{ContentHash, Fields};
pub use ids::{InvalidId, RowId, SessionId, TransactionId};
pub use manifest_facts::ManifestFacts;
pub use normalised::{is_same_name, normalised};
pub use outcome::{AttemptClass, AttemptOutcome, ErrorClass, RowState, Status, StopKind};
pub use record::{Record, SendProblem};
pub use report_columns::{
    REPORT_COLUMNS, REPORT_SIGNATURE, ReportCell, ReportColumn, is_report_column,
};
pub use report_line::ReportLine;
pub use row_counts::RowCounts;
pub use row_name::RowName;
pub use spreadsheet_damage::SpreadsheetDamage;
use spreadsheet_formula::without_formulas;
pub use taken_cells::{MappedCell, TakenCells};
pub use text::{
    AddressKey, DomainSlips, HeaderNames, Lookalike, RowWarning, canonical_address, is_mojibake_of,
    is_role_account, row_warnings, text_problems,
};
pub use title_match::{comparable_title, titles_match};
