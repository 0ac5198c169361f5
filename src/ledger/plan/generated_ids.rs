//! Records that come from a report, by what this program made for it: ids, and rows of a ledger that
//! was begun from one.

use rusqlite::Connection;

use super::refusals;
use crate::ledger::{Refusal, Remedy};

/// Records with a transaction id that the ledger made for another row: their copies could not be told
/// apart, and they are most probably that row, taken from a report.
pub(in crate::ledger) fn for_another(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        [],
        "SELECT incoming.line, incoming.transaction_id, rows.row_id FROM incoming
         JOIN rows ON rows.transaction_id = incoming.transaction_id COLLATE NOCASE
         WHERE incoming.is_first AND incoming.row IS NOT rows.id
           AND json_extract(rows.fields, '$.transaction_id') IS NULL
         ORDER BY incoming.number",
        |row| {
            let (id, row_id): (String, String) = (row.get(1)?, row.get(2)?);
            let text = format!(
                "transaction id '{id}' was made for row '{row_id}' of this ledger. Leave \
                 transaction_id empty for a new row; a report is given to `esign-copy retry`"
            );
            Ok(Refusal {
                line: row.get(0)?,
                text,
                remedy: Remedy::Correct,
            })
        },
    )
}

/// Records with ids that this program made, and this ledger did not: a report's lines without its
/// other columns.
pub(in crate::ledger) fn elsewhere(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        [],
        "SELECT incoming.line, CASE WHEN has_made_row_id THEN 'row_id' ELSE 'transaction_id' END,
            CASE WHEN has_made_row_id THEN incoming.row_id ELSE incoming.transaction_id END
         FROM (SELECT *, keyed AND row IS NULL AND is_made_row_id(row_id) AS has_made_row_id
               FROM incoming WHERE is_first) AS incoming
         LEFT JOIN rows ON rows.id = incoming.row
         WHERE has_made_row_id
            OR (is_made_transaction_id(incoming.transaction_id)
                AND incoming.transaction_id IS NOT rows.transaction_id COLLATE NOCASE
                AND incoming.transaction_id
                    <> generated_transaction_id(incoming.row_id) COLLATE NOCASE
                -- Told already.
                AND NOT EXISTS (SELECT 1 FROM rows AS known WHERE known.transaction_id
                    = incoming.transaction_id COLLATE NOCASE))
         ORDER BY incoming.number",
        |row| {
            let (column, id): (String, String) = (row.get(1)?, row.get(2)?);
            let text = format!(
                "column {column}: '{id}' was made by esign-copy for a row of another ledger, which may \
                 be copied: this is a report's line. Give reports to `esign-copy retry`; for a new row \
                 leave row_id and transaction_id empty"
            );
            Ok(Refusal {
                line: row.get(0)?,
                text,
                remedy: Remedy::Correct,
            })
        },
    )
}

/// Rows that a ledger begun from a report does not know, at the manifest's first import: the report
/// may have been a part, and who knows what became of the rest.
pub(in crate::ledger) fn not_in_report(
    connection: &Connection,
    manifest: i64,
) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        [manifest],
        "SELECT incoming.line, incoming.row_id FROM incoming
         WHERE incoming.is_first AND incoming.row IS NULL
           AND EXISTS (SELECT 1 FROM facts WHERE name = 'taken_over')
           AND (SELECT options FROM manifests WHERE id = ?1) = ''
         ORDER BY incoming.number",
        |row| {
            let row_id: String = row.get(1)?;
            let text = format!(
                "row '{row_id}' is not in the report from which this ledger was begun, and may \
                 have been copied before"
            );
            Ok(Refusal {
                line: row.get(0)?,
                text,
                remedy: Remedy::WholeReport,
            })
        },
    )
}
