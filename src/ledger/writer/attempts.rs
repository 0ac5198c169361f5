//! The statements that record attempts, and what becomes of their rows.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::command::WriterContext;
use crate::executor::{AttemptEnd, AttemptKey, AttemptStart, RowKey};
use crate::job::{AttemptClass, AttemptOutcome, ErrorClass, RowState, SessionId, Status};
use crate::ledger::LedgerError;
use crate::ledger::sql_types::Statements;
use crate::support::crash_point;

pub(super) fn begin(
    context: &WriterContext<'_>,
    start: AttemptStart,
) -> Result<AttemptKey, LedgerError> {
    context.require_place()?;
    let (connection, at) = (context.connection, start.at.as_millisecond());
    let changed = connection.change(
        "UPDATE rows SET status = 'sending', attempts = attempts + 1,
            first_sent_at = coalesce(first_sent_at, ?2)
         WHERE id = ?1 AND status = 'pending'",
        (start.row, at),
    )?;
    LedgerError::conflict_unless(changed == 1, "a row to be sent is not pending")?;
    connection.change(
        "INSERT INTO attempts (row, run, began_at) VALUES (?1, ?2, ?3)",
        (start.row, context.run, at),
    )?;
    crash_point("attempt-begin-uncommitted");
    Ok(AttemptKey(connection.last_insert_rowid()))
}

/// A row that another run began to send meanwhile is not ours to put back.
pub(super) fn postpone(
    connection: &Connection,
    row: RowKey,
    outcome: &AttemptOutcome,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let sql = "SELECT status = 'pending' FROM rows WHERE id = ?1";
    let is_pending = connection.value(sql, [row])?;
    LedgerError::conflict_unless(is_pending, "a row to be put off is not pending")?;
    set_row(connection, row, outcome, at).map(drop)
}

pub(super) fn finish(connection: &Connection, end: &AttemptEnd) -> Result<RowState, LedgerError> {
    let AttemptEnd {
        row, outcome, at, ..
    } = end;
    connection.change(
        "UPDATE attempts SET ended_at = ?2, class = ?3, http_status = ?4, text = ?5 WHERE id = ?1",
        (
            end.attempt,
            at.as_millisecond(),
            outcome.class,
            outcome.http_status,
            kept(&outcome.text),
        ),
    )?;
    if outcome.class == AttemptClass::NotSent {
        connection.change(
            "UPDATE rows SET attempts = attempts - 1,
                first_sent_at = iif(attempts > 1, first_sent_at, NULL)
             WHERE id = ?1",
            [row],
        )?;
    }
    let became = set_row(connection, *row, outcome, *at);
    crash_point("attempt-finish-uncommitted");
    became
}

/// Why a row is uncertain that was found `sending` while no run works.
pub(in crate::ledger) const RUN_DIED: &str =
    "the run that sent it ended before its answer was recorded";

/// Turns rows found `sending` (one, or all) into uncertain ones. Returns how many.
pub(in crate::ledger) fn interrupt(
    connection: &Connection,
    row: Option<RowKey>,
    text: &str,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let now = now.as_millisecond();
    connection.execute(
        "UPDATE attempts SET ended_at = ?3, class = 'unknown', text = ?2
         WHERE ended_at IS NULL AND (?1 IS NULL OR row = ?1)
           AND row IN (SELECT id FROM rows WHERE status = 'sending')",
        (row, text, now),
    )?;
    let changed = connection.execute(
        "UPDATE rows SET status = 'uncertain', error_class = 'unknown', error = ?2,
            http_status = NULL, finished_at = ?3,
            ended_after = (SELECT max(id) FROM attempts)
         WHERE status = 'sending' AND (?1 IS NULL OR id = ?1)",
        (row, text, now),
    )?;
    Ok(changed as u64)
}

/// So many characters of an error are kept: a hostile service could else fill the disk with its words.
const KEPT: usize = 2_000;

fn kept(text: &str) -> &str {
    match text.char_indices().nth(KEPT) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// The id of the row that owns a session, other than the row given.
pub(super) fn session_owner(
    connection: &Connection,
    session: SessionId,
    other_than: Option<RowKey>,
) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT row_id FROM rows WHERE new_session_id = ?1 AND id IS NOT ?2";
    connection.value(sql, (session, other_than)).optional()
}

/// Writes what a row becomes. A session id that another row owns is no new session's.
pub(super) fn set_row(
    connection: &Connection,
    row: RowKey,
    outcome: &AttemptOutcome,
    at: Timestamp,
) -> Result<RowState, LedgerError> {
    if let RowState::Copied(id) = outcome.row
        && let Some(owner) = session_owner(connection, id, Some(row))?
    {
        let outcome = AttemptOutcome {
            text: format!(
                "the service answered with session {id}, which is already the copy of row '{owner}'"
            ),
            row: RowState::Uncertain,
            ..outcome.clone()
        };
        return set_row(connection, row, &outcome, at);
    }
    let (class, session) = match outcome.row {
        RowState::Copied(session) => (None, Some(session)),
        RowState::Failed(class) | RowState::Pending(class) => (Some(class), None),
        RowState::Uncertain => (Some(ErrorClass::Unknown), None),
    };
    let status = outcome.row.status();
    let finished_at = (status != Status::Pending).then(|| at.as_millisecond());
    connection.change(
        "UPDATE rows SET status = ?2, error_class = ?3, error = ?4, http_status = ?5,
            new_session_id = ?6, finished_at = ?7,
            -- Only an attempt that was out ends here; what is settled later ended before.
            ended_after = iif(status = 'sending', (SELECT max(id) FROM attempts), ended_after)
         WHERE id = ?1",
        (
            row,
            status,
            class,
            kept(&outcome.text),
            outcome.http_status,
            session,
            finished_at,
        ),
    )?;
    Ok(outcome.row.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_kept_to_its_bound() {
        let long = "é".repeat(1_000_000);
        assert_eq!(kept(&long).chars().count(), KEPT);
        assert_eq!(kept("short"), "short");
    }
}
