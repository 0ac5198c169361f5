//! What a run is about to do: the rows that it sends, and the uncertain ones that it settles.

use rusqlite::Connection;

use super::error::LedgerError;
use super::open::Ledger;
use super::sql_types::{Statements, fields};
use super::writer::planned;
use crate::executor::Job;
use crate::job::{Fields, SessionId};

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
        Ok(self.connection.value("SELECT count(*) FROM work", [])?)
    }

    /// The first rows that are planned to be sent.
    ///
    /// # Errors
    /// When SQLite fails or the ledger is damaged.
    pub fn planned_jobs(&self, limit: usize) -> Result<Vec<Job>, LedgerError> {
        let rows = planned(&self.connection, &mut 0, limit)?;
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
        Ok(self.connection.value(sql, [])?)
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
    /// distinguished from the others by a look-up. Returns each such transaction id with its rows' count.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn indistinct_rows(&self) -> Result<Vec<(String, u64)>, LedgerError> {
        let found = self.connection.list(
            "SELECT transaction_id, count(*) FROM work JOIN rows ON rows.id = work.row
             GROUP BY transaction_id, json_extract(fields, '$.title') HAVING count(*) > 1
             ORDER BY transaction_id LIMIT 20",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        );
        Ok(found?)
    }

    /// The distinct source sessions of the planned rows, in the order of their first row, and how
    /// many rows each has.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn planned_sources(&self) -> Result<Vec<(SessionId, u64)>, LedgerError> {
        // Only a ledger that is thrown away is asked for its rows by source; others need no such index.
        self.connection.execute_batch(
            "CREATE INDEX IF NOT EXISTS rows_of_source ON rows (substr(audience, 1, 36))",
        )?;
        let found = self.connection.list(
            "SELECT substr(audience, 1, 36), count(*) FROM work JOIN rows ON rows.id = work.row
             GROUP BY 1 ORDER BY min(work.position)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        );
        Ok(found?)
    }

    /// Gives the planned rows of one source to `take`: the line, and the known cells.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn rows_of_source(
        &self,
        source: SessionId,
        mut take: impl FnMut(u64, &Fields),
    ) -> Result<(), LedgerError> {
        self.connection.each(
            "SELECT (SELECT min(line) FROM records WHERE records.row = rows.id) AS line, fields
             FROM rows JOIN work ON work.row = rows.id
             WHERE substr(rows.audience, 1, 36) = ?1 ORDER BY work.position",
            [source],
            |row| {
                take(row.get("line")?, &fields(row)?);
                Ok(())
            },
        )
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
