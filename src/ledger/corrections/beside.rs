//! What corrected rows mean beside the others, once all are read.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::RowSample;
use crate::job::{Column, RowId};
use crate::ledger::LedgerError;
use crate::ledger::view::unreadable;

/// Rows whose corrected people have a copy of the same session under another row, or may have one:
/// a column that was sorted by itself does that.
pub(super) fn reached(connection: &Connection) -> Result<RowSample, LedgerError> {
    let mut statement = connection.prepare(
        "SELECT reported.line, rows.row_id FROM reported JOIN rows ON rows.id = reported.row
         WHERE reported.audience IS NOT NULL AND reported.audience IN (SELECT audience FROM rows
            WHERE status IN ('copied', 'uncertain', 'sending'))
         ORDER BY reported.line",
    )?;
    let mut rows = statement.query([])?;
    let mut reached = RowSample::default();
    while let Some(row) = rows.next()? {
        let row_id = RowId::parse(&row.get::<_, String>(1)?);
        let row_id = row_id.map_err(|error| unreadable(&error.to_string()))?;
        reached.add_row(row.get(0)?, &row_id);
    }
    Ok(reached)
}

/// What is sent is shown: columns that only the report, or `--set`, has are its manifest's from
/// now on.
pub(super) fn add_columns(
    connection: &Connection,
    new: &BTreeSet<Column>,
) -> Result<(), LedgerError> {
    if new.is_empty() {
        return Ok(());
    }
    let mut manifests = connection.prepare(
        "SELECT id, columns FROM manifests WHERE id IN
            (SELECT manifest FROM records JOIN reported ON reported.row = records.row)",
    )?;
    let manifests = manifests.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let manifests: Vec<(i64, String)> = manifests.collect::<Result<_, _>>()?;
    for (manifest, columns) in manifests {
        let mut columns: Vec<String> = serde_json::from_str(&columns).unwrap_or_default();
        let names = new.iter().map(Column::to_string);
        let names: Vec<String> = names.filter(|name| !columns.contains(name)).collect();
        columns.extend(names);
        let columns = serde_json::to_string(&columns).expect("a list of texts is JSON");
        let sql = "UPDATE manifests SET columns = ?2 WHERE id = ?1";
        connection.execute(sql, (manifest, columns))?;
    }
    Ok(())
}
