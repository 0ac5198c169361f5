//! The writing half of an import, the same for lists and reports.

use rusqlite::Connection;

/// Gives the rows in `edited` the content of their record, adds those that are new, and notes which
/// contents they have had.
pub(super) fn contents(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "UPDATE rows SET
            fields = new.fields, constants = new.constants, taken = new.taken, seal = new.seal,
            hash = new.hash,
            audience = new.audience, lookalike = new.lookalike, expires_on = new.expires_on,
            -- A ledger begun from a report has ids that another ledger generated.
            transaction_id = coalesce(new.transaction_id,
                iif(json_extract(rows.fields, '$.transaction_id') IS NULL, rows.transaction_id,
                    generated_transaction_id(rows.row_id)))
         FROM edited JOIN incoming AS new ON new.number = edited.number
         WHERE rows.id = edited.row;

         INSERT INTO rows (row_id, fields, constants, taken, seal, hash, audience, lookalike, transaction_id,
            expires_on, status, new_session_id, error_class, error, http_status, attempts,
            first_sent_at, finished_at)
         SELECT row_id, fields, constants, taken, seal, hash, audience, lookalike,
            coalesce(transaction_id, generated_transaction_id(row_id)), expires_on,
            iif(problem IS NULL, status, 'failed'), new_session_id,
            iif(problem IS NULL, error_class, 'invalid'), coalesce(problem, error), http_status,
            attempts, first_sent_at, finished_at
         FROM incoming WHERE is_first AND row IS NULL ORDER BY number;

         UPDATE incoming SET row = (SELECT id FROM rows WHERE rows.row_id = incoming.row_id)
         WHERE row IS NULL;

         -- Only what the row really has: what a copied row was not sent with is not its content.
         INSERT OR IGNORE INTO contents (hash, row)
         SELECT incoming.hash, rows.id FROM incoming JOIN rows ON rows.id = incoming.row
         WHERE rows.hash = incoming.hash;",
    )
}

/// Begins anew with the rows that a list has edited: what became of their last try is over.
pub(super) fn statuses_of_list(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "UPDATE rows SET
            status = iif(new.problem IS NULL, 'pending', 'failed'),
            error_class = iif(new.problem IS NULL, NULL, 'invalid'),
            error = coalesce(new.problem, ''), http_status = NULL, finished_at = NULL,
            is_over_limit = NULL
         FROM edited JOIN incoming AS new ON new.number = edited.number
         WHERE rows.id = edited.row;",
    )
}

/// Plans the rows of a report that are about to be sent, and fails those that can't be.
pub(super) fn statuses_of_report(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "UPDATE rows SET status = 'failed', error_class = 'invalid', error = new.problem
         FROM incoming AS new WHERE rows.id = new.row AND new.problem IS NOT NULL;
         UPDATE rows SET status = 'pending', is_over_limit = NULL
         WHERE id IN (SELECT row FROM to_send);
         INSERT INTO work (row) SELECT row FROM to_send ORDER BY number;",
    )
}

/// Replaces the manifest's records, and remembers the rows that it no longer has. A report does not
/// know what its manifest said: its cells may have been corrected since.
pub(super) fn records(
    connection: &Connection,
    manifest: i64,
    is_report: bool,
) -> rusqlite::Result<()> {
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
         SELECT ?1, number, line, row, iif(?2, x'', hash), other FROM incoming ORDER BY number",
        (manifest, is_report),
    )?;
    connection.execute_batch("DROP TABLE temp.incoming")
}
