//! A person's answer for rows that are uncertain.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::error::LedgerError;
use super::open::Ledger;
use super::row_label::row_label;
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

/// A row for which a person's answer was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// What people call it: its number and first address.
    pub label: String,
    /// Its identity.
    pub row_id: String,
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
    /// Records a person's answer, for all of the rows or for none. A row is named by its row id, or by its number in the
    /// report of `manifest`: `row:17`, or a bare number that is no row id. Every row must be uncertain; one
    /// that a person's answer made what it is, and that was not sent since, may get another copy. A
    /// session must be neither the row's source nor known as another row's or as a source.
    ///
    /// # Errors
    /// What is wrong with the answer, or SQLite failed; then nothing is recorded.
    pub fn resolve(
        &mut self,
        names: &[String],
        manifest: Option<&str>,
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<Vec<Resolved>, ResolveError> {
        let transaction = self.transaction()?;
        // Nobody works on the ledger: what a dead run left in flight is uncertain.
        interrupt(&transaction, None, RUN_DIED, now)?;
        let mut problems = Vec::new();
        let mut rows = Vec::new();
        for name in names {
            let Some(row) = named_row(&transaction, name, manifest)? else {
                problems.push(unknown_row(name, manifest));
                continue;
            };
            if rows.contains(&row) {
                let label = row_label(&transaction, row)?;
                problems.push(format!(
                    "{label} is named twice, the second time as '{name}'"
                ));
            } else if let Some(problem) = why_not_resolvable(&transaction, row, resolution)? {
                problems.push(problem);
            } else {
                rows.push(row);
            }
        }
        if let Resolution::Copied(session) = resolution {
            if names.len() > 1 {
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
        let mut resolved = Vec::new();
        for row in rows {
            settle(&transaction, None, row, &settlement, now)?;
            let row_id = transaction.value("SELECT row_id FROM rows WHERE id = ?1", [row])?;
            let label = row_label(&transaction, row)?;
            resolved.push(Resolved { label, row_id });
        }
        transaction.commit()?;
        Ok(resolved)
    }
}

/// The row that is named by its row id, or else by its number in the manifest's report.
fn named_row(
    connection: &Connection,
    name: &str,
    manifest: Option<&str>,
) -> rusqlite::Result<Option<RowKey>> {
    let by_id = "SELECT id FROM rows WHERE row_id = ?1";
    let found = connection.ask(by_id, [name], |row| row.get(0)).optional()?;
    let (None, Some(number), Some(manifest)) = (found, number_of(name), manifest) else {
        return Ok(found);
    };
    let by_number =
        "SELECT records.row FROM records JOIN manifests ON manifests.id = records.manifest
                     WHERE manifests.name = ?1 AND records.number = ?2";
    let found = connection.ask(by_number, (manifest, number), |row| row.get(0));
    found.optional()
}

/// The number in a name such as `row:17` or `17`.
fn number_of(name: &str) -> Option<i64> {
    name.strip_prefix("row:").unwrap_or(name).parse().ok()
}

fn unknown_row(name: &str, manifest: Option<&str>) -> String {
    match (number_of(name), manifest) {
        (Some(number), Some(manifest)) => {
            format!(
                "'{name}': no row has that row_id, and the report of {manifest} has no row {number}"
            )
        }
        (Some(number), None) => format!(
            "'{name}': several lists share this ledger, and each has a row {number}. Name the list in place of \
             the ledger, with --ledger, or name the row by its row_id"
        ),
        (None, _) => format!(
            "'{name}': this ledger has no such row. Name a row by its number in the report (row:17) or by its \
             row_id"
        ),
    }
}

/// Why a person can't say what became of the row; `None` if they can. One that a person's answer made anything else is
/// uncertain again then.
fn why_not_resolvable(
    connection: &Connection,
    row: RowKey,
    resolution: Resolution,
) -> Result<Option<String>, ResolveError> {
    let status: String = connection.value("SELECT status FROM rows WHERE id = ?1", [row])?;
    let is_copied = matches!(resolution, Resolution::Copied(_));
    if status == "uncertain" || (is_copied && take_answer_back(connection, row)?) {
        return Ok(None);
    }
    let label = row_label(connection, row)?;
    Ok(Some(format!(
        "{label} is {status}; only uncertain rows can be resolved"
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
