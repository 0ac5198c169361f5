//! How a manifest was written as CSV, for its report.

use rusqlite::Row;

use crate::job::{CsvDialect, SEPARATORS};

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
