//! What refuses a record that is about to be sent, and not one that was sent before the rule was made.

use rusqlite::Connection;

use crate::job::Record;
use crate::ledger::import::refusal::{Refusal, Remedy, refusals};

/// Takes what refuses a record if it is about to be sent.
pub fn add(connection: &Connection, record: &Record) -> rusqlite::Result<()> {
    let sql = "INSERT INTO flaws (number, text, is_constant) VALUES (?1, ?2, ?3)";
    for flaw in &record.flaws {
        let values = (record.number, &flaw.text, flaw.is_constant);
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}

/// The flaws of `--set` constants, each once.
pub fn of_constants(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    let sql = "SELECT NULL AS line, flaws.text FROM flaws
         JOIN to_send ON to_send.number = flaws.number
         WHERE flaws.is_constant GROUP BY flaws.text ORDER BY min(flaws.rowid)";
    refusals(connection, sql, [], Remedy::Correct, "{text}")
}

/// Those of the records' own cells.
pub fn of_cells(connection: &Connection) -> rusqlite::Result<Vec<Refusal>> {
    let sql = "SELECT to_send.line, flaws.text FROM flaws
         JOIN to_send ON to_send.number = flaws.number
         WHERE NOT flaws.is_constant AND to_send.is_own ORDER BY flaws.number, flaws.rowid";
    refusals(connection, sql, [], Remedy::Correct, "{text}")
}

/// Makes the records with flaws invalid ones, which become failed rows. Returns how many.
pub fn make_invalid(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute_batch("CREATE INDEX temp.flaws_number ON flaws (number)")?;
    connection.execute(
        "UPDATE incoming SET problem =
            (SELECT group_concat(text, '; ') FROM flaws
             WHERE flaws.number = incoming.number AND NOT flaws.is_constant)
         WHERE number IN (SELECT flaws.number FROM flaws JOIN to_send
                ON to_send.number = flaws.number AND to_send.is_own
             WHERE NOT flaws.is_constant)",
        [],
    )
}
