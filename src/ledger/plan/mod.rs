//! What an import means for the rows that are there already: who is the same row, what is
//! refused, what changes. In SQL over the whole set, so that memory does not grow with it.

pub(super) mod apply;
mod duplicate_content;
mod flaws;
mod generated_ids;
mod judge;
pub(super) mod lookalikes;
pub(super) mod sending;
pub(super) mod signers;

use rusqlite::{Connection, Params, Row};

use super::{Refusal, Remedy, SkippedDuplicate};
pub use duplicate_content::DuplicateContent;
pub(super) use duplicate_content::duplicate_content;
pub(super) use judge::judge;

/// The records being imported; temporary, so that a killed import leaves nothing.
pub(super) const INCOMING: &str = "
    PRAGMA temp_store = FILE;
    DROP TABLE IF EXISTS temp.incoming;
    DROP TABLE IF EXISTS temp.flaws;
    -- What refuses a record if it is about to be sent, cell by cell.
    CREATE TEMP TABLE flaws (
        number INTEGER NOT NULL,
        text TEXT NOT NULL,
        is_constant INTEGER NOT NULL
    ) STRICT;
    CREATE TEMP TABLE incoming (
        number INTEGER PRIMARY KEY,
        line INTEGER NOT NULL,
        row_id TEXT NOT NULL,
        keyed INTEGER NOT NULL,
        fields TEXT NOT NULL,
        constants TEXT NOT NULL,
        hash BLOB NOT NULL,
        audience TEXT NOT NULL,
        is_signed INTEGER NOT NULL,
        lookalike BLOB,
        transaction_id TEXT,
        expires_on TEXT,
        problem TEXT,
        other TEXT NOT NULL,
        row INTEGER,
        is_first INTEGER NOT NULL DEFAULT 0
    ) STRICT;";

pub(super) const ADD: &str = "
    INSERT INTO incoming (number, line, row_id, keyed, fields, constants, hash, audience,
        is_signed, lookalike, transaction_id, expires_on, problem, other)
    VALUES (:number, :line, :row_id, :keyed, :fields, :constants, :hash, :audience,
        :is_signed, :lookalike, :transaction_id, :expires_on, :problem, :other)";

pub(super) const ADD_FLAW: &str =
    "INSERT INTO flaws (number, text, is_constant) VALUES (?1, ?2, ?3)";

/// Finds each record's row: by its key, else by any content that a row has had.
pub(super) fn resolve(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "UPDATE incoming SET row_id = coalesce(
            (SELECT rows.row_id FROM contents JOIN rows ON rows.id = contents.row
             WHERE contents.hash = incoming.hash
             ORDER BY rows.hash = incoming.hash DESC, rows.id LIMIT 1), row_id)
         WHERE NOT keyed;
         CREATE INDEX IF NOT EXISTS temp.incoming_row_id ON incoming (row_id, number);
         UPDATE incoming SET row = (SELECT id FROM rows WHERE rows.row_id = incoming.row_id);
         -- A row id made from this very content: the row had it first, also where a report told
         -- the ledger only of a later one.
         INSERT OR IGNORE INTO contents (hash, row)
         SELECT hash, row FROM incoming WHERE NOT keyed AND row IS NOT NULL;
         CREATE INDEX IF NOT EXISTS temp.incoming_row ON incoming (row);
         UPDATE incoming SET is_first = 1
         WHERE number = (SELECT min(number) FROM incoming AS same
                         WHERE same.row_id = incoming.row_id);",
    )
}

/// Records that stand for a row which an earlier record stands for too. `place` is what a place
/// is called: line or record. Of rows about to be sent that name no signer, only those are told that
/// may: their likeness is the smaller trouble, and no way around it.
pub(super) fn duplicates(
    connection: &Connection,
    place: &str,
    may_lack_signers: bool,
) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        [may_lack_signers],
        "SELECT again.line, again.row_id, first.line, again.keyed, again.hash <> first.hash
         FROM incoming AS again
         JOIN incoming AS first ON first.row_id = again.row_id AND first.is_first
         WHERE NOT again.is_first
           AND (?1 OR again.is_signed OR first.number NOT IN (SELECT number FROM sending))
         ORDER BY again.number",
        |row| {
            let (row_id, first): (String, i64) = (row.get(1)?, row.get(2)?);
            let or_once = "give each its own row_id if both are meant, or say --duplicates skip to \
                           send it once";
            let text = match (row.get(3)?, row.get(4)?) {
                (true, true) => format!(
                    "the row id '{row_id}' stands at {place} {first} for other content; give each \
                     its own row_id"
                ),
                (true, false) => {
                    format!("the row id '{row_id}' stands at {place} {first} already; {or_once}")
                }
                (false, _) => format!("the same row stands at {place} {first} already; {or_once}"),
            };
            Ok(Refusal {
                line: row.get(0)?,
                text,
                remedy: Remedy::Correct,
            })
        },
    )
}

/// Records that are skipped although they say something else than the one that is sent: their
/// places, the other's, and the row id.
pub(super) fn skipped(connection: &Connection) -> rusqlite::Result<Vec<SkippedDuplicate>> {
    connection
        .prepare(
            "SELECT again.line, first.line, again.row_id
             FROM incoming AS again
             JOIN incoming AS first ON first.row_id = again.row_id AND first.is_first
             WHERE NOT again.is_first AND again.keyed AND again.hash <> first.hash
             ORDER BY again.number",
        )?
        .query_map([], |row| {
            Ok(SkippedDuplicate {
                line: row.get(0)?,
                first: row.get(1)?,
                row_id: row.get(2)?,
            })
        })?
        .collect()
}

