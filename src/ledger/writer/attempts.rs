//! The statements behind claims and attempts.

use std::fmt::Display;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::group::Desk;
use crate::executor::{
    AttemptEnd, AttemptKey, AttemptStart, InvalidRow, Job, ManifestPresence, RowKey, UncertainJob,
};
use crate::job::{
    AttemptClass, CopyRequest, Ending, ErrorClass, FieldProblem, RowId, RowState, TransactionId,
};
use crate::ledger::LedgerError;
use crate::ledger::view::{unharmed_fields, unreadable};
use crate::support::crash_point;

/// The cells that make a job, in the order in which [`job`] reads them.
const JOB: &str =
    "rows.id, rows.row_id, rows.fields, rows.transaction_id, rows.constants, rows.hash";

/// The next pending rows.
pub(super) fn claim(
    desk: &mut Desk<'_>,
    limit: usize,
) -> Result<Vec<Result<Job, InvalidRow>>, LedgerError> {
    desk.require_place()?;
    let (jobs, last) = planned(desk.connection, desk.progress.pending, limit)?;
    desk.progress.pending = last;
    Ok(jobs)
}

/// The pending rows that are planned behind a position, and the position of the last of them.
pub(in crate::ledger) fn planned(
    connection: &Connection,
    mut position: i64,
    limit: usize,
) -> Result<(Vec<Result<Job, InvalidRow>>, i64), LedgerError> {
    let sql = format!(
        "SELECT {JOB}, work.position FROM work JOIN rows ON rows.id = work.row
         WHERE work.position > ?1 AND rows.status = 'pending' ORDER BY work.position LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((position, limit as i64))?;
    let mut jobs = Vec::new();
    while let Some(row) = rows.next()? {
        position = row.get(6)?;
        jobs.push(job(row)?);
    }
    Ok((jobs, position))
}

/// The next rows that an earlier run left uncertain.
pub(super) fn claim_uncertain(
    desk: &mut Desk<'_>,
    limit: usize,
) -> Result<Vec<Result<UncertainJob, InvalidRow>>, LedgerError> {
    let sql = format!(
        "SELECT {JOB}, unsettled.position, unsettled.is_wanted, unsettled.is_changed,
            unsettled.is_reported
         FROM unsettled JOIN rows ON rows.id = unsettled.row
         WHERE unsettled.position > ?1 AND rows.status = 'uncertain'
         ORDER BY unsettled.position LIMIT ?2"
    );
    let mut statement = desk.connection.prepare_cached(&sql)?;
    let mut rows = statement.query((desk.progress.uncertain, limit as i64))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        desk.progress.uncertain = row.get(6)?;
        let presence = match (row.get(7)?, row.get(8)?) {
            (false, _) => ManifestPresence::Gone,
            (true, true) => ManifestPresence::Changed,
            (true, false) => ManifestPresence::Wanted,
        };
        let is_reported = row.get(9)?;
        found.push(job(row)?.map(|job| UncertainJob {
            job,
            presence,
            is_reported,
        }));
    }
    Ok(found)
}

/// A row as a job, unless its cells, which an earlier version took, are refused by today's limits.
fn job(row: &Row<'_>) -> Result<Result<Job, InvalidRow>, LedgerError> {
    let key = RowKey(row.get(0)?);
    let row_id: String = row.get(1)?;
    let damaged = |error: &dyn Display| unreadable(&format!("row '{row_id}': {error}"));
    let (json, constants) = (row.get::<_, String>(2)?, row.get::<_, String>(4)?);
    let fields = unharmed_fields(&json, &constants, &row.get::<_, Vec<u8>>(5)?)?;
    let transaction_id = row.get::<_, String>(3)?;
    let transaction_id = TransactionId::parse(&transaction_id).map_err(|error| damaged(&error))?;
    let row_id = RowId::parse(&row_id).map_err(|error| damaged(&error))?;
    Ok(match CopyRequest::from_fields(&fields) {
        Ok(request) => Ok(Job {
            key,
            row_id,
            request,
            transaction_id,
        }),
        Err(problems) => Err(InvalidRow {
            key,
            row_id,
            problem: FieldProblem::joined(&problems).unwrap_or_default(),
        }),
    })
}

