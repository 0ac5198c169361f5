//! A ledger of an earlier format, brought to the present one.

use rusqlite::{Connection, TransactionBehavior};

use super::schema::{FORMAT, SCHEMA};
use crate::job::Lookalike;
use crate::ledger::LedgerError;
use crate::ledger::sql_types::{Statements, fields};
use crate::support::crash_point;

/// Brings a ledger from the format `from` to the present one, in one transaction: killed in
/// between, it is as it was.
///
/// Every table is made anew as [`SCHEMA`] says and takes over the columns that it had, so that an
/// upgraded ledger has the very schema of a new one, whatever it lacked. A column that is new must
/// be nullable or have a default; what else a format asks for is a step of its own below.
pub(super) fn upgrade(connection: &mut Connection, from: i64) -> Result<(), LedgerError> {
    // Both only work outside of a transaction. Tables are renamed without their references.
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "legacy_alter_table", true)?;
    let done = in_transaction(connection, from);
    connection.pragma_update(None, "legacy_alter_table", false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    done
}

fn in_transaction(connection: &mut Connection, from: i64) -> Result<(), LedgerError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (kind, name) in named(
        &transaction,
        "type IN ('index', 'view') AND sql IS NOT NULL",
    )? {
        transaction.execute_batch(&format!("DROP {kind} \"{name}\""))?;
    }
    let tables = named(&transaction, "type = 'table'")?;
    for (_, table) in &tables {
        let sql = format!("ALTER TABLE \"{table}\" RENAME TO \"earlier_{table}\"");
        transaction.execute_batch(&sql)?;
    }
    transaction.execute_batch(SCHEMA)?;
    for (_, table) in &tables {
        let columns = shared_columns(&transaction, table)?.join(", ");
        transaction.execute_batch(&format!(
            "INSERT INTO \"{table}\" ({columns}) SELECT {columns} FROM \"earlier_{table}\";
             DROP TABLE \"earlier_{table}\""
        ))?;
    }
    for format in from + 1..=FORMAT {
        step_to(&transaction, format)?;
    }
    transaction.pragma_update(None, "user_version", FORMAT)?;
    crash_point("ledger-upgrade-uncommitted");
    Ok(transaction.commit()?)
}

/// What a format asks for beyond its columns. Format 2 was on its way to 3, and had some of it.
fn step_to(connection: &Connection, format: i64) -> Result<(), LedgerError> {
    if format == 3 {
        order_ends(connection)?;
        add_lookalikes(connection)?;
    }
    Ok(())
}

/// Format 3 knows which rows look alike. Cells that can't be read are nobody's likeness; they
/// are reported where they are read.
fn add_lookalikes(connection: &Connection) -> Result<(), LedgerError> {
    connection.each("SELECT id, fields FROM rows", [], |row| {
        let lookalike = fields(row).ok().as_ref().and_then(Lookalike::of);
        let bytes = lookalike.as_ref().map(Lookalike::as_bytes);
        let sql = "UPDATE rows SET lookalike = ?2 WHERE id = ?1";
        connection.change(sql, (row.get::<_, i64>("id")?, bytes))?;
        Ok(())
    })
}

/// Format 3 orders the ends of attempts by their numbers. What an earlier one did not note is taken
/// so that it proves too little rather than too much: copies ended as soon as they began, and
/// what is uncertain ended last of all.
fn order_ends(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "UPDATE rows SET ended_after = iif(status = 'copied',
            (SELECT max(id) FROM attempts WHERE attempts.row = rows.id),
            (SELECT max(id) FROM attempts))
         WHERE EXISTS (SELECT 1 FROM attempts WHERE attempts.row = rows.id)",
    )
}

/// What the ledger's schema holds, by type and name.
fn named(connection: &Connection, which: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = format!("SELECT type, name FROM sqlite_schema WHERE {which}");
    connection.list(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn shared_columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    connection.list(
        "SELECT '\"' || name || '\"' FROM pragma_table_info(?1)
         WHERE name IN (SELECT name FROM pragma_table_info('earlier_' || ?1))",
        [table],
        |row| row.get(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
    }

    fn schema(connection: &Connection) -> Vec<String> {
        let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
        let mut statement = connection.prepare(sql).unwrap();
        let texts = statement.query_map([], |row| row.get(0)).unwrap();
        texts.map(Result::unwrap).collect()
    }

    #[test]
    fn the_order_of_ends_proves_too_little_rather_than_too_much() {
        let mut earlier = ledger();
        let row = |number: i64, status: &str| {
            let sql = "INSERT INTO rows (id, row_id, fields, constants, hash, audience,
                    transaction_id, status) VALUES (?1, ?1, '{}', '[]', x'', '', ?1, ?2)";
            earlier.execute(sql, (number, status)).unwrap();
        };
        for (number, status) in [
            (1, "copied"),
            (2, "uncertain"),
            (3, "copied"),
            (4, "uncertain"),
        ] {
            row(number, status);
        }
        earlier.pragma_update(None, "foreign_keys", false).unwrap();
        for number in [2, 1, 3] {
            let sql = "INSERT INTO attempts (row, run, began_at) VALUES (?1, 1, 0)";
            earlier.execute(sql, [number]).unwrap();
        }
        upgrade(&mut earlier, 1).unwrap();
        let mut statement = earlier
            .prepare("SELECT ended_after FROM rows ORDER BY id")
            .unwrap();
        let ends = statement.query_map([], |row| row.get(0)).unwrap();
        let ends: Vec<Option<i64>> = ends.map(Result::unwrap).collect();
        assert_eq!(ends, [Some(2), Some(3), Some(3), None]);
    }

    #[test]
    fn what_was_missing_is_made_and_what_was_there_is_kept() {
        let mut earlier = ledger();
        earlier
            .execute_batch(
                "INSERT INTO manifests VALUES (7, 'm.csv', 1, 2, x'', '', '[]', 3, ';', 1, NULL);
                 INSERT INTO runs (id, manifest, command, report, pid, host, began_at)
                    VALUES (9, 7, 'run', 'r', 1, 'h', 5);
                 DROP VIEW changed; DROP TABLE taken_over; DROP INDEX attempts_of_row;
                 CREATE TABLE shorter AS SELECT id, manifest, command, pid, host, began_at FROM runs;
                 DROP TABLE runs; ALTER TABLE shorter RENAME TO runs;",
            )
            .unwrap();
        assert_ne!(schema(&earlier), schema(&ledger()));
        upgrade(&mut earlier, 1).unwrap();
        assert_eq!(schema(&earlier), schema(&ledger()));
        let sql = "SELECT runs.id || runs.command || runs.report || name
                   FROM runs JOIN manifests ON manifests.id = runs.manifest";
        let kept: String = earlier.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "9runm.csv");
        let version: i64 = earlier
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, FORMAT);
    }
}
