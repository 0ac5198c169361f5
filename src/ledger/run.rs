//! The runs of a ledger: how one begins, and what is kept of it.

use std::path::PathBuf;

use jiff::Timestamp;

use super::error::LedgerError;
use super::open::Ledger;
use super::writer::{RUN_DIED, interrupt};
use crate::job::StopKind;
use crate::support::crash_point;

/// What a ledger keeps of a run.
#[derive(Debug, Clone)]
pub struct RunFacts {
    /// The command as typed; nothing secret can stand there.
    pub command: String,
    /// Where its report is, whatever folder somebody asks from.
    pub report: PathBuf,
    /// The sessions' owner.
    pub username: Option<String>,
    /// Process id.
    pub pid: u32,
    /// Host name.
    pub host: String,
}

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub struct RunEnded<'a> {
    /// Its exit code.
    pub exit_code: u8,
    /// What stopped it, if something did, in words.
    pub stop: Option<&'a str>,
    /// What its user must know of before the next command.
    pub trouble: Option<StopKind>,
}

impl Ledger {
    /// Begins a run over the planned work, and settles what a dead run left: a row found
    /// `sending` is uncertain, because its request may have left. Returns the run's number and
    /// how many such rows there were.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn begin_run(
        &mut self,
        manifest: &str,
        facts: &RunFacts,
        now: Timestamp,
    ) -> Result<(i64, u64), LedgerError> {
        let transaction = self.transaction()?;
        let interrupted = interrupt(&transaction, None, RUN_DIED, now)?;
        transaction.execute(
            "INSERT INTO runs (manifest, command, report, username, pid, host, began_at)
             SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM manifests WHERE name = ?1",
            (
                manifest,
                &facts.command,
                facts.report.to_string_lossy(),
                &facts.username,
                facts.pid,
                &facts.host,
                now.as_millisecond(),
            ),
        )?;
        let run = transaction.last_insert_rowid();
        crash_point("run-uncommitted");
        transaction.commit()?;
        crash_point("run-begun");
        Ok((run, interrupted))
    }

    /// Records how a run ended.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn end_run(
        &mut self,
        run: i64,
        ended: &RunEnded<'_>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        crash_point("run-before-end");
        self.connection.execute(
            "UPDATE runs SET ended_at = ?2, exit_code = ?3, stop = ?4, trouble = ?5 WHERE id = ?1",
            (
                run,
                now.as_millisecond(),
                ended.exit_code,
                ended.stop,
                ended.trouble,
            ),
        )?;
        Ok(())
    }
}
