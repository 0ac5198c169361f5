//! Edits of a list that could copy somebody a second time.

use rusqlite::Connection;

use crate::ledger::import::refusal::{Refusal, Remedy, refusals};
use crate::ledger::sql_types::ROW_NAME;

/// Rows that were sent, or may have been, and now name other people or another session.
/// A manifest that still says what it said before its row was corrected in a report, or says what
/// the row once was, is no change.
pub fn after_copying(connection: &Connection, manifest: i64) -> rusqlite::Result<Vec<Refusal>> {
    let sql = format!(
        "SELECT incoming.line, rows.row_id, {ROW_NAME} AS name,
            iif(rows.status = 'sending', 'uncertain', rows.status) AS status
         FROM incoming JOIN rows ON rows.id = incoming.row
         LEFT JOIN (SELECT row, hash, min(number) FROM records WHERE manifest = ?1 GROUP BY row)
             AS last ON last.row = rows.id
         LEFT JOIN former ON former.manifest = ?1 AND former.row = rows.id
         WHERE incoming.is_first
           AND rows.status IN ('copied', 'uncertain', 'sending')
           AND rows.audience <> incoming.audience
           AND (rows.hash = incoming.hash
                OR nullif(coalesce(last.hash, former.hash), x'') <> incoming.hash
                OR (nullif(coalesce(last.hash, former.hash), x'') IS NULL
                    AND NOT EXISTS (SELECT 1 FROM contents WHERE contents.row = rows.id
                                    AND contents.hash = incoming.hash)))
         ORDER BY incoming.number"
    );
    let text = "row_id '{row_id}' belongs to {name}, which is {status}, but this row has another session or \
        other e-mail addresses. It would not be sent. To make a new copy, give it a new row_id";
    refusals(connection, &sql, [manifest], Remedy::RevertChange, text)
}

/// Rows of one list that a row of another list would change: two lists that number their rows
/// alike, in one ledger, are not the same rows.
pub fn of_another_list(connection: &Connection, manifest: i64) -> rusqlite::Result<Vec<Refusal>> {
    let sql = "SELECT incoming.line, rows.row_id, min(manifests.name) AS name
         FROM incoming JOIN rows ON rows.id = incoming.row
         JOIN records ON records.row = rows.id AND records.manifest <> ?1
         JOIN manifests ON manifests.id = records.manifest
         WHERE incoming.is_first
           AND rows.status IN ('pending', 'failed')
           AND rows.audience <> incoming.audience
           AND NOT EXISTS (SELECT 1 FROM contents WHERE contents.row = rows.id
                           AND contents.hash = incoming.hash)
         GROUP BY incoming.number ORDER BY incoming.number";
    let text = "row_id '{row_id}' is also in {name}, for another session or other e-mail addresses. This row \
        would replace that one. Give the rows of the two lists different row_ids";
    refusals(connection, sql, [manifest], Remedy::RevertChange, text)
}

/// Rows that are new, or newly, for the same people and session as a copied or uncertain row that
/// vanished: an edit that would copy them a second time. A signer who is a constant may have changed with
/// it: the rows' own people alone are enough.
pub fn reappeared(connection: &Connection, manifest: i64) -> rusqlite::Result<Vec<Refusal>> {
    connection.execute_batch(
        "DROP TABLE IF EXISTS temp.vanished;
         CREATE TEMP TABLE vanished (audience TEXT, own TEXT, name TEXT, status TEXT) STRICT;",
    )?;
    let insert = format!(
        "INSERT INTO vanished
         SELECT rows.audience, own_audience(rows.fields, rows.constants), {ROW_NAME}, iif(rows.status = 'sending', 'uncertain', rows.status)
         FROM rows
         WHERE rows.status IN ('copied', 'uncertain', 'sending')
           AND (rows.id IN (SELECT row FROM records WHERE manifest = ?1)
                OR rows.id IN (SELECT row FROM former WHERE manifest = ?1))
           AND NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.row = rows.id)"
    );
    if connection.execute(&insert, [manifest])? == 0 {
        return Ok(Vec::new());
    }
    connection.execute_batch(
        "CREATE INDEX temp.vanished_audience ON vanished (audience);
         CREATE INDEX temp.vanished_own ON vanished (own);",
    )?;
    let sql = "SELECT incoming.line, vanished.name, vanished.status
         FROM incoming JOIN vanished ON vanished.audience = incoming.audience
            OR vanished.own = own_audience(incoming.fields, incoming.constants)
         LEFT JOIN rows ON rows.id = incoming.row
         WHERE incoming.is_first
           AND (rows.id IS NULL
                OR (rows.status IN ('pending', 'failed') AND rows.audience <> incoming.audience))
         GROUP BY incoming.number ORDER BY incoming.number";
    let text = "this row would be sent, but {name}, with the same session and e-mail addresses, is {status} \
        and no longer in the list. The same people could get a second copy";
    refusals(connection, sql, [], Remedy::RevertChange, text)
}
