use std::path::Path;

use jiff::Timestamp;

use crate::ledger::{Counts, LedgerError, Totals, View};

/// How a job stands, as far as its ledger tells.
#[derive(Debug, Default)]
pub struct Standing {
    /// Whose rows are counted.
    pub manifest: String,
    /// How they stand.
    pub counts: Counts,
    /// What happened over all runs.
    pub totals: Totals,
    /// When the last run began.
    pub began_at: Option<Timestamp>,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub exit_code: Option<u8>,
}

impl Standing {
    /// Reads it from a ledger. Where no manifest is known, that of the last run is meant.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub fn of(ledger: &Path, manifest: Option<&String>) -> Result<Self, LedgerError> {
        let view = View::open(ledger)?;
        let run = view.runs(1)?.into_iter().next();
        let name = manifest.or(run.as_ref().map(|run| &run.manifest));
        let name = name.cloned().unwrap_or_default();
        let known = view.manifest(&name)?;
        let counts = known.map(|manifest| view.counts(&manifest)).transpose()?;
        Ok(Self {
            manifest: name,
            counts: counts.unwrap_or_default(),
            totals: view.totals()?,
            began_at: run.as_ref().map(|run| run.began_at),
            ended_at: run.as_ref().and_then(|run| run.ended_at),
            exit_code: run.and_then(|run| run.exit_code),
        })
    }

    /// That of a job whose ledger is not there or can't be read.
    pub fn unknown(manifest: Option<&String>) -> Self {
        Self {
            manifest: manifest.cloned().unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The same, with a run that ended with a failure: it may have left nothing in the ledger.
    pub fn of_failed_run(self, began_at: Timestamp, ended_at: Timestamp, exit_code: u8) -> Self {
        Self {
            began_at: Some(began_at),
            ended_at: Some(ended_at),
            exit_code: Some(exit_code),
            ..self
        }
    }
}
