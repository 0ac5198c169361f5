//! Records of a list that are one row.

use rusqlite::Connection;

use super::lookalikes::IN_LIST;
use crate::ledger::import::refusal::Refusal;
use crate::ledger::sql_types::Statements;

/// A record that is not sent, although it says something else than the earlier one of its row id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedDuplicate {
    /// Its line.
    pub line: u64,
    /// The line of the earlier one.
    pub first: u64,
    /// The row id that both have.
    pub row_id: String,
}

/// Records of a row that an earlier record has too. `place` is what a place
/// is called: line or record. Of rows about to be sent that name no signer, only those are refused
/// that may: their likeness is the smaller trouble, and no way around it.
pub fn duplicates(
    connection: &Connection,
    place: &str,
    may_lack_signers: bool,
) -> rusqlite::Result<Vec<Refusal>> {
    let sql = "SELECT again.line, again.row_id, first.line AS first, again.keyed,
            again.hash <> first.hash AS differs
         FROM incoming AS again
         JOIN incoming AS first ON first.row_id = again.row_id AND first.is_first
         WHERE NOT again.is_first
           AND (?1 OR again.is_signed OR first.number NOT IN (SELECT number FROM to_send))
         ORDER BY again.number";
    connection.list(sql, [may_lack_signers], |row| {
        let (row_id, first): (String, u64) = (row.get("row_id")?, row.get("first")?);
        let text = match (row.get("keyed")?, row.get("differs")?) {
            (true, true) => format!(
                "{place} {first} already has row_id '{row_id}', with different content. Give each row its \
                 own row_id"
            ),
            (true, false) => {
                format!("{place} {first} already has row_id '{row_id}'. {IN_LIST}")
            }
            (false, _) => format!("{place} {first} already has this row. {IN_LIST}"),
        };
        Ok(Refusal::new(row.get::<_, u64>("line")?, text))
    })
}

/// Records that are skipped although they say something else than the one that is sent.
pub fn skipped(connection: &Connection) -> rusqlite::Result<Vec<SkippedDuplicate>> {
    let sql = "SELECT again.line, first.line AS first, again.row_id
         FROM incoming AS again
         JOIN incoming AS first ON first.row_id = again.row_id AND first.is_first
         WHERE NOT again.is_first AND again.keyed AND again.hash <> first.hash
         ORDER BY again.number";
    connection.list(sql, [], |row| {
        Ok(SkippedDuplicate {
            line: row.get("line")?,
            first: row.get("first")?,
            row_id: row.get("row_id")?,
        })
    })
}

/// How many records are of a row that an earlier record has.
pub fn duplicate_count(connection: &Connection) -> rusqlite::Result<u64> {
    connection.value("SELECT count(*) FROM incoming WHERE NOT is_first", [])
}
