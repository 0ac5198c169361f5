//! Rows without signers: their copies keep their source's, and that must be meant.

use rusqlite::Connection;

use super::refusals;
use crate::job::Column;
use crate::ledger::{ListColumns, Refusal, Remedy};

/// What rows that name no signer must not be, in words that a flag's name ends.
pub(in crate::ledger) const EMPTY: &str = "names no signer: all its signer columns are empty, and its copy would keep the source's signers. \
     Fill them in, or say --keep-source-signers if that is meant";

/// Says once which column most probably names the signers.
pub(in crate::ledger) fn address_text(column: &str, rows: u64) -> String {
    let (copies, their) = match rows {
        1 => ("1 copy".to_owned(), "its source's"),
        rows => (format!("{rows} copies"), "their source's"),
    };
    format!(
        "the column '{column}' holds e-mail addresses, but no column names a signer: {copies} would keep \
         {their} signers. Name it signer_1_email (and the names signer_1_first_name and \
         signer_1_last_name), or say --keep-source-signers if that is meant"
    )
}

/// Says of a row that another one without signers copies the same session. `first` is where it stands.
pub(in crate::ledger) fn again_text(first: &str, source: &str, rows: u64) -> String {
    format!(
        "names no signer, nor does {first}, and both copy session {source}: the source's signers would \
         get {rows} copies. Name the signers (signer_1_email), or say --keep-source-signers if \
         that is meant"
    )
}

/// Whether the list has a column for signers.
pub(in crate::ledger) fn has_signers(columns: &ListColumns) -> bool {
    let mut names = columns.names.iter();
    names.any(|name| matches!(name.parse(), Ok(Column::Signer(..))))
}

/// Gives each row about to be sent that names no signer its flaw, where the list has columns for them.
pub(in crate::ledger) fn add_flaws(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "INSERT INTO flaws (number, text, is_constant)
               SELECT number, ?1, 0 FROM sending WHERE NOT is_signed";
    connection.execute(sql, [EMPTY])?;
    Ok(())
}

/// What refuses a list without columns for signers, once its records without a signer are found: another column holds their addresses, or two rows
/// copy one session.
pub(in crate::ledger) fn missing(
    connection: &Connection,
    columns: &ListColumns,
    place: &str,
) -> rusqlite::Result<Vec<Refusal>> {
    let sql = "SELECT count(*) FROM unsigned WHERE is_sending";
    let rows: u64 = connection.query_row(sql, [], |row| row.get(0))?;
    match &columns.addresses {
        _ if rows == 0 => Ok(Vec::new()),
        Some(column) => Ok(vec![Refusal {
            line: None,
            text: address_text(column, rows),
            remedy: Remedy::Correct,
        }]),
        None => again(connection, place),
    }
}

/// Records that are copied already count too: what is about to be sent is the second copy.
fn again(connection: &Connection, place: &str) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        [],
        "WITH ranked AS (
            SELECT *, row_number() OVER (PARTITION BY source ORDER BY number) AS rank,
                first_value(line) OVER (PARTITION BY source ORDER BY number) AS first,
                count(*) OVER (PARTITION BY source) AS count,
                max(is_sending) OVER (PARTITION BY source) AS is_bound
            FROM unsigned)
         SELECT line, first, source, count FROM ranked WHERE rank = 2 AND is_bound ORDER BY number",
        |row| {
            let first = format!("{place} {}", row.get::<_, u64>(1)?);
            let source: String = row.get(2)?;
            Ok(Refusal {
                line: row.get(0)?,
                text: again_text(&first, &source, row.get(3)?),
                remedy: Remedy::Correct,
            })
        },
    )
}

const CREATE: &str = "DROP TABLE IF EXISTS temp.unsigned;
    CREATE TEMP TABLE unsigned (number INTEGER PRIMARY KEY, line INTEGER NOT NULL,
        source TEXT, is_sending INTEGER NOT NULL) STRICT;";

/// The records of a list that name no signer.
pub(in crate::ledger) fn find_in_list(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(CREATE)?;
    connection.execute_batch(
        "INSERT INTO unsigned
         SELECT number, line, lower(json_extract(fields, '$.source_session_id')),
            -- The same row again is one more that would keep them, to whoever wrote it.
            (SELECT min(number) FROM incoming AS same WHERE same.row_id = incoming.row_id)
                IN (SELECT number FROM sending)
         FROM incoming WHERE NOT is_signed AND problem IS NULL",
    )
}

/// The lines of a report that name no signer.
pub(in crate::ledger) fn find_in_report(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(CREATE)?;
    connection.execute_batch(
        "INSERT OR IGNORE INTO unsigned
         SELECT reported.line, reported.line,
            lower(json_extract(rows.fields, '$.source_session_id')),
            rows.id IN (SELECT row FROM sending)
         FROM reported JOIN rows ON rows.id = reported.row
         WHERE NOT EXISTS (SELECT 1 FROM json_each(rows.fields) WHERE key GLOB 'signer_*')",
    )
}

/// The rows of a ledger begun from a report that name no signer.
pub(in crate::ledger) fn find_taken_over(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(CREATE)?;
    connection.execute_batch(
        "INSERT OR IGNORE INTO unsigned
         SELECT min(records.line), min(records.line),
            lower(json_extract(rows.fields, '$.source_session_id')),
            rows.id IN (SELECT row FROM sending)
         FROM records JOIN rows ON rows.id = records.row
         WHERE NOT EXISTS (SELECT 1 FROM json_each(rows.fields) WHERE key GLOB 'signer_*')
         GROUP BY rows.id",
    )
}
