//! One run from its lock to its last words, whatever its input is: `run`, `retry` and the recovery each
//! prepare a ledger, the rest is the same.

mod announce;
mod execute;
mod finish;
mod prepare;
mod report_file;
mod rescue;
mod run;
mod with_metrics;

pub use prepare::{PreparedLedger, RunContext};
pub use run::run;
