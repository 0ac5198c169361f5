//! The columns that manifests had at their latest import, by which later ones are read.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::manifests::names_of;
use super::{Ledger, LedgerError, View};

impl Ledger {
    /// The columns of every manifest, `manifest`'s own first, the others in the order of their first
    /// import.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn columns_read_before(&self, manifest: &str) -> Result<Vec<Vec<String>>, LedgerError> {
        read_before(&self.connection, manifest)
    }

    /// Those of every manifest together.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn columns(&self) -> Result<BTreeSet<String>, LedgerError> {
        let columns = read_before(&self.connection, "")?;
        Ok(columns.into_iter().flatten().collect())
    }
}

impl View {
    /// The same, of a ledger that is only looked at.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn columns_read_before(&self, manifest: &str) -> Result<Vec<Vec<String>>, LedgerError> {
        read_before(self.connection(), manifest)
    }
}

fn read_before(connection: &Connection, manifest: &str) -> Result<Vec<Vec<String>>, LedgerError> {
    let mut statement =
        connection.prepare("SELECT columns FROM manifests ORDER BY name = ?1 DESC, id")?;
    let columns = statement.query_map([manifest], |row| row.get::<_, String>(0))?;
    columns.map(|text| Ok(names_of(&text?))).collect()
}
