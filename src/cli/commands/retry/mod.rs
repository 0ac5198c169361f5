//! `retry`: a report's failed and pending rows tried again, from its ledger or without one.

pub mod from_ledger;
pub mod without_ledger;