/// Rows that were sent, or may have been, and now stand for other people or another session.
/// A manifest that still says what it said before its row was corrected in a report, or says what
/// the row once was, is no change.
pub(super) fn changed_after_copying(
    connection: &Connection,
    manifest: i64,
) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        [manifest],
        "SELECT incoming.line, rows.row_id, rows.status
         FROM incoming JOIN rows ON rows.id = incoming.row
         LEFT JOIN (SELECT row, hash, min(number) FROM records WHERE manifest = ?1 GROUP BY row)
             AS last ON last.row = rows.id
         LEFT JOIN former ON former.manifest = ?1 AND former.row = rows.id
         WHERE incoming.is_first
           AND rows.status IN ('copied', 'uncertain', 'sending')
           AND rows.audience <> incoming.audience
           AND (rows.hash = incoming.hash
                OR nullif(coalesce(last.hash, former.hash), x'') <> incoming.hash
                OR (nullif(coalesce(last.hash, former.hash), x'') IS NULL
                    AND NOT EXISTS (SELECT 1 FROM contents WHERE contents.row = rows.id
                                    AND contents.hash = incoming.hash)))
         ORDER BY incoming.number",
        |row| {
            let (row_id, status): (String, String) = (row.get(1)?, row.get(2)?);
            let text = format!(
                "row '{row_id}' is {} and now names another session or other e-mail addresses; \
                 it would not be sent again. Give a new copy a new row_id",
                shown_status(&status)
            );
            Ok(Refusal {
                line: row.get(0)?,
                text,
                remedy: Remedy::RevertChange,
            })
        },
    )
}

/// Rows of one list that a row of another list would change: two lists that number their rows
/// alike, in one ledger, are not the same rows.
pub(super) fn of_another_list(
    connection: &Connection,
    manifest: i64,
) -> rusqlite::Result<Vec<Refusal>> {
    refusals(
        connection,
        [manifest],
        "SELECT incoming.line, rows.row_id, min(manifests.name)
         FROM incoming JOIN rows ON rows.id = incoming.row
         JOIN records ON records.row = rows.id AND records.manifest <> ?1
         JOIN manifests ON manifests.id = records.manifest
         WHERE incoming.is_first
           AND rows.status IN ('pending', 'failed')
           AND rows.audience <> incoming.audience
           AND NOT EXISTS (SELECT 1 FROM contents WHERE contents.row = rows.id
                           AND contents.hash = incoming.hash)
         GROUP BY incoming.number ORDER BY incoming.number",
        |row| {
            let (row_id, name): (String, String) = (row.get(1)?, row.get(2)?);
            let text = format!(
                "row '{row_id}' is also a row of {name}, for another session or other e-mail \
                 addresses, and would replace it there; give the two lists different row ids"
            );
            Ok(Refusal {
                line: row.get(0)?,
                text,
                remedy: Remedy::RevertChange,
            })
        },
    )
}

/// Rows that are new, or newly, for the same people and session as a copied or uncertain row that
/// vanished: an edit that would copy them a second time.
pub(super) fn reappeared(connection: &Connection, manifest: i64) -> rusqlite::Result<Vec<Refusal>> {
    connection.execute_batch(
        "DROP TABLE IF EXISTS temp.vanished;
         CREATE TEMP TABLE vanished (audience TEXT, row_id TEXT, status TEXT) STRICT;",
    )?;
    connection.execute(
        "INSERT INTO vanished
         SELECT rows.audience, rows.row_id, rows.status FROM rows
         WHERE rows.status IN ('copied', 'uncertain', 'sending')
           AND (rows.id IN (SELECT row FROM records WHERE manifest = ?1)
                OR rows.id IN (SELECT row FROM former WHERE manifest = ?1))
           AND NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.row = rows.id)",
        [manifest],
    )?;
    connection.execute_batch("CREATE INDEX temp.vanished_audience ON vanished (audience)")?;
    refusals(
        connection,
        [],
        "SELECT incoming.line, vanished.row_id, vanished.status
         FROM incoming JOIN vanished ON vanished.audience = incoming.audience
         LEFT JOIN rows ON rows.id = incoming.row
         WHERE incoming.is_first
           AND (rows.id IS NULL
                OR (rows.status IN ('pending', 'failed') AND rows.audience <> incoming.audience))
         GROUP BY incoming.number ORDER BY incoming.number",
        |row| {
            let (row_id, status): (String, String) = (row.get(1)?, row.get(2)?);
            let text = format!(
                "this row would be sent, but row '{row_id}', for the same session and e-mail addresses, \
                 is {} and gone from the manifest; sending it could copy the same people twice",
                shown_status(&status)
            );
            Ok(Refusal {
                line: row.get(0)?,
                text,
                remedy: Remedy::RevertChange,
            })
        },
    )
}

/// How many records stand for a row that an earlier record stands for.
pub(super) fn duplicate_count(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT count(*) FROM incoming WHERE NOT is_first";
    connection.query_row(sql, [], |row| row.get(0))
}

/// How many copied rows the manifest had at its last import and has no longer.
pub(super) fn newly_vanished_count(
    connection: &Connection,
    manifest: i64,
) -> rusqlite::Result<u64> {
    connection.query_row(
        "SELECT count(DISTINCT rows.id) FROM records JOIN rows ON rows.id = records.row
         WHERE records.manifest = ?1 AND rows.status = 'copied'
           AND NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.row = rows.id)",
        [manifest],
        |row| row.get(0),
    )
}

/// `sending` is the ledger's own word; people know it as uncertain.
fn shown_status(status: &str) -> &str {
    if status == "sending" {
        "uncertain"
    } else {
        status
    }
}

fn refusals(
    connection: &Connection,
    parameters: impl Params,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<Refusal>,
) -> rusqlite::Result<Vec<Refusal>> {
    connection
        .prepare(sql)?
        .query_map(parameters, read)?
        .collect()
}
