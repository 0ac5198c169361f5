//! Rows without keys of their own that look the same to people.

use rusqlite::Connection;

use crate::ledger::import::refusal::{Refusal, Remedy, refusals};
use crate::ledger::sql_types::ROW_NAME;

const ALIKE: &str = "source, signers, title and merge fields are the same, apart from spaces, invisible characters \
     or the encoding of letters";

/// What to do about two rows of a list that look alike, or are the same.
pub const IN_LIST: &str =
    "To send both, give each its own row_id. To send one of them, use --duplicates skip";

/// What to do about two rows of a report that look alike.
pub const IN_REPORT: &str = "Remove one of them";

/// Rows about to be sent that look like an earlier one. `place` is what a place is called. Those that
/// name no signer are refused only where they may: it is the smaller trouble, and no way around it.
pub fn among_to_send(
    connection: &Connection,
    place: &str,
    advice: &str,
    may_lack_signers: bool,
) -> rusqlite::Result<Vec<Refusal>> {
    let sql = "SELECT line, first FROM (
            SELECT number, line, is_signed,
                first_value(line) OVER (PARTITION BY lookalike ORDER BY number) AS first,
                row_number() OVER (PARTITION BY lookalike ORDER BY number) AS rank
            FROM to_send WHERE lookalike IS NOT NULL)
         WHERE rank > 1 AND (?1 OR is_signed) ORDER BY number";
    let text = format!("this row looks the same as {place} {{first}}: {ALIKE}. {advice}");
    refusals(connection, sql, [may_lack_signers], Remedy::Correct, &text)
}

/// Gives records that look like an earlier one its row. Returns how many did.
pub fn merge(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute_batch(
        "DROP TABLE IF EXISTS temp.merged;
         CREATE TEMP TABLE merged (was TEXT PRIMARY KEY, row_id TEXT NOT NULL, row INTEGER) STRICT;
         INSERT INTO merged
         SELECT again.row_id, first.row_id, first.row
         FROM (SELECT number, min(number) OVER (PARTITION BY lookalike) AS first
               FROM to_send WHERE lookalike IS NOT NULL) AS pairs
         JOIN incoming AS again ON again.number = pairs.number
         JOIN incoming AS first ON first.number = pairs.first
         WHERE pairs.first < pairs.number;",
    )?;
    connection.execute(
        "UPDATE incoming SET row_id = merged.row_id, row = merged.row, is_first = 0
         FROM merged WHERE merged.was = incoming.row_id",
        [],
    )
}

/// Remembers what merged records say as contents of the row that they have, once it is there.
pub fn remember_merged(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "DELETE FROM contents WHERE row IN (SELECT rows.id FROM rows JOIN merged
            ON merged.was = rows.row_id);
         INSERT OR IGNORE INTO contents (hash, row)
         SELECT incoming.hash, incoming.row FROM incoming
         JOIN merged ON merged.row_id = incoming.row_id WHERE NOT incoming.is_first;",
    )
}

fn of_sent_sql() -> String {
    format!(
        "SELECT to_send.line, {ROW_NAME} AS name,
        iif(rows.status = 'sending', 'uncertain', rows.status) AS status
    FROM to_send JOIN rows ON rows.lookalike = to_send.lookalike
    WHERE rows.status IN ('copied', 'uncertain', 'sending') AND rows.id IS NOT to_send.row
    AND rows.id NOT IN (SELECT row FROM to_send WHERE row IS NOT NULL)
    GROUP BY to_send.number ORDER BY to_send.number"
    )
}

/// Records about to be sent that look like a row that was sent, or may have been. `list` is the one that
/// they are from.
pub fn of_sent(connection: &Connection, list: Option<i64>) -> rusqlite::Result<Vec<Refusal>> {
    let text = format!(
        "this row would be sent, but looks the same as {{name}}, which is {{status}}: {ALIKE}. \
         The same people could get a second copy"
    );
    refusals(
        connection,
        &of_sent_sql(),
        [list],
        Remedy::RevertChange,
        &text,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::import::to_send;

    /// A ledger of 200,000 rows must not be gone through once for each of them.
    #[test]
    fn nothing_is_scanned_within_a_loop() {
        let connection = Connection::open_in_memory().unwrap();
        let schema = include_str!("../../schema.sql");
        connection.execute_batch(schema).unwrap();
        connection.execute_batch(to_send::CREATE).unwrap();
        let sql = of_sent_sql().replace(ROW_NAME, "''");
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let mut statement = connection.prepare(&sql).unwrap();
        let steps = statement.query_map([], |row| row.get::<_, String>(3));
        let steps: Vec<String> = steps.unwrap().map(Result::unwrap).collect();
        let is_scan = |step: &&String| step.starts_with("SCAN");
        let scans: Vec<&String> = steps.iter().filter(is_scan).collect();
        assert_eq!(scans.len(), 1, "{steps:?}");
        assert!(
            steps.iter().any(|step| step.contains("SEARCH")),
            "{steps:?}"
        );
    }
}
