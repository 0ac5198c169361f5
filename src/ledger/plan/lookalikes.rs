//! Rows without keys of their own that people can't tell apart.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{refusals, shown_status};
use crate::ledger::{Refusal, Remedy};

const ALIKE: &str = "the same source, signers, title and merge fields, but for spaces, invisible characters or the \
     encoding of letters";

/// What to do about two rows of a list that look alike.
pub(in crate::ledger) const IN_LIST: &str =
    "give each its own row_id if both are meant, or say --duplicates skip to send it once";

/// What to do about two rows of a report that look alike.
pub(in crate::ledger) const IN_REPORT: &str = "leave one of them out";

/// Rows about to be sent that look like an earlier one. `place` is what a place is called. Those that
/// name no signer are told only where they may: it is the smaller trouble, and no way around it.
pub(in crate::ledger) fn among_sending(
    connection: &Connection,
    place: &str,
    advice: &str,
    may_lack_signers: bool,
) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        [may_lack_signers],
        "SELECT line, first FROM (
            SELECT number, line, is_signed,
                first_value(line) OVER (PARTITION BY lookalike ORDER BY number) AS first,
                row_number() OVER (PARTITION BY lookalike ORDER BY number) AS rank
            FROM sending WHERE lookalike IS NOT NULL)
         WHERE rank > 1 AND (?1 OR is_signed) ORDER BY number",
        |row| {
            let first: u64 = row.get(1)?;
            Ok(Refusal {
                line: row.get(0)?,
                text: format!("this row looks like {place} {first}: {ALIKE}; {advice}"),
                remedy: Remedy::Correct,
            })
        },
    )
}

/// Lets records that look like an earlier one stand for its row. Returns how many did.
pub(in crate::ledger) fn merge(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute_batch(
        "DROP TABLE IF EXISTS temp.merged;
         CREATE TEMP TABLE merged (was TEXT PRIMARY KEY, row_id TEXT NOT NULL, row INTEGER) STRICT;
         INSERT INTO merged
         SELECT again.row_id, first.row_id, first.row
         FROM (SELECT number, min(number) OVER (PARTITION BY lookalike) AS first
               FROM sending WHERE lookalike IS NOT NULL) AS pairs
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

/// Remembers what merged records say as contents of the row that they stand for, once it is there.
pub(in crate::ledger) fn remember_merged(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "DELETE FROM contents WHERE row IN (SELECT rows.id FROM rows JOIN merged
            ON merged.was = rows.row_id);
         INSERT OR IGNORE INTO contents (hash, row)
         SELECT incoming.hash, incoming.row FROM incoming
         JOIN merged ON merged.row_id = incoming.row_id WHERE NOT incoming.is_first;",
    )
}

const OF_SENT: &str = "
    SELECT sending.line, rows.row_id, rows.status
    FROM sending JOIN rows ON rows.lookalike = sending.lookalike
    WHERE rows.status IN ('copied', 'uncertain', 'sending') AND rows.id IS NOT sending.row
    AND rows.id NOT IN (SELECT row FROM sending WHERE row IS NOT NULL)
    GROUP BY sending.number ORDER BY sending.number";

/// Records about to be sent that look like a row that was sent, or may have been. Those at `told` lines
/// are refused for a plainer reason.
pub(in crate::ledger) fn of_sent(
    connection: &Connection,
    told: &HashSet<Option<u64>>,
) -> rusqlite::Result<Vec<Refusal>> {
    let mut all = refusals(connection, [], OF_SENT, |row| {
        let (row_id, status): (String, String) = (row.get(1)?, row.get(2)?);
        Ok(Refusal {
            line: row.get(0)?,
            text: format!(
                "this row would be sent, but looks like row '{row_id}', which is {}: {ALIKE}; the \
                     same people could get a second copy",
                shown_status(&status)
            ),
            remedy: Remedy::RevertChange,
        })
    })?;
    all.retain(|refusal| !told.contains(&refusal.line));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::plan::sending;

    /// A ledger of 200,000 rows must not be gone through once for each of them.
    #[test]
    fn nothing_is_scanned_within_a_loop() {
        let connection = Connection::open_in_memory().unwrap();
        let schema = include_str!("../schema.sql");
        connection.execute_batch(schema).unwrap();
        connection.execute_batch(sending::CREATE).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {OF_SENT}");
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
