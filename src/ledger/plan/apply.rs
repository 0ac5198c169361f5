//! The writing half of an import.

use rusqlite::Connection;

/// Adds new rows, and gives pending and failed ones the content that the user changed: those in
/// `edited`.
pub(in crate::ledger) fn rows(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "UPDATE rows SET
            fields = new.fields, constants = new.constants, hash = new.hash,
            audience = new.audience, lookalike = new.lookalike, expires_on = new.expires_on,
            -- A ledger begun from a report has ids that another ledger generated.
            transaction_id = coalesce(new.transaction_id,
                iif(json_extract(rows.fields, '$.transaction_id') IS NULL, rows.transaction_id,
                    generated_transaction_id(rows.row_id))),
            status = iif(new.problem IS NULL, 'pending', 'failed'),
            error_class = iif(new.problem IS NULL, NULL, 'invalid'),
            error = coalesce(new.problem, ''), http_status = NULL, finished_at = NULL
         FROM edited JOIN incoming AS new ON new.number = edited.number
         WHERE rows.id = edited.row;

         INSERT INTO rows (row_id, fields, constants, hash, audience, lookalike, transaction_id,
            expires_on, status, error_class, error)
         SELECT row_id, fields, constants, hash, audience, lookalike,
            coalesce(transaction_id, generated_transaction_id(row_id)), expires_on,
            iif(problem IS NULL, 'pending', 'failed'), iif(problem IS NULL, NULL, 'invalid'),
            coalesce(problem, '')
         FROM incoming WHERE is_first AND row IS NULL ORDER BY number;

         UPDATE incoming SET row = (SELECT id FROM rows WHERE rows.row_id = incoming.row_id)
         WHERE row IS NULL;

         -- Only what the row really has: what a copied row was not sent with is not its content.
         INSERT OR IGNORE INTO contents (hash, row)
         SELECT incoming.hash, rows.id FROM incoming JOIN rows ON rows.id = incoming.row
         WHERE rows.hash = incoming.hash;",
    )
}

/// Replaces the manifest's records, and remembers the rows that it no longer has.
pub(in crate::ledger) fn records(connection: &Connection, manifest: i64) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT OR REPLACE INTO former (manifest, row, hash, other)
         SELECT manifest, row, hash, other FROM records
         WHERE manifest = ?1 AND row NOT IN (SELECT row FROM incoming)",
        [manifest],
    )?;
    connection.execute(
        "DELETE FROM former WHERE manifest = ?1 AND row IN (SELECT row FROM incoming)",
        [manifest],
    )?;
    connection.execute("DELETE FROM records WHERE manifest = ?1", [manifest])?;
    connection.execute(
        "INSERT INTO records (manifest, number, line, row, hash, other)
         SELECT ?1, number, line, row, hash, other FROM incoming ORDER BY number",
        [manifest],
    )?;
    connection.execute_batch("DROP TABLE temp.incoming")
}
