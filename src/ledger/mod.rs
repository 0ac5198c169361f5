//! The durable SQLite file that holds every row, attempt and outcome. Every report is rendered
//! from it.
//!
//! Rows are imported first ([`ManifestImport`], [`Corrections`]), so that a run only updates them. During
//! a run one thread owns the one writing connection ([`Writer`]) and commits what is queued in
//! groups; WAL with synchronous FULL makes each commit survive a power cut. [`RunLock`] keeps a
//! second run away. [`View`] reads, also beside a working run.

mod audit;
mod columns;
mod corrections;
mod dialect;
mod error;
mod import;
mod lock;
mod lock_file;
mod mark;
mod open;
mod other_ledgers;
mod plan;
mod plan_summary;
mod recovery;
mod reports;
mod resolve;
mod run;
mod sources;
mod totals;
mod view;
mod writer;

pub use corrections::{
    CorrectedRow, Correction, CorrectionSummary, Corrections, RespelledRows, RowSample,
};
pub use error::LedgerError;
pub use import::{
    ImportOptions, ImportSummary, ListColumns, ManifestImport, Refusal, Remedy, SkippedDuplicate,
};
pub use lock::{Holder, LockError, RunLock, holder_of};
pub use open::{Ledger, LedgerFacts, is_ledger, rescued_beside, set_aside};
pub use other_ledgers::{OtherLedgers, SentElsewhere};
pub use plan::DuplicateContent;
pub use plan_summary::{Occurrences, PlanOptions, PlanSummary};
pub use recovery::{Recovery, RecoveryOptions, RecoverySummary, ReportedRow};
pub use resolve::Resolution;
pub use run::{RunEnded, RunFacts, Unsettled};
pub use totals::Totals;
pub use view::{ManifestView, RunView, View};
pub use writer::{Unrecorded, Writer, WriterHandle};
