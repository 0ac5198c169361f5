//! A person's answer for rows that are uncertain.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::error::LedgerError;
use super::open::Ledger;
use super::sql_types::Statements;
use super::writer::{RUN_DIED, interrupt, session_owner, settle};
use crate::executor::{RowKey, Settlement};
use crate::job::{ErrorClass, RowState, SessionId};

/// A person's answer for uncertain rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The service has no copy: the row may be sent again.
    Absent,
    /// The service has the copy, under this session id.
    Copied(SessionId),
}

/// Why a person's answer is not recorded.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// What is wrong with it, a line for each problem.
    #[error("{}", .0.join("; "))]
    Refused(Vec<String>),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<rusqlite::Error> for ResolveError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Ledger(error.into())
    }
}

impl Ledger {
    /// Records a person's answer, for all of the rows or for none. Every row must be uncertain; one
    /// that a person's answer made what it is, and that was not sent since, may get another copy. A
    /// session must be neither the row's source nor known as another row's or as a source.
    ///
    /// # Errors
    /// What is wrong with the answer, or SQLite failed; then nothing is recorded.
    pub fn resolve(
        &mut self,
        row_ids: &[String],
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<(), ResolveError> {
        let transaction = self.transaction()?;
        // Nobody works on the ledger: what a dead run left in flight is uncertain.
        interrupt(&transaction, None, RUN_DIED, now)?;
        let mut problems = Vec::new();
        let mut rows = Vec::new();
        for row_id in row_ids {
            match resolvable(&transaction, row_id, resolution) {
                Ok(row) if rows.contains(&row) => {
                    problems.push(format!("row '{row_id}' is named twice"));
                }
                Ok(row) => rows.push(row),
                Err(ResolveError::Refused(refused)) => problems.extend(refused),
                Err(error) => return Err(error),
            }
        }
        if let Resolution::Copied(session) = resolution {
            if row_ids.len() > 1 {
                problems.push("a session is one row's copy; name one row with --copied".into());
            }
            problems.extend(why_no_copy(&transaction, session)?);
        }
        if !problems.is_empty() {
            return Err(ResolveError::Refused(problems));
        }
        let settlement = match resolution {
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
            settle(&transaction, None, row, &settlement, now)?;
        }
        Ok(transaction.commit()?)
    }
}

/// The row with this id, uncertain if a person's answer made it anything else.
fn resolvable(
    connection: &Connection,
    row_id: &str,
    resolution: Resolution,
) -> Result<RowKey, ResolveError> {
    let refused = |problem: String| Err(ResolveError::Refused(vec![problem]));
    let sql = "SELECT id, status FROM rows WHERE row_id = ?1";
    let found = connection.ask(sql, [row_id], |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((row, status)): Option<(RowKey, String)> = found.optional()? else {
        return refused(format!(
            "row '{row_id}' is not in this ledger; name rows as the column row_id of the report does"
        ));
    };
    let is_copied = matches!(resolution, Resolution::Copied(_));
    if status == "uncertain" || (is_copied && take_answer_back(connection, row)?) {
        Ok(row)
    } else {
        refused(format!(
            "row '{row_id}' is {status}; only uncertain rows can be resolved"
        ))
    }
}

/// Makes a row uncertain again that a person's answer made what it is. Whether it was so; not if it
/// was sent since.
fn take_answer_back(connection: &Connection, row: RowKey) -> rusqlite::Result<bool> {
    let changed = connection.change(
        "UPDATE rows SET status = 'uncertain', new_session_id = NULL
         WHERE id = ?1 AND status IN ('pending', 'copied')
           AND (SELECT run IS NULL AND settled_at > coalesce(
                    (SELECT max(began_at) FROM attempts WHERE attempts.row = rows.id), 0)
                FROM settlements WHERE settlements.row = rows.id
                ORDER BY settlements.id DESC LIMIT 1)",
        [row],
    )?;
    Ok(changed == 1)
}

/// Why the session can't be a row's copy.
fn why_no_copy(connection: &Connection, session: SessionId) -> rusqlite::Result<Option<String>> {
    if let Some(owner) = session_owner(connection, session, None)? {
        let text = format!("session {session} is the copy of row '{owner}' already");
        return Ok(Some(text));
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM rows WHERE substr(audience, 1, 36) = ?1)";
    let is_source: bool = connection.value(sql, [session])?;
    let text = || format!("session {session} is a source that is copied from, not a copy");
    Ok(is_source.then(text))
}
