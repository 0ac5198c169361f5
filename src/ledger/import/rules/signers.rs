//! Rows without signers: their copies keep their source's, and that must be meant.

use rusqlite::Connection;

use crate::ledger::import::list_columns::ListColumns;
use crate::ledger::import::refusal::{Refusal, Remedy, refusals};
use crate::ledger::sql_types::Statements;

/// What is wrong with a row that names no signer, where there are columns for them.
pub const EMPTY: &str = "this row names no signer: all its signer columns are empty, so its copy would keep the source's \
     signers. Fill them in, or use --keep-source-signers if you want that";

/// Gives each row about to be sent that names no signer its flaw, where the list has columns for them.
pub fn add_flaws(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "INSERT INTO flaws (number, text, is_constant)
               SELECT number, ?1, 0 FROM to_send WHERE NOT is_signed";
    connection.execute(sql, [EMPTY])?;
    Ok(())
}

/// The records that name no signer. In a list the same row again is one more that would keep the
/// source's, to whoever wrote it (?1).
const UNSIGNED: &str = "WITH unsigned AS MATERIALIZED (
    SELECT number, line, lower(json_extract(fields, '$.source_session_id')) AS source,
        (SELECT min(number) FROM incoming AS same WHERE same.row_id = incoming.row_id)
            IN (SELECT number FROM to_send) AS is_sent
    FROM incoming WHERE NOT is_signed AND iif(?1, problem IS NULL, is_first))";

/// What refuses a list or report without columns for signers: another column holds their addresses, or
/// two rows copy one session.
pub fn missing(
    connection: &Connection,
    columns: &ListColumns,
    place: &str,
    is_list: bool,
) -> rusqlite::Result<Vec<Refusal>> {
    let Some(column) = &columns.addresses else {
        return repeated_source(connection, place, is_list);
    };
    let sql = format!("{UNSIGNED} SELECT count(*) FROM unsigned WHERE is_sent");
    let rows: u64 = connection.value(&sql, [is_list])?;
    let (copies, their) = match rows {
        0 => return Ok(Vec::new()),
        1 => ("1 copy".to_owned(), "its source's"),
        rows => (format!("{rows} copies"), "their source's"),
    };
    let way_on = match &columns.mapped_from {
        None => {
            "Rename it to signer_1_email (and the columns with the names to signer_1_first_name and \
             signer_1_last_name)"
                .to_owned()
        }
        Some(_) => format!(
            "Add the signer to the mapping (below a line [[signers]]: email = '{{{{ row[\"{column}\"] }}}}')"
        ),
    };
    let text = format!(
        "the column '{column}' holds e-mail addresses, but no column names a signer: {copies} would keep \
         {their} signers. {way_on}, or use --keep-source-signers if you want that"
    );
    Ok(vec![Refusal::new(None, text)])
}

/// Records that are copied already count too: what is about to be sent is the second copy.
fn repeated_source(
    connection: &Connection,
    place: &str,
    is_list: bool,
) -> rusqlite::Result<Vec<Refusal>> {
    let sql = format!(
        "{UNSIGNED}, ranked AS (
            SELECT *, row_number() OVER (PARTITION BY source ORDER BY number) AS rank,
                first_value(line) OVER (PARTITION BY source ORDER BY number) AS first,
                count(*) OVER (PARTITION BY source) AS count,
                max(is_sent) OVER (PARTITION BY source) AS is_bound
            FROM unsigned)
         SELECT line, first, source, count FROM ranked WHERE rank = 2 AND is_bound ORDER BY number"
    );
    let text = format!(
        "this row names no signer, nor does {place} {{first}}, and both copy session {{source}}: the \
         source's signers would get {{count}} copies. Name the signers (signer_1_email), or use \
         --keep-source-signers if you want that"
    );
    refusals(connection, &sql, [is_list], Remedy::Correct, &text)
}
