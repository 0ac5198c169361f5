//! The statements behind each command, and the one transaction around a group of them.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::Command;
use crate::executor::{AttemptKey, Job, JournalError, RowKey};
use crate::job::{CopyRequest, Ending, ErrorClass, RowId, RowState, TransactionId};
use crate::ledger::LedgerError;
use crate::ledger::mark::Mark;
use crate::ledger::run::interrupt;
use crate::ledger::view::{unharmed_fields, unreadable};

/// How far this run has claimed its work.
#[derive(Default)]
pub(super) struct Claims {
    position: i64,
}

/// Sends one command's answer, once its group is committed or has failed.
type Answer = Box<dyn FnOnce(Option<&JournalError>)>;

/// Runs a group of commands in one transaction and answers them after its commit. If anything
/// fails, nothing of the group has happened and each is told so.
pub(super) fn commit(
    connection: &mut Connection,
    run: i64,
    in_place: bool,
    claims: &mut Claims,
    mark: &mut Mark,
    group: impl Iterator<Item = Command>,
) {
    let position = claims.position;
    let mut answers = Vec::new();
    let committed = run_group(connection, run, in_place, claims, group, &mut answers);
    let marked = committed.and_then(|()| Ok(mark.note(connection)??));
    let failure = marked.err().map(|error| JournalError(error.to_string()));
    if failure.is_some() {
        claims.position = position;
    }
    for answer in answers {
        answer(failure.as_ref());
    }
}

fn run_group(
    connection: &mut Connection,
    run: i64,
    in_place: bool,
    claims: &mut Claims,
    group: impl Iterator<Item = Command>,
    answers: &mut Vec<Answer>,
) -> Result<(), LedgerError> {
    let gone = || unreadable("its file was deleted or replaced while the run worked");
    let mut failure = (!in_place).then(gone);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = match transaction {
        Ok(transaction) => Some(transaction),
        Err(error) => {
            failure = Some(error.into());
            None
        }
    };
    for command in group {
        // After a failure the rest only wait to be told of it.
        let open = transaction.as_deref().filter(|_| failure.is_none());
        if let Err(error) = run_one(open, run, claims, command, answers) {
            failure = Some(error);
        }
    }
    match (transaction, failure) {
        (_, Some(error)) => Err(error),
        (Some(transaction), None) => Ok(transaction.commit()?),
        (None, None) => Ok(()),
    }
}

fn run_one(
    connection: Option<&Connection>,
    run: i64,
    claims: &mut Claims,
    command: Command,
    answers: &mut Vec<Answer>,
) -> Result<(), LedgerError> {
    macro_rules! answer {
        ($reply:expr, $work:expr) => {{
            let reply = $reply;
            let result: Result<_, LedgerError> = match connection {
                Some(connection) => $work(connection),
                None => Err(unreadable("an earlier command of the group failed")),
            };
            match result {
                Ok(value) => {
                    answers.push(Box::new(move |failure: Option<&JournalError>| {
                        // An executor that no longer waits has stopped; its record stands.
                        let _ = reply.send(failure.map_or(Ok(value), |error| Err(error.clone())));
                    }));
                    Ok(())
                }
                Err(error) => {
                    let text = JournalError(error.to_string());
                    answers.push(Box::new(move |failure: Option<&JournalError>| {
                        let _ = reply.send(Err(failure.cloned().unwrap_or(text)));
                    }));
                    Err(error)
                }
            }
        }};
    }
    match command {
        Command::Claim { limit, reply } => answer!(reply, |c| claim(c, claims, limit)),
        Command::Begin { row, at, reply } => answer!(reply, |c| begin(c, run, row, at)),
        Command::Finish {
            row,
            attempt,
            ending,
            at,
            reply,
        } => {
            answer!(reply, |c| finish(c, row, attempt, &ending, at))
        }
        Command::Postpone {
            row,
            ending,
            at,
            reply,
        } => {
            answer!(reply, |c| postpone(c, row, &ending, at))
        }
        Command::Interrupt {
            row,
            text,
            at,
            reply,
        } => {
            answer!(reply, |c| Ok(interrupt(c, row.map(|row| row.0), text, at)?))
        }
    }
}

fn claim(
    connection: &Connection,
    claims: &mut Claims,
    limit: usize,
) -> Result<Vec<Job>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT work.position, rows.id, rows.row_id, rows.fields, rows.transaction_id,
            rows.constants, rows.hash
         FROM work JOIN rows ON rows.id = work.row
         WHERE work.position > ?1 AND rows.status = 'pending'
         ORDER BY work.position LIMIT ?2",
    )?;
    let mut rows = statement.query((claims.position, limit as i64))?;
    let mut jobs = Vec::new();
    while let Some(row) = rows.next()? {
        claims.position = row.get(0)?;
        let row_id: String = row.get(2)?;
        let invalid = |what: String| unreadable(&format!("row '{row_id}': {what}"));
        let (json, constants) = (row.get::<_, String>(3)?, row.get::<_, String>(5)?);
        let fields = unharmed_fields(&json, &constants, &row.get::<_, Vec<u8>>(6)?)?;
        jobs.push(Job {
            key: RowKey(row.get(1)?),
            request: CopyRequest::from_fields(&fields).map_err(|problems| {
                invalid(
                    problems
                        .first()
                        .map_or_else(String::new, |problem| problem.text.clone()),
                )
            })?,
            transaction_id: TransactionId::parse(&row.get::<_, String>(4)?)
                .map_err(|error| invalid(error.to_string()))?,
            row_id: RowId::parse(&row_id).map_err(|error| invalid(error.to_string()))?,
        });
    }
    Ok(jobs)
}

fn begin(
    connection: &Connection,
    run: i64,
    row: RowKey,
    at: Timestamp,
) -> Result<AttemptKey, LedgerError> {
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
    Ok(AttemptKey(connection.last_insert_rowid()))
}

/// A row that another run began to send meanwhile is not ours to put back.
fn postpone(
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

fn finish(
    connection: &Connection,
    row: RowKey,
    attempt: AttemptKey,
    ending: &Ending,
    at: Timestamp,
) -> Result<RowState, LedgerError> {
    connection
        .prepare_cached(
            "UPDATE attempts SET ended_at = ?2, class = ?3, http_status = ?4, text = ?5
             WHERE id = ?1",
        )?
        .execute((
            attempt.0,
            at.as_millisecond(),
            ending.class.as_str(),
            ending.http_status,
            &ending.text,
        ))?;
    if ending.class == crate::job::AttemptClass::NotSent {
        connection
            .prepare_cached(
                "UPDATE rows SET attempts = attempts - 1, first_sent_at =
                    (SELECT min(began_at) FROM attempts
                     WHERE attempts.row = rows.id AND class IS NOT 'not_sent')
                 WHERE id = ?1",
            )?
            .execute([row.0])?;
    }
    set_row(connection, row, ending, at)
}

/// Writes what a row becomes. A session id that another row owns is no new session's.
fn set_row(
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
                new_session_id = ?6, finished_at = ?7 WHERE id = ?1",
        )?
        .execute((
            row.0,
            status,
            class.map(ErrorClass::as_str),
            &ending.text,
            ending.http_status,
            id,
            finished_at,
        ))?;
    Ok(ending.row.clone())
}
