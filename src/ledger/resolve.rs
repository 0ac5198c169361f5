//! A person's answer for rows that are uncertain.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::run::interrupt;
use super::writer::settle;
use super::{Ledger, LedgerError};
use crate::executor::{RowKey, Settlement};
use crate::job::{ErrorClass, RowState, SessionId};

/// A person's answer for uncertain rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The service surely has no copy: the row may be sent again.
    Absent,
    /// The service has the copy, under this session id.
    Copied(SessionId),
}

impl Ledger {
    /// Records a person's answer, for all of the rows or for none. Every row must be uncertain; one
    /// that a person's answer made what it is, and that was not sent since, may get another copy. A
    /// session must be neither the row's source nor known as another row's or as a source.
    ///
    /// # Errors
    /// The inner error: what is wrong, a line for each problem; nothing is recorded. The outer
    /// one: SQLite failed.
    pub fn resolve(
        &mut self,
        row_ids: &[String],
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<Result<(), Vec<String>>, LedgerError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        // Nobody works on the ledger: what a dead run left in flight is uncertain.
        let text = "the run that sent it ended before its answer was recorded";
        interrupt(&transaction, None, text, now)?;
        let mut problems = Vec::new();
        let mut rows = Vec::new();
        for row_id in row_ids {
            match resolvable(&transaction, row_id, resolution)? {
                Ok(row) if rows.contains(&row) => {
                    problems.push(format!("row '{row_id}' is named twice"));
                }
                Ok(row) => rows.push(row),
                Err(problem) => problems.push(problem),
            }
        }
        if let Resolution::Copied(session) = resolution {
            if row_ids.len() > 1 {
                problems.push("a session is one row's copy; name one row with --copied".into());
            }
            problems.extend(taken(&transaction, session)?);
        }
        if !problems.is_empty() {
            return Ok(Err(problems));
        }
        let settled = match resolution {
            Resolution::Absent => Settlement {
                row: RowState::Pending(ErrorClass::Unknown),
                text: "resolved by a person: no copy exists".into(),
            },
            Resolution::Copied(session) => Settlement {
                row: RowState::Copied(session),
                text: String::new(),
            },
        };
        for row in rows {
            settle(&transaction, None, row, &settled, now)?;
        }
        Ok(Ok(transaction.commit()?))
    }
}

/// The row with this id, uncertain if a person's answer made it anything else; or what is wrong
/// with it.
fn resolvable(
    connection: &Connection,
    row_id: &str,
    resolution: Resolution,
) -> Result<Result<RowKey, String>, LedgerError> {
    let found: Option<(i64, String)> = connection
        .prepare_cached("SELECT id, status FROM rows WHERE row_id = ?1")?
        .query_row([row_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((row, status)) = found else {
        return Ok(Err(format!(
            "row '{row_id}' is not in this ledger; name rows as the column row_id of the report does"
        )));
    };
    let is_taken_back =
        matches!(resolution, Resolution::Copied(_)) && take_answer_back(connection, row)?;
    Ok(if status == "uncertain" || is_taken_back {
        Ok(RowKey(row))
    } else {
        Err(format!(
            "row '{row_id}' is {status}; only uncertain rows can be resolved"
        ))
    })
}

/// Makes a row uncertain again that a person's answer made what it is. Whether it was so; not if it
/// was sent since.
fn take_answer_back(connection: &Connection, row: i64) -> Result<bool, LedgerError> {
    let changed = connection
        .prepare_cached(
            "UPDATE rows SET status = 'uncertain', new_session_id = NULL
             WHERE id = ?1 AND status IN ('pending', 'copied')
               AND (SELECT run IS NULL AND settled_at > coalesce(
                        (SELECT max(began_at) FROM attempts WHERE attempts.row = rows.id), 0)
                    FROM settlements WHERE settlements.row = rows.id
                    ORDER BY settlements.id DESC LIMIT 1)",
        )?
        .execute([row])?;
    Ok(changed == 1)
}

/// Why the session can't be a row's copy.
fn taken(connection: &Connection, session: SessionId) -> Result<Option<String>, LedgerError> {
    let session = session.to_string();
    let owner: Option<String> = connection
        .prepare("SELECT row_id FROM rows WHERE new_session_id = ?1")?
        .query_row([&session], |row| row.get(0))
        .optional()?;
    let is_source: bool = connection
        .prepare("SELECT EXISTS (SELECT 1 FROM rows WHERE substr(audience, 1, 36) = ?1)")?
        .query_row([&session], |row| row.get(0))?;
    Ok(match owner {
        Some(owner) => Some(format!(
            "session {session} is the copy of row '{owner}' already"
        )),
        None if is_source => Some(format!(
            "session {session} is a source that is copied from, not a copy"
        )),
        None => None,
    })
}
