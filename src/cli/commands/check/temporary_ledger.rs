//! A ledger to throw away, in which `check` finds out what `run` or `retry` would do.

use std::path::Path;

use jiff::Timestamp;

use crate::cli::{Endpoint, Failure};
use crate::ledger::{Ledger, LedgerError, LedgerFacts, View};

/// A new one, of no job.
pub fn begin_unnamed<T>(
    path: &Path,
    import: impl FnOnce(&mut Ledger) -> Result<T, Failure>,
) -> Result<(Ledger, T), Failure> {
    let facts = LedgerFacts::of_endpoint("check".into());
    Ledger::begin(path, &facts, Timestamp::now(), import, || Ok(()))
}

/// A copy of a job's ledger, made also while a run works on it.
pub fn copy_of(
    ledger: &Path,
    endpoint: Option<&Endpoint>,
    copy: &Path,
) -> Result<Ledger, LedgerError> {
    let view = View::open(ledger)?;
    let asked = endpoint.map(Endpoint::identity);
    let facts = LedgerFacts {
        endpoint: view.require_endpoint(ledger, asked.as_deref())?,
        manifest: None,
    };
    view.copy_to(copy)?;
    Ledger::open_existing(copy, &facts)
}
