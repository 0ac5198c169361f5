//! One run from its lock to its last words, whatever its input is: `run`, `retry` and the recovery each
//! prepare a ledger, the rest is the same.

mod displaced_ledger;
mod execute;
mod finalize;
mod run;
mod run_context;
mod run_report;
mod start_messages;
mod with_metrics;

pub use run::run;
pub use run_context::{PreparedLedger, RunContext};
