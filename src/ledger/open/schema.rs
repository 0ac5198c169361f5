//! What a ledger's file may hold. SQLite runs what a file's schema says: a trigger could put a sent row
//! back to pending, a view in a table's place could have a report say anything.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::ledger::sql_types::Statements;

/// "ESCP": marks our files among other programs' databases.
pub(super) const APPLICATION_ID: i64 = 0x4553_4350;
/// The format that this program writes. It reads every earlier one, from 1.
pub(super) const FORMAT: i64 = 4;
/// The schema of a ledger in the present format.
pub(super) const SCHEMA: &str = include_str!("../schema.sql");

/// Has SQLite run nothing that a file may bring with it.
pub(super) fn distrust(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.pragma_update(None, "cell_size_check", true)
}

/// What is in the schema of a ledger of that format and should not be, if something is. A ledger of the
/// present format has [`SCHEMA`], one of an earlier format may lack some of it.
pub(super) fn foreign_part(
    connection: &Connection,
    format: i64,
) -> rusqlite::Result<Option<String>> {
    let expected = Connection::open_in_memory()?;
    expected.execute_batch(SCHEMA)?;
    let (has, should) = (objects(connection)?, objects(&expected)?);
    if format == FORMAT {
        let differing = has
            .iter()
            .find(|(name, sql)| should.get(*name) != Some(*sql));
        let missing = || should.keys().find(|name| !has.contains_key(*name));
        let foreign = differing.map(|(name, _)| name).or_else(missing);
        return Ok(foreign.map(described));
    }
    for (object, sql) in &has {
        let (kind, name) = object;
        let is_plain = kind != "table" || sql.starts_with("CREATE TABLE");
        if !should.contains_key(object)
            || !is_plain
            || (kind == "table" && has_foreign_column(connection, &expected, name)?)
        {
            return Ok(Some(described(object)));
        }
    }
    Ok(None)
}

type Object = (String, String);

fn described((kind, name): &Object) -> String {
    format!("{kind} {name}")
}

/// Everything that the schema names, by type and name, with its text as SQLite reads it. What SQLite
/// makes by itself for a table has no text.
fn objects(connection: &Connection) -> rusqlite::Result<BTreeMap<Object, String>> {
    let sql = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL";
    let objects = connection.list(sql, [], |row| {
        let object = (row.get(0)?, row.get(1)?);
        Ok((object, as_read(&row.get::<_, String>(2)?)))
    })?;
    Ok(objects.into_iter().collect())
}

/// Without comments, and with one space for each run of them: a comment is no part of a format.
fn as_read(sql: &str) -> String {
    let lines = sql.lines().map(|line| match line.split_once("--") {
        Some((code, _)) => code,
        None => line,
    });
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

/// Whether a table has a column that ours has not, or one that SQLite computes.
fn has_foreign_column(
    connection: &Connection,
    expected: &Connection,
    table: &str,
) -> rusqlite::Result<bool> {
    let sql = "SELECT name FROM pragma_table_info(?1)";
    let ours: Vec<String> = expected.list(sql, [table], |row| row.get(0))?;
    let sql = "SELECT name, hidden FROM pragma_table_xinfo(?1)";
    let columns = connection.list(sql, [table], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    let is_foreign = |(name, hidden): &(String, i64)| *hidden != 0 || !ours.contains(name);
    Ok(columns.iter().any(is_foreign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(sql: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection.execute_batch(sql).unwrap();
        connection
    }

    fn foreign(sql: &str, format: i64) -> Option<String> {
        foreign_part(&changed(sql), format).unwrap()
    }

    #[test]
    fn what_a_format_makes_is_accepted_and_nothing_else() {
        assert_eq!(foreign("", FORMAT), None);
        let added = [
            (
                "CREATE TRIGGER t AFTER UPDATE ON rows BEGIN SELECT 1; END",
                "trigger t",
            ),
            ("CREATE VIEW mine AS SELECT 1", "view mine"),
            ("CREATE TABLE mine (a)", "table mine"),
            ("CREATE INDEX mine ON rows (error)", "index mine"),
            (
                "DROP VIEW changed; ALTER TABLE proofs RENAME TO kept;
                 CREATE VIEW proofs AS SELECT * FROM kept",
                "table kept",
            ),
            ("ALTER TABLE rows ADD COLUMN mine TEXT", "table rows"),
            (
                "ALTER TABLE facts ADD COLUMN mine TEXT AS (value || '!')",
                "table facts",
            ),
        ];
        for (sql, what) in added {
            for format in [1, FORMAT] {
                assert_eq!(
                    foreign(sql, format).as_deref(),
                    Some(what),
                    "{format}: {sql}"
                );
            }
        }
        let less = "DROP INDEX attempts_of_row";
        assert_eq!(
            foreign(less, FORMAT).as_deref(),
            Some("index attempts_of_row")
        );
        assert_eq!(foreign(less, 1), None);
    }

    #[test]
    fn triggers_of_a_file_do_not_run() {
        let connection =
            changed("CREATE TRIGGER t AFTER INSERT ON facts BEGIN DELETE FROM facts; END");
        distrust(&connection).unwrap();
        connection
            .execute("INSERT INTO facts VALUES ('a', 'b')", [])
            .unwrap();
        let kept: i64 = connection
            .query_row("SELECT count(*) FROM facts", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 1);
    }
}
