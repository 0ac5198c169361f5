//! What an import means for the rows that are there already: who is the same row, what is
//! refused, what changes. In SQL over the whole set, so that memory does not grow with it.

pub(super) mod apply;

use rusqlite::{Connection, Row};

use super::Refusal;

/// The records being imported; temporary, so that a killed import leaves nothing.
pub(super) const INCOMING: &str = "
    PRAGMA temp_store = FILE;
    DROP TABLE IF EXISTS temp.incoming;
    CREATE TEMP TABLE incoming (
        number INTEGER PRIMARY KEY,
        line INTEGER NOT NULL,
        row_id TEXT NOT NULL,
        keyed INTEGER NOT NULL,
        fields TEXT NOT NULL,
        constants TEXT NOT NULL,
        hash BLOB NOT NULL,
        audience TEXT NOT NULL,
        transaction_id TEXT,
        expires_on TEXT,
        problem TEXT,
        other TEXT NOT NULL,
        row INTEGER,
        is_first INTEGER NOT NULL DEFAULT 0
    ) STRICT;";

pub(super) const ADD: &str = "
    INSERT INTO incoming (number, line, row_id, keyed, fields, constants, hash, audience,
        transaction_id, expires_on, problem, other)
    VALUES (:number, :line, :row_id, :keyed, :fields, :constants, :hash, :audience,
        :transaction_id, :expires_on, :problem, :other)";

/// Finds each record's row: by its key, else by any content that a row has had.
pub(super) fn resolve(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "UPDATE incoming SET row_id = coalesce(
            (SELECT rows.row_id FROM contents JOIN rows ON rows.id = contents.row
             WHERE contents.hash = incoming.hash ORDER BY rows.id LIMIT 1), row_id)
         WHERE NOT keyed;
         CREATE INDEX temp.incoming_row_id ON incoming (row_id, number);
         UPDATE incoming SET row = (SELECT id FROM rows WHERE rows.row_id = incoming.row_id);
         CREATE INDEX temp.incoming_row ON incoming (row);
         UPDATE incoming SET is_first = 1
         WHERE number = (SELECT min(number) FROM incoming AS same
                         WHERE same.row_id = incoming.row_id);",
    )
}

/// Records that stand for a row which an earlier record stands for too.
pub(super) fn duplicates(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        "SELECT again.line, again.row_id, first.line, again.keyed
         FROM incoming AS again
         JOIN incoming AS first ON first.row_id = again.row_id AND first.is_first
         WHERE NOT again.is_first ORDER BY again.number",
        |row| {
            let (row_id, first): (String, i64) = (row.get(1)?, row.get(2)?);
            let what = if row.get(3)? {
                format!("the row id '{row_id}' stands at {first} already")
            } else {
                format!("the same row stands at {first} already")
            };
            let text = format!(
                "{what}; give each its own row_id if both are meant, or say --duplicates skip to \
                 send it once"
            );
            Ok(Refusal {
                line: row.get(0)?,
                text,
                is_change: false,
            })
        },
    )
}

/// Rows that were sent, or may have been, and now stand for other people or another session.
pub(super) fn changed_after_copying(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        "SELECT incoming.line, rows.row_id, rows.status
         FROM incoming JOIN rows ON rows.id = incoming.row
         WHERE incoming.is_first
           AND rows.status IN ('copied', 'uncertain', 'sending')
           AND rows.audience <> incoming.audience
           AND NOT EXISTS (SELECT 1 FROM contents
                           WHERE contents.hash = incoming.hash AND contents.row = rows.id)
         ORDER BY incoming.number",
        |row| {
            let (row_id, status): (String, String) = (row.get(1)?, row.get(2)?);
            let text = format!(
                "row '{row_id}' is {} and now names another session or other e-mail addresses; \
                 it would not be sent again. Give a new copy a new row_id",
                shown_status(&status)
            );
            Ok(Refusal {
                line: row.get(0)?,
                text,
                is_change: true,
            })
        },
    )
}

/// New rows for the same people and session as a copied or uncertain row that vanished: an edit
/// that would copy them a second time.
pub(super) fn reappeared(connection: &Connection, manifest: i64) -> rusqlite::Result<Vec<Refusal>> {
    connection.execute_batch(
        "DROP TABLE IF EXISTS temp.vanished;
         CREATE TEMP TABLE vanished (audience TEXT, row_id TEXT, status TEXT) STRICT;",
    )?;
    connection.execute(
        "INSERT INTO vanished
         SELECT rows.audience, rows.row_id, rows.status FROM rows
         WHERE rows.status IN ('copied', 'uncertain', 'sending')
           AND (rows.id IN (SELECT row FROM records WHERE manifest = ?1)
                OR rows.id IN (SELECT row FROM former WHERE manifest = ?1))
           AND NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.row = rows.id)",
        [manifest],
    )?;
    connection.execute_batch("CREATE INDEX temp.vanished_audience ON vanished (audience)")?;
    refusals(
        connection,
        "SELECT incoming.line, vanished.row_id, vanished.status
         FROM incoming JOIN vanished ON vanished.audience = incoming.audience
         WHERE incoming.is_first AND incoming.row IS NULL
         GROUP BY incoming.number ORDER BY incoming.number",
        |row| {
            let (row_id, status): (String, String) = (row.get(1)?, row.get(2)?);
            let text = format!(
                "this row is new, but row '{row_id}', for the same session and e-mail addresses, \
                 is {} and gone from the manifest; sending it could copy the same people twice",
                shown_status(&status)
            );
            Ok(Refusal {
                line: row.get(0)?,
                text,
                is_change: true,
            })
        },
    )
}

/// `sending` is the ledger's own word; people know it as uncertain.
fn shown_status(status: &str) -> &str {
    if status == "sending" {
        "uncertain"
    } else {
        status
    }
}

fn refusals(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<Refusal>,
) -> rusqlite::Result<Vec<Refusal>> {
    connection.prepare(sql)?.query_map([], read)?.collect()
}
