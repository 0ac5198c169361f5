//! A person's answer for rows that are uncertain.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::error::LedgerError;
use super::named_row::{find_row, list_meant, name_of};
use super::open::Ledger;
use super::sql_types::Statements;
use super::writer::{RUN_DIED, interrupt, settle};
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

/// A row for which a person's answer is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedRow {
    /// What it is called.
    pub name: String,
    /// The lists that have it, or had it.
    pub lists: Vec<String>,
    /// Whether one of them still has it: another row is not sent.
    pub is_listed: bool,
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
    /// Records a person's answer, for all of the rows or for none. Each is named by its row id, or by
    /// its number in the report of `list`, or of the only list. Every row must be uncertain; one
    /// that a person's answer made what it is, and that was not sent since, may get another copy. A
    /// session must be neither the row's source nor known as another row's or as a source.
    ///
    /// # Errors
    /// What is wrong with the answer, or SQLite failed; then nothing is recorded.
    pub fn resolve(
        &mut self,
        named: &[String],
        list: Option<&str>,
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<Vec<ResolvedRow>, ResolveError> {
        let transaction = self.transaction()?;
        // Nobody works on the ledger: what a dead run left in flight is uncertain.
        interrupt(&transaction, None, RUN_DIED, now)?;
        let list = list_meant(&transaction, list)?;
        let mut problems = Vec::new();
        let mut rows = Vec::new();
        for named in named {
            match resolvable(&transaction, named, list, resolution)? {
                Ok(row) if rows.contains(&row) => {
                    let name = name_of(&transaction, row, list)?;
                    problems.push(format!("{name} is named twice"));
                }
                Ok(row) => rows.push(row),
                Err(problem) => problems.push(problem),
            }
        }
        if let Resolution::Copied(session) = resolution {
            if named.len() > 1 {
                problems.push("--copied says the copy of one row: name one row".into());
            }
            problems.extend(why_no_copy(&transaction, session, list)?);
        }
        if !problems.is_empty() {
            return Err(ResolveError::Refused(problems));
        }
        let settlement = match resolution {
            Resolution::Absent => Settlement {
                row: RowState::Pending(ErrorClass::Unknown),
                text: "no copy exists, as recorded with `resolve`".into(),
            },
            Resolution::Copied(session) => Settlement {
                row: RowState::Copied(session),
                text: String::new(),
            },
        };
        let mut resolved = Vec::new();
        for row in rows {
            settle(&transaction, None, row, &settlement, now)?;
            resolved.push(ResolvedRow {
                name: name_of(&transaction, row, list)?,
                lists: lists_of(&transaction, row)?,
                is_listed: transaction.value(
                    "SELECT EXISTS (SELECT 1 FROM records WHERE row = ?1)",
                    [row],
                )?,
            });
        }
        transaction.commit()?;
        Ok(resolved)
    }
}

/// The lists that have a row, or had it.
fn lists_of(connection: &Connection, row: RowKey) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM manifests WHERE id IN (SELECT manifest FROM records WHERE row = ?1
                   UNION SELECT manifest FROM former WHERE row = ?1) ORDER BY id";
    connection.list(sql, [row], |row| row.get(0))
}

/// The row that is meant, uncertain if a person's answer made it anything else; or why it can't be
/// resolved.
fn resolvable(
    connection: &Connection,
    named: &str,
    list: Option<i64>,
    resolution: Resolution,
) -> rusqlite::Result<Result<RowKey, String>> {
    let row = match find_row(connection, named, list)? {
        Ok(row) => row,
        Err(problem) => return Ok(Err(problem)),
    };
    let sql = "SELECT status FROM rows WHERE id = ?1";
    let status: String = connection.value(sql, [row])?;
    let is_copied = matches!(resolution, Resolution::Copied(_));
    if status == "uncertain" || (is_copied && take_answer_back(connection, row)?) {
        return Ok(Ok(row));
    }
    let name = name_of(connection, row, list)?;
    Ok(Err(format!(
        "{name} is {status}; only uncertain rows can be resolved"
    )))
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
fn why_no_copy(
    connection: &Connection,
    session: SessionId,
    list: Option<i64>,
) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT id FROM rows WHERE new_session_id = ?1";
    let owner: Option<RowKey> = connection.value(sql, [session]).optional()?;
    if let Some(owner) = owner {
        let owner = name_of(connection, owner, list)?;
        return Ok(Some(format!(
            "session {session} is already the copy of {owner}"
        )));
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM rows WHERE substr(audience, 1, 36) = ?1)";
    let is_source: bool = connection.value(sql, [session])?;
    let text = || format!("session {session} is a source that rows are copied from, not a copy");
    Ok(is_source.then(text))
}
