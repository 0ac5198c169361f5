//! The statements behind settling, and the proofs that it rests on.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::attempts::set_row;
use crate::executor::{KnownCopy, RowKey, Settled, Trace};
use crate::job::{AttemptClass, Ending, RowState, SessionId, TransactionId};
use crate::ledger::LedgerError;
use crate::ledger::view::{optional_timestamp, unreadable};

pub(super) fn trace(connection: &Connection, row: RowKey) -> Result<Trace, LedgerError> {
    // Without attempts of this ledger, a row is uncertain because a report says so, or because it
    // is not looked up yet whether what a report says holds.
    let trace = connection
        .prepare_cached(
            "SELECT rows.first_sent_at,
                (SELECT max(began_at) FROM attempts WHERE attempts.row = rows.id),
                EXISTS (SELECT 1 FROM rows AS other
                    WHERE other.transaction_id = rows.transaction_id AND other.id <> rows.id
                      AND json_extract(other.fields, '$.title')
                          IS json_extract(rows.fields, '$.title')),
                EXISTS (SELECT 1 FROM taken_over WHERE taken_over.row = rows.id)
                    AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.row = rows.id)
             FROM rows WHERE rows.id = ?1",
        )?
        .query_row([row.0], |row| {
            Ok(Trace {
                first_sent_at: optional_timestamp(row, 0)?,
                began_at: timestamp(row, 1)?,
                is_shared: row.get(2)?,
                is_reported: row.get(3)?,
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

/// The first copy after the instant has had the most time to become visible since.
pub(super) fn known_copy(
    connection: &Connection,
    source: SessionId,
    since: Timestamp,
) -> Result<Option<KnownCopy>, LedgerError> {
    const AFTER: &str = "SELECT transaction_id, new_session_id, finished_at FROM rows
        WHERE status = 'copied' AND substr(audience, 1, 36) = ?1 AND finished_at >= ?2
        ORDER BY finished_at LIMIT 1";
    const BEFORE: &str = "SELECT transaction_id, new_session_id, finished_at FROM rows
        WHERE status = 'copied' AND substr(audience, 1, 36) = ?1 AND finished_at < ?2
        ORDER BY finished_at DESC LIMIT 1";
    let find = |sql| -> rusqlite::Result<Option<(String, String, Timestamp)>> {
        connection
            .prepare_cached(sql)?
            .query_row((source.to_string(), since.as_millisecond()), |row| {
                Ok((row.get(0)?, row.get(1)?, timestamp(row, 2)?))
            })
            .optional()
    };
    let found = match find(AFTER)? {
        Some(found) => Some(found),
        None => find(BEFORE)?,
    };
    let Some((transaction_id, session, finished_at)) = found else {
        return Ok(None);
    };
    let invalid = |error: crate::job::InvalidId| unreadable(&format!("a copied row: {error}"));
    Ok(Some(KnownCopy {
        transaction_id: TransactionId::parse(&transaction_id).map_err(invalid)?,
        session: SessionId::parse(&session).map_err(invalid)?,
        finished_at,
    }))
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
    connection
        .prepare_cached(
            "INSERT INTO settlements (row, run, settled_at, status, new_session_id, text)
             SELECT id, ?2, ?3, status, new_session_id, error FROM rows WHERE id = ?1",
        )?
        .execute((row.0, run, at.as_millisecond()))?;
    Ok(became)
}

/// Gives a row back the standing that its report gave it, now that a look-up bears it out.
pub(super) fn believe(
    connection: &Connection,
    run: i64,
    row: RowKey,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let changed = connection
        .prepare_cached(
            "UPDATE rows SET status = 'pending', finished_at = NULL,
                (error_class, error, http_status) =
                    (SELECT error_class, error, http_status FROM taken_over WHERE row = ?1)
             WHERE id = ?1 AND status = 'uncertain'",
        )?
        .execute([row.0])?;
    if changed != 1 {
        return Err(unreadable(
            "a reported row is not uncertain; another process changed it",
        ));
    }
    connection
        .prepare_cached(
            "INSERT INTO settlements (row, run, settled_at, status, text)
             VALUES (?1, ?2, ?3, 'pending', 'no copy exists, as its report says')",
        )?
        .execute((row.0, run, at.as_millisecond()))?;
    Ok(())
}

fn timestamp(row: &Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    Ok(optional_timestamp(row, index)?.unwrap_or_else(Timestamp::now))
}
