//! Rows as people name them: by their row ids, or by their numbers in the report.

use rusqlite::{Connection, OptionalExtension};

use super::sql_types::{ROW_NAME, Statements};
use crate::executor::RowKey;

/// The list whose numbers are meant: the one of that name, else the only one.
pub(super) fn list_meant(
    connection: &Connection,
    name: Option<&str>,
) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id FROM manifests WHERE name = ?1
               OR ?1 IS NULL AND (SELECT count(*) FROM manifests) = 1";
    connection.value(sql, [name]).optional()
}

/// What a row is called, where `list` is the subject.
pub(super) fn name_of(
    connection: &Connection,
    row: RowKey,
    list: Option<i64>,
) -> rusqlite::Result<String> {
    let sql = format!("SELECT {ROW_NAME} FROM rows WHERE id = ?2");
    connection.value(&sql, (list, row))
}

/// The row that `named` means, or why that is not clear: a row id, else `row:17` or 17, the number of a row
/// of `list`.
pub(super) fn find_row(
    connection: &Connection,
    named: &str,
    list: Option<i64>,
) -> rusqlite::Result<Result<RowKey, String>> {
    let sql = "SELECT id FROM rows WHERE row_id = ?1";
    let by_id: Option<RowKey> = connection.value(sql, [named]).optional()?;
    let prefixed = named.strip_prefix("row:").and_then(number);
    let bare = number(named).filter(|_| by_id.is_none());
    let Some(number) = prefixed.or(bare) else {
        return Ok(by_id.ok_or_else(|| {
            format!(
                "'{named}': this ledger has no such row. Name a row by its number in the report (row:17) or by \
                 its row_id"
            )
        }));
    };
    let found = match row_of_number(connection, named, number, list)? {
        Ok(found) => found,
        Err(reason) => return Ok(by_id.ok_or(reason)),
    };
    let sql = "SELECT id FROM rows WHERE row_id GLOB '0*' AND ltrim(row_id, '0') = ltrim(?1, '0')
               OR row_id = ltrim(?1, '0') LIMIT 1";
    let but_for_zeros = bare.map(|_| connection.value(sql, [named]).optional());
    let other = by_id.or(but_for_zeros.transpose()?.flatten());
    Ok(match other.filter(|other| *other != found) {
        None => Ok(found),
        Some(other) => Err(ambiguous(connection, named, [found, other], list)?),
    })
}

fn number(text: &str) -> Option<u32> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_digits)
}

/// The row of a number, or why it is not known which one that is.
fn row_of_number(
    connection: &Connection,
    named: &str,
    number: u32,
    list: Option<i64>,
) -> rusqlite::Result<Result<RowKey, String>> {
    let Some(list) = list else {
        let sql = "SELECT name FROM manifests ORDER BY id";
        let names: Vec<String> = connection.list(sql, [], |row| row.get(0))?;
        return Ok(Err(format!(
            "'{named}': several lists share this ledger ({}), and each numbers its own rows. Name the list or its \
             report, with --ledger, or name the row by its row_id",
            names.join(", ")
        )));
    };
    // The report that its reader has may be older than the list's last import, and number its rows otherwise.
    let sql = "SELECT EXISTS (SELECT 1 FROM runs WHERE manifest = ?1 AND began_at < imported_at)
                  AND NOT EXISTS (SELECT 1 FROM reports WHERE noted_at >= imported_at)
               FROM manifests WHERE id = ?1";
    if connection.value(sql, [list])? {
        return Ok(Err(format!(
            "'{named}': the list was read again after its last report was written, so its rows may have other \
             numbers now. Name the row by its row_id"
        )));
    }
    let sql = "SELECT row FROM records WHERE manifest = ?1 AND number = ?2";
    let found = connection.value(sql, (list, number)).optional()?;
    let sql = "SELECT name FROM manifests WHERE id = ?1";
    Ok(match found {
        Some(row) => Ok(row),
        None => {
            let name: String = connection.value(sql, [list])?;
            Err(format!(
                "'{named}': no row has that row_id, and the report of {name} has no row {number}"
            ))
        }
    })
}

fn ambiguous(
    connection: &Connection,
    named: &str,
    rows: [RowKey; 2],
    list: Option<i64>,
) -> rusqlite::Result<String> {
    let sql = "SELECT row_id FROM rows WHERE id = ?1";
    let mut row_ids = Vec::new();
    let mut names = Vec::new();
    for row in rows {
        row_ids.push(connection.value::<String>(sql, [row])?);
        names.push(name_of(connection, row, list)?);
    }
    Ok(format!(
        "'{named}' can mean {} or {}. Give the row_id: '{}' for the first, '{}' for the second",
        names[0], names[1], row_ids[0], row_ids[1]
    ))
}
