//! A row as people know it: by its number in the report and its first address.

use rusqlite::Connection;

use super::LedgerError;
use super::sql_types::{Statements, fields};
use crate::executor::RowKey;
use crate::job::{Column, Fields, SignerColumn};

/// What a row is called where one is spoken of: `row 17 (ana@example.com)`. A row that no manifest has any more is
/// called by its row id.
pub(super) fn row_label(connection: &Connection, row: RowKey) -> Result<String, LedgerError> {
    let sql = "SELECT row_id, fields, (SELECT number FROM records WHERE records.row = rows.id
                   ORDER BY manifest DESC, number LIMIT 1) AS number
               FROM rows WHERE id = ?1";
    let (row_id, number, fields) = connection.ask(sql, [row], |row| {
        let row_id: String = row.get("row_id")?;
        let number: Option<u64> = row.get("number")?;
        Ok((row_id, number, fields(row)))
    })?;
    let name = number.map_or_else(
        || format!("row '{row_id}'"),
        |number| format!("row {number}"),
    );
    Ok(match first_address(&fields?) {
        Some(email) => format!("{name} ({email})"),
        None => name,
    })
}

fn first_address(fields: &Fields) -> Option<String> {
    let mut emails = fields.iter().filter_map(|(column, text)| match column {
        Column::Signer(_, SignerColumn::Email) => Some(text),
        _ => None,
    });
    emails.next().map(str::to_owned)
}
