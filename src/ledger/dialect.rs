//! How a manifest was written as CSV, for its report.

use rusqlite::{Connection, Row};

use super::LedgerError;
use crate::job::{CsvDialect, SEPARATORS};

/// Records it for the manifest with that number.
pub(super) fn record(
    connection: &Connection,
    manifest: i64,
    dialect: Option<CsvDialect>,
) -> Result<(), LedgerError> {
    let separator = dialect.map(|dialect| char::from(dialect.separator).to_string());
    let has_mark = dialect.map(|dialect| dialect.has_mark);
    connection.execute(
        "UPDATE manifests SET separator = ?2, has_mark = ?3 WHERE id = ?1",
        (manifest, separator, has_mark),
    )?;
    Ok(())
}

/// Reads it from the columns `separator` and `has_mark`; `None` if nobody knows.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<CsvDialect>> {
    let separator: Option<String> = row.get("separator")?;
    let has_mark: Option<bool> = row.get("has_mark")?;
    let separator = separator.and_then(|text| {
        let mut known = SEPARATORS.into_iter();
        known.find(|separator| text.as_bytes() == [*separator])
    });
    Ok(separator
        .zip(has_mark)
        .map(|(separator, has_mark)| CsvDialect {
            separator,
            has_mark,
        }))
}
