//! What comes into a ledger: a list ([`ManifestImport`]), a report with corrections
//! ([`Corrections`]), or a report whose ledger is lost ([`Recovery`]).
//!
//! All three take the same steps. Records go into a temporary table (`incoming`), which finds the
//! row that each of them stands for; `to_send` says which are about to be sent; `rules` judge them
//! in SQL over the whole set, so that memory does not grow with it; `apply` writes. What is refused
//! has its line ([`Refusal`]), and one transaction commits all or nothing.

mod apply;
mod correction;
mod correction_summary;
mod corrections;
mod duplicate_content;
mod incoming;
mod list_columns;
mod manifest;
mod options;
mod own_cells;
mod recovery;
mod refusal;
mod report;
mod reported_row;
mod rules;
mod to_send;

pub use correction::{Correction, OwnCells};
pub use correction_summary::{CorrectedRow, CorrectionSummary, RespelledRows, RowSample};
pub(super) use corrections::CREATE_REPORTED;
pub use corrections::Corrections;
pub use duplicate_content::DuplicateContent;
pub use list_columns::ListColumns;
pub use manifest::{ImportSummary, JudgedImport, ManifestImport};
pub use options::ImportOptions;
pub use own_cells::Refill;
pub use recovery::{Recovery, RecoverySummary};
pub(super) use refusal::require_none;
pub use refusal::{ImportError, Refusal, Remedy};
pub use report::ReportInput;
pub use reported_row::ReportedRow;
pub use rules::SkippedDuplicate;
pub(super) use rules::{ConstantProblems, read_request};
