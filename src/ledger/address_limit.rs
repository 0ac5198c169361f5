//! How many copies go to one address: `--max-per-address`, counted over everything that a ledger has sent
//! or is about to send.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};

use super::error::LedgerError;
use super::sql_types::{Statements, constants, fields};
use crate::job::{AddressKey, Column, Fields};
use crate::support::singular_or;

/// So many of an address's rows are named.
const NAMED: i64 = 5;

/// The copies to each address, and what the first rows of them are called.
const CREATE: &str = "
    DROP TABLE IF EXISTS temp.copies_to;
    CREATE TEMP TABLE copies_to (address BLOB PRIMARY KEY, times INTEGER NOT NULL,
        named TEXT NOT NULL) STRICT, WITHOUT ROWID;";

/// Rows that have a copy, may have one, or get one by another plan.
const BEFORE: &str = "
    SELECT fields, constants, coalesce(
        (SELECT CAST(number AS TEXT) FROM records WHERE records.row = rows.id
            AND manifest = (SELECT id FROM manifests WHERE name = ?1)),
        (SELECT number || ' of ' || name FROM records JOIN manifests ON manifests.id = manifest
            WHERE records.row = rows.id), row_id) AS named
    FROM rows
    WHERE id NOT IN (SELECT row FROM work) AND (status IN ('copied', 'uncertain', 'sending')
        OR status = 'pending' AND EXISTS (SELECT 1 FROM records WHERE records.row = rows.id))
    ORDER BY id";

/// The limit that a ledger goes by: the one that is said now, else the one that was said last. A flag that is
/// forgotten sends nobody more.
pub(super) fn in_force(
    connection: &Connection,
    said: Option<u64>,
) -> Result<Option<u64>, LedgerError> {
    if let Some(most) = said {
        let sql = "INSERT OR REPLACE INTO facts VALUES ('max_per_address', ?1)";
        connection.change(sql, [most.to_string()])?;
        return Ok(Some(most));
    }
    let sql = "SELECT value FROM facts WHERE name = 'max_per_address'";
    let last: Option<String> = connection.value(sql, []).optional()?;
    Ok(last.and_then(|last| last.parse().ok()))
}

/// The limit, while a plan is gone through in its order.
pub(super) struct AddressLimit {
    most: u64,
}

impl AddressLimit {
    /// Counts what is sent already. `manifest` is the list whose rows are called by their numbers alone.
    pub(super) fn begin(
        connection: &Connection,
        most: u64,
        manifest: &str,
    ) -> Result<Self, LedgerError> {
        connection.execute_batch(CREATE)?;
        connection.each(BEFORE, [manifest], |row| {
            let (fields, named): (_, String) = (fields(row)?, row.get("named")?);
            for (_, key) in own_addresses(&fields, &constants(row)?) {
                count(connection, &key, &named)?;
            }
            Ok::<_, LedgerError>(())
        })?;
        Ok(Self { most })
    }

    /// Counts one row more, unless one of its people has got enough: then it says who.
    pub(super) fn problem(
        &self,
        connection: &Connection,
        fields: &Fields,
        constants: &[Column],
        number: Option<u64>,
    ) -> rusqlite::Result<Option<String>> {
        let own = own_addresses(fields, constants);
        for (address, key) in &own {
            let sql = "SELECT times, named FROM copies_to WHERE address = ?1 AND times >= ?2";
            let full = connection.ask(sql, (key.as_bytes(), self.most), |row| {
                Ok((row.get(0)?, row.get::<_, String>(1)?))
            });
            if let Some((times, named)) = full.optional()? {
                return Ok(Some(self.describe(address, times, &named)));
            }
        }
        let named = number.map_or_else(|| "?".into(), |number| number.to_string());
        for (_, key) in own {
            count(connection, &key, &named)?;
        }
        Ok(None)
    }

    fn describe(&self, address: &str, times: u64, named: &str) -> String {
        let copies = singular_or(times, "1 copy", &format!("{times} copies")).to_owned();
        let rows = singular_or(times, "row", "rows");
        let more = if times > NAMED as u64 { ", ..." } else { "" };
        format!(
            "{address} already gets {copies} ({rows} {named}{more}), and --max-per-address is {}",
            self.most
        )
    }
}

/// The limit for rows that are looked up. The plan has counted each as a copy that may exist; if none does,
/// it is sent only while the address has no more than the limit with it.
pub(super) struct SettledLimit(Option<u64>);

impl SettledLimit {
    /// The limit that the plan went by.
    pub(super) fn of(connection: &Connection) -> Result<Self, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM temp.sqlite_schema WHERE name = 'copies_to')";
        let is_counted: bool = connection.value(sql, [])?;
        let most = is_counted.then(|| in_force(connection, None)).transpose()?;
        Ok(Self(most.flatten()))
    }

    /// Why a row must not be sent if it has no copy.
    pub(super) fn problem(
        &self,
        connection: &Connection,
        fields: &Fields,
        constants: &[Column],
    ) -> rusqlite::Result<Option<String>> {
        let Some(most) = self.0 else { return Ok(None) };
        for (address, key) in own_addresses(fields, constants) {
            let sql = "SELECT times FROM copies_to WHERE address = ?1 AND times > ?2";
            let times: Option<u64> = connection.value(sql, (key.as_bytes(), most)).optional()?;
            if let Some(times) = times {
                return Ok(Some(format!(
                    "{address} would get {times} copies, and --max-per-address is {most}"
                )));
            }
        }
        Ok(None)
    }
}

fn count(connection: &Connection, key: &AddressKey, named: &str) -> rusqlite::Result<()> {
    connection.change(
        "INSERT INTO copies_to VALUES (?1, 1, ?2) ON CONFLICT DO UPDATE SET
            named = iif(times < ?3, named || ', ' || excluded.named, named), times = times + 1",
        (key.as_bytes(), named, NAMED),
    )?;
    Ok(())
}

/// The signers' addresses that are the row's own, each once.
fn own_addresses<'a>(fields: &'a Fields, constants: &[Column]) -> Vec<(&'a str, AddressKey)> {
    let mut seen = BTreeSet::new();
    let own = fields
        .addresses()
        .filter(|(column, _)| matches!(column, Column::Signer(..)) && !constants.contains(column));
    own.map(|(_, address)| (address, AddressKey::of(address)))
        .filter(|(_, key)| seen.insert(*key))
        .collect()
}
