//! The manifests that a ledger serves: each one's number, what it was at its latest import, and its
//! columns.

use jiff::Timestamp;
use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row};

use super::error::LedgerError;
use super::import::ListColumns;
use super::open::Ledger;
use super::sql_types::{Statements, names, names_json};
use crate::job::{Column, ManifestFacts};

impl Ledger {
    /// Whether the manifest is the very one that was imported last, so that nothing is to do. What is
    /// still to be sent of it is judged anew once another list was imported: that one may have
    /// sent what looks like it.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn has_imported(&self, facts: &ManifestFacts) -> Result<bool, LedgerError> {
        let found = self.connection.value(
            "SELECT size = ?2 AND modified_at = ?3 AND sha256 = ?4 AND options = ?5
                AND NOT (
                    EXISTS (SELECT 1 FROM manifests AS other
                            WHERE other.imported_at > manifests.imported_at)
                    AND EXISTS (SELECT 1 FROM records JOIN rows ON rows.id = records.row
                                WHERE records.manifest = manifests.id
                                  AND rows.status = 'pending'))
             FROM manifests WHERE name = ?1",
            (
                &facts.name,
                facts.size,
                facts.modified.as_millisecond(),
                facts.sha256.as_slice(),
                &facts.options,
            ),
        );
        Ok(found.optional()?.unwrap_or(false))
    }

    /// The lists that a mapping filled, by name, each with the flags of its latest import.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn mapped_lists(&self) -> Result<Vec<(String, String)>, LedgerError> {
        let sql = "SELECT name, options FROM manifests WHERE mapped_from IS NOT NULL ORDER BY id";
        let read = |row: &Row<'_>| Ok((row.get("name")?, row.get("options")?));
        Ok(self.connection.list(sql, [], read)?)
    }

    /// The manifest whose records hold most rows of the report that was taken back, or the latest
    /// imported: the one whose report a `retry` renews.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn manifest_of_report(&self) -> Result<Option<String>, LedgerError> {
        let name = self.connection.value(
            "SELECT name FROM manifests ORDER BY
                (SELECT count(*) FROM reported JOIN records ON records.row = reported.row
                 WHERE records.manifest = manifests.id) DESC, imported_at DESC LIMIT 1",
            [],
        );
        Ok(name.optional()?)
    }

    /// The columns that every manifest had at its latest import, `manifest`'s own first, the others in the
    /// order of their first import.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn columns_read_before(&self, manifest: &str) -> Result<Vec<Vec<String>>, LedgerError> {
        columns_read_before(&self.connection, manifest)
    }

    /// Those of every manifest together.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn columns(&self) -> Result<BTreeSet<String>, LedgerError> {
        Ok(self
            .columns_read_before("")?
            .into_iter()
            .flatten()
            .collect())
    }
}

pub(super) fn columns_read_before(
    connection: &Connection,
    manifest: &str,
) -> Result<Vec<Vec<String>>, LedgerError> {
    let sql = "SELECT columns FROM manifests ORDER BY name = ?1 DESC, id";
    Ok(connection.list(sql, [manifest], |row| names(row, "columns"))?)
}

/// The manifest's number, given at its first import.
pub(super) fn number_of(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.execute(
        "INSERT INTO manifests (name, size, modified_at, sha256, options, columns, imported_at)
         VALUES (?1, 0, 0, x'', '', '[]', 0) ON CONFLICT (name) DO NOTHING",
        [name],
    )?;
    connection.value("SELECT id FROM manifests WHERE name = ?1", [name])
}

/// Records what was imported. Rows that the manifest no longer has stay in the report, and with them
/// their columns.
pub(super) fn record(
    connection: &Connection,
    manifest: i64,
    facts: &ManifestFacts,
    list: ListColumns,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let mut columns = list.names;
    let sql = "SELECT columns FROM manifests
               WHERE id = ?1 AND EXISTS (SELECT 1 FROM former WHERE manifest = ?1)";
    let earlier = connection.ask(sql, [manifest], |row| names(row, "columns"));
    add_missing(&mut columns, earlier.optional()?.unwrap_or_default());
    connection.execute(
        "UPDATE manifests SET size = ?2, modified_at = ?3, sha256 = ?4, options = ?5,
            columns = ?6, imported_at = ?7, separator = ?8, has_mark = ?9, mapped_from = ?10
         WHERE id = ?1",
        (
            manifest,
            facts.size,
            facts.modified.as_millisecond(),
            facts.sha256.as_slice(),
            &facts.options,
            names_json(&columns),
            now.as_millisecond(),
            facts
                .dialect
                .map(|dialect| char::from(dialect.separator).to_string()),
            facts.dialect.map(|dialect| dialect.has_mark),
            list.mapped_from.as_deref().map(names_json),
        ),
    )?;
    Ok(())
}

/// How many copied rows the manifest had at its last import, and the records being imported lack.
pub(super) fn newly_vanished(connection: &Connection, manifest: i64) -> rusqlite::Result<u64> {
    connection.value(
        "SELECT count(DISTINCT rows.id) FROM records JOIN rows ON rows.id = records.row
         WHERE records.manifest = ?1 AND rows.status = 'copied'
           AND NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.row = rows.id)",
        [manifest],
    )
}

/// Gives the manifests of the rows in `reported` columns that only the report, or `--set`, has: what is
/// sent is shown.
pub(super) fn add_columns<'a>(
    connection: &Connection,
    new: impl IntoIterator<Item = &'a Column> + Clone,
) -> rusqlite::Result<()> {
    let manifests = "SELECT id, columns FROM manifests WHERE id IN
            (SELECT manifest FROM records JOIN reported ON reported.row = records.row)";
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>("id")?, names(row, "columns")?));
    for (manifest, mut columns) in connection.list(manifests, [], read)? {
        add_missing(&mut columns, new.clone().into_iter().map(Column::to_string));
        let sql = "UPDATE manifests SET columns = ?2 WHERE id = ?1";
        connection.change(sql, (manifest, names_json(&columns)))?;
    }
    Ok(())
}

/// Adds the names that are not there yet.
pub(super) fn add_missing(columns: &mut Vec<String>, names: impl IntoIterator<Item = String>) {
    for name in names {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
}
