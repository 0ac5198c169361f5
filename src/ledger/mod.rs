//! The durable SQLite file that holds every row, attempt and outcome. Every report is rendered
//! from it.
//!
//! Rows are imported first ([`Import`], [`Corrections`]), so that a run only updates them. During
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
mod reports;
mod resolve;
mod run;
mod sources;
mod take_over;
mod totals;
mod view;
mod writer;

pub use corrections::{Changed, Corrected, Correction, Corrections, Ignored, Respelt};
pub use error::LedgerError;
pub use import::{
    Import, ImportOptions, Imported, ListColumns, ManifestFacts, Refusal, Skipped, Way,
};
pub use lock::{Holder, LockError, RunLock, holder_of};
pub use open::{Ledger, LedgerFacts, is_ledger, rescued_beside, set_aside};
pub use other_ledgers::{OtherLedgers, SentElsewhere};
pub use plan::Twins;
pub use plan_summary::{Doubt, PlanOptions, PlanSummary};
pub use resolve::Resolution;
pub use run::{RunEnded, RunFacts, Unsettled};
pub use take_over::{Reported, TakeOver, TakeOverOptions, TakenOver};
pub use totals::Totals;
pub use view::{Counts, ManifestView, RunView, View};
pub use writer::{Unrecorded, Writer, WriterHandle};
