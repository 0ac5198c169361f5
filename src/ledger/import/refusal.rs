//! What forbids to import a list or a report, or to send what is planned.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row};

use crate::ledger::LedgerError;

/// Something in a manifest or report that forbids to send anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where it is: a line, or a record's number; none if it concerns no record.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub text: String,
    /// What else than a correction lets it pass.
    pub remedy: Remedy,
}

/// How a manifest passes that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Only corrected.
    Correct,
    /// With the change taken back, or with `--accept-changes`.
    RevertChange,
    /// From the whole of the report that its ledger began from, or with `--accept-changes`.
    WholeReport,
    /// In the other ledger that has sent it, or with `--accept-changes`.
    OtherLedger,
}

/// Why nothing was imported or planned; the ledger is as it was before.
#[derive(Debug)]
pub enum ImportError {
    /// For what is in the list or report: every reason at once.
    Refused(Vec<Refusal>),
    /// The ledger can't be read or written.
    Ledger(LedgerError),
}

impl From<LedgerError> for ImportError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<rusqlite::Error> for ImportError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Ledger(error.into())
    }
}

impl Refusal {
    /// One that only a correction lets pass.
    pub(in crate::ledger) fn new(line: impl Into<Option<u64>>, text: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            text: text.into(),
            remedy: Remedy::Correct,
        }
    }
}

/// A refusal for each row that `sql` finds, at its column `line`, with what `text` says of it.
pub(super) fn refusals(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    remedy: Remedy,
    text: &str,
) -> rusqlite::Result<Vec<Refusal>> {
    let mut statement = connection.prepare_cached(sql)?;
    // A name that the query does not have shows at every import, not only where something is refused.
    for place in text.split('{').skip(1) {
        let (column, _) = place.split_once('}').expect("each place ends");
        statement.column_index(column)?;
    }
    let found = statement.query_map(parameters, |row| {
        Ok(Refusal {
            line: row.get("line")?,
            text: filled(text, row)?,
            remedy,
        })
    })?;
    found.collect()
}

/// A text with the values of a row in the places of its columns' names: `{row_id}`.
fn filled(text: &str, row: &Row<'_>) -> rusqlite::Result<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (column, after) = after.split_once('}').expect("each place ends");
        filled += before;
        match row.get_ref(column)? {
            ValueRef::Integer(number) => filled += &number.to_string(),
            value => filled += value.as_str()?,
        }
        rest = after;
    }
    Ok(filled + rest)
}

/// Goes on, unless something is refused.
pub(in crate::ledger) fn require_none(refusals: Vec<Refusal>) -> Result<(), ImportError> {
    if refusals.is_empty() {
        Ok(())
    } else {
        Err(ImportError::Refused(refusals))
    }
}
