//! Records that come from a report, by what this program made for it: ids, and rows of a ledger that
//! was begun from one.

use rusqlite::Connection;

use crate::ledger::import::refusal::{Refusal, Remedy, refusals};
use crate::ledger::sql_types::ROW_NAME;

/// Records with a transaction id that the ledger generated for another row: their copies could not be
/// distinguished, and they are most probably that row, taken from a report.
pub fn of_another_row(connection: &Connection, manifest: i64) -> rusqlite::Result<Vec<Refusal>> {
    let sql = format!(
        "SELECT incoming.line, incoming.transaction_id, {ROW_NAME} AS name FROM incoming
         JOIN rows ON rows.transaction_id = incoming.transaction_id COLLATE NOCASE
         WHERE incoming.is_first AND incoming.row IS NOT rows.id
           AND json_extract(rows.fields, '$.transaction_id') IS NULL
         ORDER BY incoming.number"
    );
    let text = "transaction_id '{transaction_id}' was made for {name}. For a new row, leave \
        transaction_id empty. To send the rows of a report again, use `esign-copy retry`";
    refusals(connection, &sql, [manifest], Remedy::Correct, text)
}

/// Records with ids that this program generated, but not for this ledger: a report's lines without
/// its other columns.
pub fn of_another_ledger(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    let sql = "SELECT incoming.line,
            iif(has_generated_row_id, 'row_id', 'transaction_id') AS name,
            iif(has_generated_row_id, incoming.row_id, incoming.transaction_id) AS id
         FROM (SELECT *, keyed AND row IS NULL AND is_generated_row_id(row_id) AS has_generated_row_id
               FROM incoming WHERE is_first) AS incoming
         LEFT JOIN rows ON rows.id = incoming.row
         WHERE has_generated_row_id
            OR (is_generated_transaction_id(incoming.transaction_id)
                AND incoming.transaction_id IS NOT rows.transaction_id COLLATE NOCASE
                AND incoming.transaction_id
                    <> generated_transaction_id(incoming.row_id) COLLATE NOCASE
                -- Those are refused as another row's.
                AND NOT EXISTS (SELECT 1 FROM rows AS other WHERE other.transaction_id
                    = incoming.transaction_id COLLATE NOCASE))
         ORDER BY incoming.number";
    let text = "column {name}: '{id}' is from the report of another ledger, so this row may already be \
        copied. To send the rows of a report again, use `esign-copy retry`. For a new row, leave \
        row_id and transaction_id empty";
    refusals(connection, sql, [], Remedy::Correct, text)
}

/// Rows that a ledger begun from a report does not know, at the manifest's first import: the report
/// may have been a part, and who knows what became of the rest.
pub fn not_in_recovered_report(
    connection: &Connection,
    manifest: i64,
) -> rusqlite::Result<Vec<Refusal>> {
    let sql = "SELECT incoming.line FROM incoming
         WHERE incoming.is_first AND incoming.row IS NULL
           AND EXISTS (SELECT 1 FROM facts WHERE name = 'taken_over')
           AND (SELECT options FROM manifests WHERE id = ?1) = ''
         ORDER BY incoming.number";
    let text =
        "this row is not in the report that this ledger was begun from, and may already be copied";
    refusals(connection, sql, [manifest], Remedy::WholeReport, text)
}
