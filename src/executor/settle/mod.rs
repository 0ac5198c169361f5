//! Uncertain rows, looked up by their transaction id until they are copied or proven absent.

mod look;
mod matching;
mod proof;
mod proofs;
mod queue;
mod uncertain_row;

pub(super) use look::LookupResult;
pub(super) use matching::{SLACK, is_among};
pub(super) use proofs::Proofs;
pub(super) use queue::{Queue, next_look_up};
pub(super) use uncertain_row::{LookupReason, UncertainRow};
