//! What the metrics say of a job, read from its ledger.

use std::path::Path;

use jiff::Timestamp;

use crate::job::RowCounts;
use crate::ledger::{LedgerError, Totals, View};

/// How a job stands, as far as its ledger tells.
#[derive(Debug, Default)]
pub struct JobState {
    /// Whose rows are counted.
    pub manifest: String,
    /// How they stand.
    pub counts: RowCounts,
    /// What happened over all runs.
    pub totals: Totals,
    /// When the last run began.
    pub began_at: Option<Timestamp>,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub exit_code: Option<u8>,
}

impl JobState {
    /// Reads it from the ledger that this run works on, again and again. Where no manifest is known,
    /// that of the last run is meant.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub fn of_own_run(ledger: &Path, manifest: Option<&String>) -> Result<Self, LedgerError> {
        Self::of(&View::of_own_run(ledger)?, manifest)
    }

    /// Reads it from a ledger that may be anybody's; what can't be read is not known.
    pub fn of_any(ledger: &Path, manifest: Option<&String>) -> Self {
        let state = View::open(ledger).and_then(|view| Self::of(&view, manifest));
        state.unwrap_or_else(|_| Self::unknown(manifest))
    }

    fn of(view: &View, manifest: Option<&String>) -> Result<Self, LedgerError> {
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
    fn unknown(manifest: Option<&String>) -> Self {
        Self {
            manifest: manifest.cloned().unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The same, with a run that begins now and has left nothing in the ledger yet.
    pub fn of_begun_run(self, began_at: Timestamp) -> Self {
        Self {
            began_at: Some(began_at),
            ended_at: None,
            exit_code: None,
            ..self
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

#[cfg(test)]
mod tests {
    use crate::ledger::{Ledger, LedgerFacts};

    use super::*;

    /// To look through a ledger of a million rows takes seconds, and the numbers are read every
    /// fifteen.
    #[test]
    fn the_numbers_of_a_run_are_read_without_looking_through_its_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.ledger");
        let facts = LedgerFacts {
            endpoint: "sandbox".into(),
            manifest: None,
        };
        let nothing = |_: &mut Ledger| Ok::<(), LedgerError>(());
        let now = Timestamp::UNIX_EPOCH;
        let ledger = Ledger::begin(&path, &facts, now, nothing, || Ok(())).unwrap();
        ledger.close().unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        let dangling = "PRAGMA foreign_keys = OFF;
            INSERT INTO attempts (row, run, began_at) VALUES (1, 1, 0)";
        connection.execute_batch(dangling).unwrap();
        drop(connection);
        assert!(View::open(&path).is_err(), "whoever looks sees it");
        let state = JobState::of_own_run(&path, None).unwrap();
        assert_eq!(state.totals.attempts, [("in_flight".to_owned(), 1)]);
    }
}
