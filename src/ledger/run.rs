//! The runs of a ledger: how one begins, and what is kept of it.

use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::writer::planned;
use super::{Ledger, LedgerError};
use crate::executor::Job;
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

/// Which uncertain rows a run settles.
#[derive(Debug, Clone, Copy)]
pub enum Unsettled<'a> {
    /// Those of a manifest.
    OfManifest(&'a str),
    /// Those of the report that was taken back.
    OfReport,
}

impl Ledger {
    /// Plans the work of `run`: every pending row among the manifest's records, in their order.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn plan_manifest(&mut self, manifest: &str) -> Result<u64, LedgerError> {
        create_work(&self.connection)?;
        self.connection.execute(
            "INSERT INTO work (row)
             SELECT records.row FROM records
             JOIN manifests ON manifests.id = records.manifest
             JOIN rows ON rows.id = records.row
             WHERE manifests.name = ?1 AND rows.status = 'pending'
             GROUP BY records.row ORDER BY min(records.number)",
            [manifest],
        )?;
        self.planned()
    }

    /// How many rows are planned to be sent.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn planned(&self) -> Result<u64, LedgerError> {
        let count = self
            .connection
            .query_row("SELECT count(*) FROM work", [], |row| row.get(0));
        Ok(count?)
    }

    /// The first rows that are planned to be sent.
    ///
    /// # Errors
    /// When SQLite fails or the ledger is damaged.
    pub fn planned_jobs(&self, limit: usize) -> Result<Vec<Job>, LedgerError> {
        let (rows, _) = planned(&self.connection, 0, limit)?;
        Ok(rows.into_iter().filter_map(Result::ok).collect())
    }

    /// How many planned rows ask for invites: their signers get mail once the copies are started.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn planned_invites(&self) -> Result<u64, LedgerError> {
        let sql = "SELECT count(*) FROM work JOIN rows ON rows.id = work.row
                   WHERE lower(json_extract(fields, '$.send_signer_invites'))
                       IN ('true', 'yes', '1')";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

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
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let text = "the run that sent it ended before its answer was recorded";
        let interrupted = interrupt(&transaction, None, text, now)?;
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

    /// Plans to settle what earlier runs left uncertain, in the order in which it was sent.
    /// Returns how many rows that is.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn plan_settling(&mut self, which: &Unsettled<'_>) -> Result<u64, LedgerError> {
        const CREATE: &str = "PRAGMA temp_store = FILE;
            DROP TABLE IF EXISTS temp.unsettled;
            CREATE TEMP TABLE unsettled
                (position INTEGER PRIMARY KEY, row INTEGER NOT NULL UNIQUE,
                 is_wanted INTEGER NOT NULL, is_changed INTEGER NOT NULL,
                 is_reported INTEGER NOT NULL) STRICT;";
        // Known only from a report, and never sent by this ledger.
        const IS_REPORTED: &str = "EXISTS (SELECT 1 FROM taken_over WHERE taken_over.row = rows.id)
            AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.row = rows.id)";
        // What a manifest no longer has is not worked on.
        const OF_MANIFEST: &str = "INSERT INTO unsettled (row, is_wanted, is_changed, is_reported)
            SELECT id, 1, EXISTS (SELECT 1 FROM changed WHERE changed.row = rows.id), {IS_REPORTED}
            FROM rows WHERE status = 'uncertain' AND id IN (
                SELECT records.row FROM records JOIN manifests ON manifests.id = manifest
                    WHERE manifests.name = ?1)
            ORDER BY 4 DESC, first_sent_at, id";
        // A row that no manifest has any more, or has with other content, can be looked up, but
        // what it was is not sent again.
        const OF_REPORT: &str = "INSERT INTO unsettled (row, is_wanted, is_changed, is_reported)
            SELECT rows.id, EXISTS (SELECT 1 FROM records WHERE records.row = rows.id),
                reported.is_changed OR EXISTS (SELECT 1 FROM changed WHERE changed.row = rows.id),
                {IS_REPORTED}
            FROM rows JOIN reported ON reported.row = rows.id
            WHERE status = 'uncertain' ORDER BY 4 DESC, first_sent_at, id";
        self.connection.execute_batch(CREATE)?;
        let filled = |sql: &str| sql.replace("{IS_REPORTED}", IS_REPORTED);
        let planned = match which {
            Unsettled::OfManifest(name) => self.connection.execute(&filled(OF_MANIFEST), [name])?,
            Unsettled::OfReport => self.connection.execute(&filled(OF_REPORT), [])?,
        };
        Ok(planned as u64)
    }

    /// Planned rows that share both transaction id and title: an uncertain one among them can't be
    /// told from the others by a look-up. Returns each such transaction id with its rows' count.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn indistinct_rows(&self) -> Result<Vec<(String, u64)>, LedgerError> {
        let mut statement = self.connection.prepare(
            "SELECT transaction_id, count(*) FROM work JOIN rows ON rows.id = work.row
             GROUP BY transaction_id, json_extract(fields, '$.title') HAVING count(*) > 1
             ORDER BY transaction_id LIMIT 20",
        )?;
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
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
        let trouble = ended.trouble.map(StopKind::as_str);
        self.connection.execute(
            "UPDATE runs SET ended_at = ?2, exit_code = ?3, stop = ?4, trouble = ?5 WHERE id = ?1",
            (
                run,
                now.as_millisecond(),
                ended.exit_code,
                ended.stop,
                trouble,
            ),
        )?;
        Ok(())
    }
}

/// The rows of this run, in the order in which they are claimed; temporary.
pub(super) fn create_work(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA temp_store = FILE;
         DROP TABLE IF EXISTS temp.work;
         CREATE TEMP TABLE work (position INTEGER PRIMARY KEY, row INTEGER NOT NULL UNIQUE) STRICT;",
    )
}

/// Turns rows found `sending` (one, or all) into uncertain ones. Returns how many.
pub(super) fn interrupt(
    connection: &Connection,
    row: Option<i64>,
    text: &str,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    connection.execute(
        "UPDATE attempts SET ended_at = ?3, class = 'unknown', text = ?2
         WHERE ended_at IS NULL AND (?1 IS NULL OR row = ?1)
           AND row IN (SELECT id FROM rows WHERE status = 'sending')",
        (row, text, now.as_millisecond()),
    )?;
    let changed = connection.execute(
        "UPDATE rows SET status = 'uncertain', error_class = 'unknown', error = ?2,
            http_status = NULL, finished_at = ?3,
            ended_after = (SELECT max(id) FROM attempts)
         WHERE status = 'sending' AND (?1 IS NULL OR id = ?1)",
        (row, text, now.as_millisecond()),
    )?;
    Ok(changed as u64)
}
