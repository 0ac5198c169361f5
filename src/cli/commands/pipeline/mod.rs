//! One run from its lock to its last words, whatever its input is: `run`, `retry` and the recovery each
//! prepare a ledger, the rest is the same.

mod confirmation;
mod displaced_ledger;
mod execute;
mod finalize;
mod pipeline_context;
mod reasons;
mod run;
mod run_report;
mod stale_pages;
mod start_messages;
mod with_metrics;

pub use pipeline_context::{PipelineContext, PreparedLedger};
pub use run::run;
pub use run_report::{RunReport, edited_report};
pub use stale_pages::{pages_of, stale_page};
