//! Which records are about to be sent: newer rules bind these alone.

use rusqlite::Connection;

/// Finds the rows of a list whose record changes them, and the records that are about to be sent. To
/// be called again once something else is known of the records.
pub(super) fn find_in_list(connection: &Connection, manifest: i64) -> rusqlite::Result<()> {
    find_edited(connection, manifest)?;
    connection.execute_batch(CREATE)?;
    // A pending row that was corrected in a report is sent with what its row says.
    connection.execute_batch(
        "INSERT INTO to_send
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

/// Finds the lines of a report that are about to be sent, at once or after a look-up, and the rows that
/// they correct.
pub(super) fn find_in_report(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(CREATE_EDITED)?;
    connection.execute_batch(CREATE)?;
    connection.execute_batch(
        "INSERT INTO edited SELECT row, number FROM incoming
         WHERE row IS NOT NULL AND is_changed AND status IN ('pending', 'failed');
         INSERT INTO to_send SELECT number, line, row, 1, is_signed, lookalike FROM incoming
         WHERE is_first AND problem IS NULL AND status IN ('pending', 'failed') AND NOT is_held_back;",
    )
}

/// Notes the rows of lines that had none before they were written.
pub(super) fn find_new_rows(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "UPDATE to_send SET row = incoming.row FROM incoming
         WHERE incoming.number = to_send.number AND to_send.row IS NULL",
    )
}

const CREATE_EDITED: &str = "DROP TABLE IF EXISTS temp.edited;
    CREATE TEMP TABLE edited (row INTEGER PRIMARY KEY, number INTEGER) STRICT;";

pub(super) const CREATE: &str = "DROP TABLE IF EXISTS temp.to_send;
    CREATE TEMP TABLE to_send (
        number INTEGER PRIMARY KEY,
        line INTEGER NOT NULL,
        row INTEGER,
        is_own INTEGER NOT NULL, -- whether what is sent is what its record says
        is_signed INTEGER NOT NULL,
        lookalike BLOB
    ) STRICT;
    CREATE INDEX temp.to_send_lookalike ON to_send (lookalike);
    CREATE INDEX temp.to_send_row ON to_send (row);";

/// Finds the pending and failed rows that their record changes.
///
/// A record changes its row when its content is not the row's, and it is the user's doing: the
/// manifest said something else at its last import, or this content is new for the row. A
/// manifest that still says what was since corrected in a report is no edit.
fn find_edited(connection: &Connection, manifest: i64) -> rusqlite::Result<()> {
    connection.execute_batch(CREATE_EDITED)?;
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
                OR (rows.error_class IS 'invalid' AND rows.is_over_limit IS NULL)
                    <> (incoming.problem IS NOT NULL))
           AND (rows.hash = incoming.hash
                OR nullif(coalesce(last.hash, former.hash), x'') <> incoming.hash
                OR NOT EXISTS (SELECT 1 FROM contents
                    WHERE contents.row = rows.id AND contents.hash = incoming.hash))",
        [manifest],
    )?;
    Ok(())
}
