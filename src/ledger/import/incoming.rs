//! The records about to be imported, in a temporary table: a killed import leaves nothing.

use rusqlite::{Connection, named_params};

use crate::job::{Column, ContentHash, Fields, Lookalike, TakenCells};
use crate::ledger::sql_types::names_json;

/// One record of a list, or one line of a report, about to be imported.
pub(super) struct Incoming<'a> {
    pub(super) number: u64,
    pub(super) line: u64,
    pub(super) row_id: &'a str,
    /// Whether the row id is the record's own, and not made from its content.
    pub(super) is_keyed: bool,
    pub(super) fields: &'a Fields,
    /// The columns whose value came from `--set` or is a mapping's own.
    pub(super) constants: &'a [Column],
    /// What a mapping's templates took from the list's cells.
    pub(super) taken: &'a TakenCells,
    pub(super) hash: &'a ContentHash,
    pub(super) transaction_id: Option<&'a str>,
    pub(super) problem: Option<&'a str>,
    /// Its other cells, as a JSON object.
    pub(super) other: &'a str,
    /// The row's status, so far.
    pub(super) status: &'a str,
    /// Whether a report says something else than the ledger.
    pub(super) is_changed: bool,
}

const CREATE: &str = "
    PRAGMA temp_store = FILE;
    DROP TABLE IF EXISTS temp.incoming;
    DROP TABLE IF EXISTS temp.flaws;
    -- What refuses a record if it is about to be sent, cell by cell.
    CREATE TEMP TABLE flaws (
        number INTEGER NOT NULL,
        text TEXT NOT NULL,
        is_constant INTEGER NOT NULL
    ) STRICT;
    CREATE TEMP TABLE incoming (
        number INTEGER PRIMARY KEY,
        line INTEGER NOT NULL,
        row_id TEXT NOT NULL,
        keyed INTEGER NOT NULL,
        fields TEXT NOT NULL,
        constants TEXT NOT NULL,
        taken TEXT,
        seal BLOB,
        hash BLOB NOT NULL,
        audience TEXT NOT NULL,
        is_signed INTEGER NOT NULL,
        lookalike BLOB,
        transaction_id TEXT,
        expires_on TEXT,
        problem TEXT,
        other TEXT NOT NULL,
        status TEXT NOT NULL,
        is_changed INTEGER NOT NULL,
        row INTEGER,
        is_first INTEGER NOT NULL DEFAULT 0,
        -- What only a report knows whose ledger is lost.
        is_held_back INTEGER NOT NULL DEFAULT 0, -- excluded, and not to be sent
        new_session_id TEXT,
        error_class TEXT,
        error TEXT NOT NULL DEFAULT '',
        http_status INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        first_sent_at INTEGER,
        finished_at INTEGER
    ) STRICT;";

const ADD: &str = "
    INSERT INTO incoming (number, line, row_id, keyed, fields, constants, taken, seal, hash,
        audience, is_signed, lookalike, transaction_id, expires_on, problem, other, status, is_changed)
    VALUES (:number, :line, :row_id, :keyed, :fields, :constants, :taken, :seal, :hash,
        :audience, :is_signed, :lookalike, :transaction_id, :expires_on, :problem, :other, :status,
        :is_changed)";

/// Makes the table, empty. To be called outside of a transaction.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(CREATE)
}

impl Incoming<'_> {
    /// Adds it to the table.
    pub(super) fn add(&self, connection: &Connection) -> rusqlite::Result<()> {
        let lookalike = Lookalike::of(self.fields);
        let (fields, taken) = (self.fields.to_json(), self.taken.to_json());
        let seal = taken
            .as_deref()
            .map(|taken| TakenCells::seal(&fields, taken));
        connection.prepare_cached(ADD)?.execute(named_params! {
            ":number": self.number,
            ":line": self.line,
            ":row_id": self.row_id,
            ":keyed": self.is_keyed,
            ":fields": fields,
            ":constants": names_json(self.constants),
            ":taken": taken,
            ":seal": seal,
            ":hash": self.hash,
            ":audience": self.fields.audience().as_str(),
            ":is_signed": self.fields.names_signer(),
            ":lookalike": lookalike.as_ref().map(Lookalike::as_bytes),
            ":transaction_id": self.transaction_id,
            ":expires_on": self.fields.text(&Column::ExpiresOn),
            ":problem": self.problem,
            ":other": self.other,
            ":status": self.status,
            ":is_changed": self.is_changed,
        })?;
        Ok(())
    }
}

/// Finds each record's row: by its key, else by any content that a row has had.
pub(super) fn find_rows(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "UPDATE incoming SET row_id = coalesce(
            (SELECT rows.row_id FROM contents JOIN rows ON rows.id = contents.row
             WHERE contents.hash = incoming.hash
             ORDER BY rows.hash = incoming.hash DESC, rows.id LIMIT 1), row_id)
         WHERE NOT keyed;
         CREATE INDEX temp.incoming_row_id ON incoming (row_id, number);
         UPDATE incoming SET row = (SELECT id FROM rows WHERE rows.row_id = incoming.row_id);
         -- A row id made from this very content: the row had it first, also where a report gave
         -- the ledger only of a later one.
         INSERT OR IGNORE INTO contents (hash, row)
         SELECT hash, row FROM incoming WHERE NOT keyed AND row IS NOT NULL;
         CREATE INDEX temp.incoming_row ON incoming (row);
         UPDATE incoming SET is_first = 1
         WHERE number = (SELECT min(number) FROM incoming AS same
                         WHERE same.row_id = incoming.row_id);",
    )
}
