//! Which records are about to be sent: newer rules bind these alone.

use rusqlite::Connection;

/// Finds the rows whose record changes them, and the records that are about to be sent. To be called
/// again once something else is known of the records.
pub(in crate::ledger) fn find(connection: &Connection, manifest: i64) -> rusqlite::Result<()> {
    find_edited(connection, manifest)?;
    connection.execute_batch(CREATE)?;
    // A pending row that was corrected in a report is sent with what its row says.
    connection.execute_batch(
        "INSERT INTO sending
         SELECT number, line, row, is_own,
            iif(is_own, is_signed,
                EXISTS (SELECT 1 FROM json_each(stored) WHERE key GLOB 'signer_*')),
            iif(is_own, lookalike, stored_lookalike)
         FROM (SELECT incoming.*, rows.fields AS stored, rows.lookalike AS stored_lookalike,
                rows.id IS NULL OR edited.row IS NOT NULL OR rows.hash = incoming.hash AS is_own
               FROM incoming LEFT JOIN rows ON rows.id = incoming.row
               LEFT JOIN edited ON edited.row = rows.id
               WHERE incoming.is_first AND incoming.problem IS NULL
                 AND (rows.id IS NULL OR edited.row IS NOT NULL OR rows.status = 'pending'));",
    )
}

/// The rows of a report that are about to be sent, as corrected.
pub(in crate::ledger) fn find_corrected(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(CREATE)?;
    connection.execute_batch(
        "INSERT OR IGNORE INTO sending
         SELECT reported.line, reported.line, rows.id, 1,
            EXISTS (SELECT 1 FROM json_each(rows.fields) WHERE key GLOB 'signer_*'),
            rows.lookalike
         FROM work JOIN rows ON rows.id = work.row JOIN reported ON reported.row = rows.id;",
    )
}

/// The rows of a report without its ledger that may be sent, at once or once they are looked up.
pub(in crate::ledger) fn find_taken_over(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(CREATE)?;
    connection.execute_batch(
        "INSERT OR IGNORE INTO sending
         SELECT min(records.line), min(records.line), rows.id, 1,
            EXISTS (SELECT 1 FROM json_each(rows.fields) WHERE key GLOB 'signer_*'),
            rows.lookalike
         FROM rows JOIN records ON records.row = rows.id
         WHERE rows.status = 'pending' OR rows.id IN (SELECT row FROM taken_over)
         GROUP BY rows.id;",
    )
}

pub(super) const CREATE: &str = "DROP TABLE IF EXISTS temp.sending;
    CREATE TEMP TABLE sending (
        number INTEGER PRIMARY KEY,
        line INTEGER NOT NULL,
        row INTEGER,
        is_own INTEGER NOT NULL, -- whether what is sent is what its record says
        is_signed INTEGER NOT NULL,
        lookalike BLOB
    ) STRICT;
    CREATE INDEX temp.sending_lookalike ON sending (lookalike);
    CREATE INDEX temp.sending_row ON sending (row);";

/// Finds the pending and failed rows that their record changes.
///
/// A record changes its row when its content is not the row's, and it is the user's doing: the
/// manifest said something else at its last import, or this content is new for the row. A
/// manifest that still says what was since corrected in a report is no edit.
fn find_edited(connection: &Connection, manifest: i64) -> rusqlite::Result<()> {
    connection.execute_batch(
        "DROP TABLE IF EXISTS temp.edited;
         CREATE TEMP TABLE edited (row INTEGER PRIMARY KEY, number INTEGER) STRICT;",
    )?;
    connection.execute(
        "INSERT INTO edited
         SELECT rows.id, incoming.number FROM incoming
         JOIN rows ON rows.id = incoming.row
         LEFT JOIN (SELECT row, hash, min(number) FROM records WHERE manifest = ?1 GROUP BY row)
             AS last ON last.row = rows.id
         LEFT JOIN former ON former.manifest = ?1 AND former.row = rows.id
         WHERE incoming.is_first
           AND rows.status IN ('pending', 'failed')
           AND (incoming.fields <> rows.fields
                OR (rows.error_class IS 'invalid') <> (incoming.problem IS NOT NULL))
           AND (rows.hash = incoming.hash
                OR nullif(coalesce(last.hash, former.hash), x'') <> incoming.hash
                OR NOT EXISTS (SELECT 1 FROM contents
                    WHERE contents.row = rows.id AND contents.hash = incoming.hash))",
        [manifest],
    )?;
    Ok(())
}
