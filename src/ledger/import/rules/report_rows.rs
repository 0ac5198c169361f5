//! What the lines of a report must be together and against their ledger, before they are
//! applied.

use rusqlite::Connection;

use crate::ledger::LedgerError;
use crate::ledger::import::correction_summary::RowSample;
use crate::ledger::import::refusal::{Refusal, Remedy, refusals};
use crate::ledger::named_row::list_meant;
use crate::ledger::sql_types::{ROW_NAME, Statements};

/// Changed or new lines that say the same as another row. Two rows with keys of their own may, where
/// there is no ledger that shows that one of them was changed.
pub fn same_content(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    let sql = format!(
        "SELECT line, iif(is_known, 'after the correction, ', '') AS corrected,
            coalesce((SELECT {ROW_NAME} FROM rows WHERE row_id = other), 'row ''' || other || '''') AS name
         FROM (
            SELECT number, line, row_id, row IS NOT NULL AS is_known,
                coalesce(
                    (SELECT rows.row_id FROM contents JOIN rows ON rows.id = contents.row
                     WHERE contents.hash = incoming.hash AND contents.row <> incoming.row LIMIT 1),
                    nullif(first_value(row_id) OVER (PARTITION BY hash ORDER BY number), row_id)
                ) AS other
            FROM incoming
            WHERE is_first AND is_changed
              AND (row IS NULL OR row IN (SELECT row FROM edited)))
         WHERE other IS NOT NULL AND (is_known OR is_generated_row_id(row_id) OR other GLOB 'r1*')
         ORDER BY number"
    );
    let text = "{corrected}this row says the same as {name}. Remove one of them";
    let list = list_meant(connection, None)?;
    refusals(connection, &sql, [list], Remedy::Correct, text)
}

/// Lines with a copy or a generated transaction id that is not theirs alone, or with a copy that is
/// copied from. Leaves each copy to the first line that names it.
pub fn refused_sessions(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    let shared = |column: &str, condition: &str| {
        format!(
            "SELECT line, {column} AS id, first FROM (
                SELECT number, line, {column}, first_value(row_id) OVER same AS first,
                    row_number() OVER same AS rank
                FROM incoming WHERE is_first AND {condition}
                WINDOW same AS (PARTITION BY {column} COLLATE NOCASE ORDER BY number))
             WHERE rank > 1 ORDER BY number"
        )
    };
    let sql = shared("new_session_id", "new_session_id IS NOT NULL");
    let text = "column new_session_id: {id} is already the copy of row '{first}'. Put back what the \
        report had";
    let mut all = refusals(connection, &sql, [], Remedy::Correct, text)?;
    if !all.is_empty() {
        connection.execute_batch(&format!(
            "UPDATE incoming SET new_session_id = NULL WHERE line IN (SELECT line FROM ({sql}))"
        ))?;
    }
    let sql = shared(
        "transaction_id",
        "is_generated_transaction_id(transaction_id)",
    );
    let text = "column transaction_id: '{id}' was made for one row, but row '{first}' has it too. \
        Put back what the report had";
    all.extend(refusals(connection, &sql, [], Remedy::Correct, text)?);
    let sql = "SELECT line, new_session_id FROM incoming
         WHERE is_first AND new_session_id IN (SELECT substr(audience, 1, 36) FROM incoming)
         ORDER BY number";
    let text = "column new_session_id: {new_session_id} is a source that rows are copied from, not a copy. \
        Put back what the report had";
    all.extend(refusals(connection, sql, [], Remedy::Correct, text)?);
    Ok(all)
}

/// Rows whose corrected people have a copy of the same session under another row, or may have one:
/// a column that was sorted by itself does that.
pub fn reached_again(connection: &Connection, list: Option<i64>) -> Result<RowSample, LedgerError> {
    let mut reached = RowSample::default();
    connection.each(
        &format!(
            "SELECT incoming.line, {ROW_NAME} AS name FROM edited
             JOIN incoming ON incoming.number = edited.number JOIN rows ON rows.id = edited.row
             WHERE incoming.audience <> rows.audience AND incoming.audience IN (
                SELECT audience FROM rows WHERE status IN ('copied', 'uncertain', 'sending'))
             ORDER BY incoming.line"
        ),
        [list],
        |row| -> Result<(), LedgerError> { Ok(reached.add(row.get("line")?, || row.get("name"))?) },
    )?;
    Ok(reached)
}
