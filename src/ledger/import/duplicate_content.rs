//! Rows about to be sent that say the same as another row under another row id.

use rusqlite::Connection;

/// Rows about to be sent that say the same as another row, under another row id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuplicateContent {
    /// How many.
    pub rows: u64,
    /// The line of the first of them in the manifest.
    pub first_line: u64,
}

/// Contents that several rows have are few, so they are found first, in one pass over the index.
/// Of rows that are all to be sent, one is no duplicate: the first. A failed row is no copy, and one
/// that no list has any more is not sent.
const DUPLICATES: &str = "
    WITH shared AS MATERIALIZED (
        SELECT hash FROM contents GROUP BY hash HAVING count(*) > 1),
    duplicates AS (
        SELECT min(records.number) AS number, records.line AS line
        FROM shared
        CROSS JOIN contents ON contents.hash = shared.hash
        CROSS JOIN rows ON rows.id = contents.row AND rows.hash = shared.hash
        CROSS JOIN records ON records.row = rows.id AND records.manifest = ?1
        WHERE rows.status = 'pending'
          AND EXISTS (SELECT 1 FROM contents AS theirs JOIN rows AS other ON other.id = theirs.row
                WHERE theirs.hash = shared.hash AND other.hash = shared.hash
                  AND other.id <> rows.id
                  AND (other.status IN ('copied', 'uncertain', 'sending')
                       OR other.status = 'pending' AND other.id < rows.id
                          AND EXISTS (SELECT 1 FROM records AS wanted
                                      WHERE wanted.row = other.id)))
        GROUP BY rows.id)
    SELECT count(*) AS rows, min(number), line FROM duplicates";

/// Finds the duplicates among a manifest's rows, once its records are in place.
pub(super) fn duplicate_content(
    connection: &Connection,
    manifest: i64,
) -> rusqlite::Result<Option<DuplicateContent>> {
    connection.query_row(DUPLICATES, [manifest], |row| {
        let (rows, first): (u64, Option<u64>) = (row.get("rows")?, row.get("line")?);
        Ok(first.map(|first_line| DuplicateContent { rows, first_line }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger of 200,000 rows must not be gone through once for each of them.
    #[test]
    fn nothing_is_scanned_within_a_loop() {
        let connection = Connection::open_in_memory().unwrap();
        let schema = include_str!("../schema.sql");
        connection.execute_batch(schema).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {DUPLICATES}");
        let mut statement = connection.prepare(&sql).unwrap();
        let steps = statement.query_map([1], |row| row.get::<_, String>(3));
        let steps: Vec<String> = steps.unwrap().map(Result::unwrap).collect();
        let scans: Vec<&String> = steps.iter().filter(|step| step.contains("SCAN")).collect();
        assert_eq!(scans, ["SCAN contents", "SCAN shared", "SCAN duplicates"]);
    }
}