pub(super) fn begin(desk: &Desk<'_>, start: AttemptStart) -> Result<AttemptKey, LedgerError> {
    desk.require_place()?;
    let AttemptStart { row, at } = start;
    let (connection, run) = (desk.connection, desk.run);
    let changed = connection
        .prepare_cached(
            "UPDATE rows SET status = 'sending', attempts = attempts + 1,
                first_sent_at = coalesce(first_sent_at, ?2)
             WHERE id = ?1 AND status = 'pending'",
        )?
        .execute((row.0, at.as_millisecond()))?;
    if changed != 1 {
        return Err(unreadable(
            "a row to be sent is not pending; another process changed it",
        ));
    }
    connection
        .prepare_cached("INSERT INTO attempts (row, run, began_at) VALUES (?1, ?2, ?3)")?
        .execute((row.0, run, at.as_millisecond()))?;
    crash_point("attempt-begin-uncommitted");
    Ok(AttemptKey(connection.last_insert_rowid()))
}

/// A row that another run began to send meanwhile is not ours to put back.
pub(super) fn postpone(
    connection: &Connection,
    row: RowKey,
    ending: &Ending,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let is_pending: bool = connection
        .prepare_cached("SELECT status = 'pending' FROM rows WHERE id = ?1")?
        .query_row([row.0], |row| row.get(0))?;
    if !is_pending {
        return Err(unreadable(
            "a row to be put off is not pending; another process changed it",
        ));
    }
    set_row(connection, row, ending, at).map(drop)
}

pub(super) fn finish(connection: &Connection, end: &AttemptEnd) -> Result<RowState, LedgerError> {
    let AttemptEnd {
        row, ending, at, ..
    } = end;
    connection
        .prepare_cached(
            "UPDATE attempts SET ended_at = ?2, class = ?3, http_status = ?4, text = ?5
             WHERE id = ?1",
        )?
        .execute((
            end.attempt.0,
            at.as_millisecond(),
            ending.class.as_str(),
            ending.http_status,
            kept(&ending.text),
        ))?;
    if ending.class == AttemptClass::NotSent {
        connection
            .prepare_cached(
                "UPDATE rows SET attempts = attempts - 1,
                    first_sent_at = iif(attempts > 1, first_sent_at, NULL)
                 WHERE id = ?1",
            )?
            .execute([row.0])?;
    }
    let became = set_row(connection, *row, ending, *at);
    crash_point("attempt-finish-uncommitted");
    became
}

/// So many characters of an error are kept: a hostile service could else fill the disk with its words.
const KEPT: usize = 2_000;

fn kept(text: &str) -> &str {
    match text.char_indices().nth(KEPT) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// Writes what a row becomes. A session id that another row owns is no new session's.
pub(super) fn set_row(
    connection: &Connection,
    row: RowKey,
    ending: &Ending,
    at: Timestamp,
) -> Result<RowState, LedgerError> {
    if let RowState::Copied(id) = &ending.row {
        let id = id.to_string();
        let owner: Option<String> = connection
            .prepare_cached("SELECT row_id FROM rows WHERE new_session_id = ?1 AND id <> ?2")?
            .query_row((&id, row.0), |row| row.get(0))
            .optional()?;
        if let Some(owner) = owner {
            let text = format!("the answer's session id {id} is that of row '{owner}' already");
            let ending = Ending {
                text,
                row: RowState::Uncertain,
                ..ending.clone()
            };
            return set_row(connection, row, &ending, at);
        }
    }
    let (status, class, id) = match &ending.row {
        RowState::Copied(id) => ("copied", None, Some(id.to_string())),
        RowState::Failed(class) => ("failed", Some(*class), None),
        RowState::Uncertain => ("uncertain", Some(ErrorClass::Unknown), None),
        RowState::Pending(class) => ("pending", Some(*class), None),
    };
    let finished_at = (status != "pending").then(|| at.as_millisecond());
    connection
        .prepare_cached(
            "UPDATE rows SET status = ?2, error_class = ?3, error = ?4, http_status = ?5,
                new_session_id = ?6, finished_at = ?7,
                -- Only an attempt that was out ends here; what is settled later ended before.
                ended_after = iif(status = 'sending', (SELECT max(id) FROM attempts), ended_after)
             WHERE id = ?1",
        )?
        .execute((
            row.0,
            status,
            class.map(ErrorClass::as_str),
            kept(&ending.text),
            ending.http_status,
            id,
            finished_at,
        ))?;
    Ok(ending.row.clone())
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
