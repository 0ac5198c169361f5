//! How a job stands, as far as its ledger knows.

use jiff::Timestamp;

use crate::job::RowCounts;
use crate::ledger::{LedgerError, Totals, View};

/// What the metrics say of a job.
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
    /// Reads it. Where no manifest is known, that of the last run is meant.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub fn read(view: &View, manifest: Option<&String>) -> Result<Self, LedgerError> {
        let run = view.last_run(None)?;
        let name = manifest.or(run.as_ref().map(|run| &run.manifest));
        let manifest = name.cloned().unwrap_or_default();
        Ok(Self {
            counts: view.counts_of(&manifest)?,
            totals: view.totals()?,
            began_at: run.as_ref().map(|run| run.began_at),
            ended_at: run.as_ref().and_then(|run| run.ended_at),
            exit_code: run.and_then(|run| run.exit_code),
            manifest,
        })
    }

    /// That of a job whose ledger is not there or can't be read.
    pub fn unknown(manifest: Option<&String>) -> Self {
        Self {
            manifest: manifest.cloned().unwrap_or_default(),
            ..Self::default()
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
        let (ledger, ()) = Ledger::begin(&path, &facts, now, nothing, || Ok(())).unwrap();
        ledger.close().unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        let dangling = "PRAGMA foreign_keys = OFF;
            INSERT INTO attempts (row, run, began_at) VALUES (1, 1, 0)";
        connection.execute_batch(dangling).unwrap();
        drop(connection);
        assert!(View::open(&path).is_err(), "whoever looks sees it");
        let state = JobState::read(&View::of_own_run(&path).unwrap(), None).unwrap();
        assert_eq!(state.totals.attempts, [("in_flight".to_owned(), 1)]);
    }
}
