//! One run from its lock to its last words, for whatever input it has.

pub mod execute;
mod finish;
pub mod lock;
mod rescue;
pub mod with_metrics;
