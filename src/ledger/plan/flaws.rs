//! What refuses a record that is about to be sent, and not one that was sent before the rule was made.

use rusqlite::Connection;

use super::refusals;
use crate::ledger::{Refusal, Remedy};

/// The flaws of records about to be sent, cell by cell; those of constants once for all.
pub(in crate::ledger) fn found(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    let mut all = of_constants(connection)?;
    all.extend(of_cells(connection)?);
    Ok(all)
}

/// Those of `--set` constants.
pub(in crate::ledger) fn of_constants(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        [],
        "SELECT NULL, flaws.text FROM flaws JOIN sending ON sending.number = flaws.number
         WHERE flaws.is_constant GROUP BY flaws.text ORDER BY min(flaws.rowid)",
        refusal,
    )
}

/// Those of the records' own cells.
pub(in crate::ledger) fn of_cells(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        [],
        "SELECT sending.line, flaws.text FROM flaws JOIN sending ON sending.number = flaws.number
         WHERE NOT flaws.is_constant AND sending.is_own ORDER BY flaws.number, flaws.rowid",
        refusal,
    )
}

fn refusal(row: &rusqlite::Row<'_>) -> rusqlite::Result<Refusal> {
    Ok(Refusal {
        line: row.get(0)?,
        text: row.get(1)?,
        remedy: Remedy::Correct,
    })
}

/// Makes the records with flaws invalid ones, which become failed rows.
pub(in crate::ledger) fn make_invalid(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE INDEX IF NOT EXISTS temp.flaws_number ON flaws (number);
         UPDATE incoming SET problem =
            (SELECT group_concat(text, '; ') FROM flaws
             WHERE flaws.number = incoming.number AND NOT flaws.is_constant)
         WHERE number IN (SELECT flaws.number FROM flaws JOIN sending
                ON sending.number = flaws.number AND sending.is_own
             WHERE NOT flaws.is_constant);",
    )
}
