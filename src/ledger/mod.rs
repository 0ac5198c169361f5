//! The durable SQLite file that holds every row, attempt and outcome. Every report is rendered
//! from it.
//!
//! Rows are imported first ([`ManifestImport`], [`Corrections`]), so that a run only updates them. During
//! a run one thread owns the one writing connection ([`Writer`]) and commits what is queued in
//! groups; WAL with synchronous FULL makes each commit survive a power cut. [`RunLock`] keeps a
//! second run away. [`View`] reads, also while a run works.

mod address_limit;
mod attempt_watermark;
mod audit;
mod error;
mod exclusion;
mod import;
mod lock;
mod lock_file;
mod manifests;
mod named_row;
mod open;
mod other_ledgers;
mod plan;
mod plan_reached;
mod plan_summary;
mod plan_unsent;
mod reports;
mod resolve;
mod run;
mod sql_types;
mod totals;
mod view;
mod writer;

pub use error::{FileProblem, LedgerError};
pub use import::{
    CorrectedRow, Correction, CorrectionSummary, Corrections, DuplicateContent, ImportError,
    ImportOptions, ImportSummary, JudgedImport, ListColumns, ManifestImport, OwnCells, Recovery,
    RecoverySummary, Refill, Refusal, Remedy, ReportInput, ReportedRow, RespelledRows, RowSample,
    SkippedDuplicate,
};
pub use lock::{LockError, RunLock, holder_of};
pub use lock_file::Holder;
pub use open::{Ledger, LedgerFacts, is_ledger, rescued_beside, set_aside};
pub use other_ledgers::{OtherLedgers, SentElsewhere};
pub use plan::Unsettled;
pub use plan_reached::RepeatedAddress;
pub use plan_summary::{Occurrences, PlanOptions, PlanSummary};
pub use resolve::{Resolution, ResolveError, ResolvedRow};
pub use run::{RunEnded, RunFacts};
pub use totals::Totals;
pub use view::{ManifestView, RunView, View};
pub use writer::{Writer, WriterHandle};
