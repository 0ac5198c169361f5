//! The statements behind settling, and the proofs that it rests on.

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::attempts::set_row;
use crate::executor::{KnownCopy, RowKey, Settled, Trace};
use crate::job::{AttemptClass, Ending, RowState, SessionId, TransactionId};
use crate::ledger::LedgerError;
use crate::ledger::view::{optional_timestamp, unreadable};
use crate::support::crash_point;

pub(super) fn trace(connection: &Connection, row: RowKey) -> Result<Trace, LedgerError> {
    // A row can't be uncertain without an attempt; if one was, only what is newer than now
    // would count as its copy.
    let trace = connection
        .prepare_cached(
            "SELECT rows.first_sent_at,
                (SELECT max(began_at) FROM attempts WHERE attempts.row = rows.id),
                EXISTS (SELECT 1 FROM rows AS other
                    WHERE other.transaction_id = rows.transaction_id COLLATE NOCASE
                      AND other.id <> rows.id
                      -- A row without a title shows its source's, which may be any.
                      AND coalesce(title_key(json_extract(other.fields, '$.title'))
                            = title_key(json_extract(rows.fields, '$.title')), 1))
             FROM rows WHERE rows.id = ?1",
        )?
        .query_row([row.0], |row| {
            Ok(Trace {
                first_sent_at: timestamp(row, 0)?,
                began_at: timestamp(row, 1)?,
                is_shared: row.get(2)?,
            })
        })?;
    Ok(trace)
}

pub(super) fn owned_by_others(
    connection: &Connection,
    row: RowKey,
    sessions: Vec<SessionId>,
) -> Result<Vec<SessionId>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM rows WHERE new_session_id = ?1 AND id <> ?2)",
    )?;
    let mut owned = Vec::new();
    for session in sessions {
        if statement.query_row((session.to_string(), row.0), |row| row.get(0))? {
            owned.push(session);
        }
    }
    Ok(owned)
}

/// The first copies after the instant have had the most time to become visible since. Only those
/// count there that were answered: one that was looked up may be older than its row's end. What
/// a person said is a copy may be mistyped, and proves nothing.
pub(super) fn known_copies(
    connection: &Connection,
    source: SessionId,
    since: Timestamp,
) -> Result<Vec<KnownCopy>, LedgerError> {
    const AFTER: &str = "SELECT transaction_id, new_session_id FROM rows
        WHERE status = 'copied' AND substr(audience, 1, 36) = ?1 AND finished_at >= ?2
          AND NOT EXISTS (SELECT 1 FROM settlements WHERE row = rows.id)
        ORDER BY finished_at LIMIT 3";
    const BEFORE: &str = "SELECT transaction_id, new_session_id FROM rows
        WHERE status = 'copied' AND substr(audience, 1, 36) = ?1 AND ?2 IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM settlements WHERE row = rows.id AND run IS NULL)
        ORDER BY finished_at DESC LIMIT 3";
    let invalid = |error: crate::job::InvalidId| unreadable(&format!("a copied row: {error}"));
    for sql in [AFTER, BEFORE] {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((source.to_string(), since.as_millisecond()))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(KnownCopy {
                transaction_id: TransactionId::parse(&row.get::<_, String>(0)?).map_err(invalid)?,
                session: SessionId::parse(&row.get::<_, String>(1)?).map_err(invalid)?,
            });
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

pub(super) fn is_proven(
    connection: &Connection,
    username: &str,
    source: SessionId,
) -> Result<bool, LedgerError> {
    let is_proven = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM proofs WHERE username = lower(?1) AND source = ?2)",
        )?
        .query_row((username, source.to_string()), |row| row.get(0))?;
    Ok(is_proven)
}

pub(super) fn prove(
    connection: &Connection,
    username: &str,
    source: SessionId,
    copy: SessionId,
    at: Timestamp,
) -> Result<(), LedgerError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO proofs (username, source, known_copy, proven_at)
             VALUES (lower(?1), ?2, ?3, ?4)",
        )?
        .execute((
            username,
            source.to_string(),
            copy.to_string(),
            at.as_millisecond(),
        ))?;
    Ok(())
}

/// Writes what became of an uncertain row, and that it was found out. A row that is not uncertain
/// any more was settled by somebody else, and is not ours to change.
pub(in crate::ledger) fn settle(
    connection: &Connection,
    run: Option<i64>,
    row: RowKey,
    settled: &Settled,
    at: Timestamp,
) -> Result<RowState, LedgerError> {
    let (is_uncertain, http_status): (bool, Option<u16>) = connection
        .prepare_cached("SELECT status = 'uncertain', http_status FROM rows WHERE id = ?1")?
        .query_row([row.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if !is_uncertain {
        return Err(unreadable(
            "a row to be settled is not uncertain; another process changed it",
        ));
    }
    let is_copied = matches!(settled.row, RowState::Copied(_));
    let ending = Ending {
        class: AttemptClass::Unknown,
        http_status: http_status.filter(|_| !is_copied),
        text: settled.text.clone(),
        row: settled.row.clone(),
    };
    let became = set_row(connection, row, &ending, at)?;
    if let RowState::Pending(_) = became {
        // A manifest that has the row with other content must be read again, so that it takes
        // that: the next run would else send what was sent before.
        connection
            .prepare_cached(
                "UPDATE manifests SET sha256 = x''
                 WHERE id IN (SELECT manifest FROM changed WHERE row = ?1)",
            )?
            .execute([row.0])?;
    }
    connection
        .prepare_cached(
            "INSERT INTO settlements (row, run, settled_at, status, new_session_id, text)
             SELECT id, ?2, ?3, status, new_session_id, error FROM rows WHERE id = ?1",
        )?
        .execute((row.0, run, at.as_millisecond()))?;
    crash_point("settle-uncommitted");
    Ok(became)
}

fn timestamp(row: &Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    Ok(optional_timestamp(row, index)?.unwrap_or_else(Timestamp::now))
}
