//! The addresses that get no copy: those of the latest `--exclude` list that a ledger was given.

use data_encoding::HEXLOWER;
use rusqlite::{Connection, OptionalExtension};

use super::error::LedgerError;
use super::open::Ledger;
use super::sql_types::{Statements, fields};
use crate::job::{AddressKey, Exclusion, Fields};

impl Ledger {
    /// Whether a list is the one that this ledger goes by already, so that nothing is to do. No list
    /// changes nothing.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn is_excluding(&self, list: Option<&Exclusion>) -> Result<bool, LedgerError> {
        let Some(list) = list else { return Ok(true) };
        let sql = "SELECT value FROM facts WHERE name = 'excluded_by_sha256'";
        let known: Option<String> = self.connection.value(sql, []).optional()?;
        Ok(known.is_some_and(|known| known == HEXLOWER.encode(&list.sha256)))
    }

    /// The list that this ledger goes by, if none of its rows is on it: maybe it is not the one that is meant.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn exclusion_of_nobody(&self) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT value FROM facts WHERE name = 'excluded_by'
                   AND NOT EXISTS (SELECT 1 FROM rows WHERE error_class = 'excluded')";
        Ok(self.connection.value(sql, []).optional()?)
    }
}

/// Goes by a new list. What an earlier one said is forgotten.
pub(super) fn replace(connection: &Connection, list: &Exclusion) -> rusqlite::Result<()> {
    connection.change("DELETE FROM excluded_addresses", [])?;
    for address in &list.addresses {
        add(connection, address)?;
    }
    let facts = [
        ("excluded_by_sha256", HEXLOWER.encode(&list.sha256)),
        ("excluded_by", list.name.clone()),
    ];
    for fact in facts {
        connection.change("INSERT OR REPLACE INTO facts VALUES (?1, ?2)", fact)?;
    }
    Ok(())
}

/// Excludes one address more.
pub(super) fn add(connection: &Connection, address: &AddressKey) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO excluded_addresses VALUES (?1)";
    connection.change(sql, [address.as_bytes()])?;
    Ok(())
}

/// Plans those excluded rows among the records being imported anew whose people are on the list no more.
/// Returns how many.
pub(super) fn reopen(connection: &Connection) -> Result<u64, LedgerError> {
    let excluded = ExcludedAddresses::of(connection)?;
    let mut reopened = Vec::new();
    let sql = "SELECT id, fields FROM rows WHERE status = 'failed' AND error_class = 'excluded'
               AND id IN (SELECT row FROM incoming)";
    connection.each(sql, [], |row| {
        if excluded.problem(connection, &fields(row)?)?.is_none() {
            reopened.push(row.get::<_, i64>("id")?);
        }
        Ok::<_, LedgerError>(())
    })?;
    for row in &reopened {
        let sql = "UPDATE rows SET status = 'pending', error_class = NULL, error = '',
                       http_status = NULL, finished_at = NULL
                   WHERE id = ?1";
        connection.change(sql, [row])?;
    }
    Ok(reopened.len() as u64)
}

/// The list that a ledger goes by.
pub(super) struct ExcludedAddresses {
    is_empty: bool,
    /// Its file's name.
    name: Option<String>,
}

impl ExcludedAddresses {
    pub(super) fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM excluded_addresses)";
        let name = "SELECT value FROM facts WHERE name = 'excluded_by'";
        Ok(Self {
            is_empty: connection.value(sql, [])?,
            name: connection.value(name, []).optional()?,
        })
    }

    /// Why a row gets no copy, if one of its people is on the list.
    pub(super) fn problem(
        &self,
        connection: &Connection,
        fields: &Fields,
    ) -> rusqlite::Result<Option<String>> {
        if self.is_empty {
            return Ok(None);
        }
        for (column, address) in fields.addresses() {
            let sql = "SELECT EXISTS (SELECT 1 FROM excluded_addresses WHERE address = ?1)";
            if connection.value(sql, [AddressKey::of(address).as_bytes()])? {
                let list = match &self.name {
                    Some(name) => format!("the --exclude list {name}"),
                    None => "the --exclude list".into(),
                };
                return Ok(Some(format!("column {column}: {address} is on {list}")));
            }
        }
        Ok(None)
    }
}
