//! The statements that give a run its rows.

use rusqlite::{Connection, Row};

use super::command::WriterContext;
use crate::executor::{InvalidRow, Job, ManifestPresence, UncertainJob};
use crate::job::{CopyRequest, FieldProblem};
use crate::ledger::LedgerError;
use crate::ledger::sql_types::{Statements, unharmed_fields};

/// The columns that [`job`] reads.
const JOB: &str = "rows.id, row_id, fields, transaction_id, constants, hash";

/// The next pending rows.
pub(super) fn claim(
    context: &mut WriterContext<'_>,
    limit: usize,
) -> Result<Vec<Result<Job, InvalidRow>>, LedgerError> {
    context.require_place()?;
    planned(context.connection, &mut context.claimed.pending, limit)
}

/// The pending rows that are planned behind a position, which becomes that of the last of them.
pub(in crate::ledger) fn planned(
    connection: &Connection,
    position: &mut i64,
    limit: usize,
) -> Result<Vec<Result<Job, InvalidRow>>, LedgerError> {
    let sql = format!(
        "SELECT {JOB}, position FROM work JOIN rows ON rows.id = work.row
         WHERE position > ?1 AND status = 'pending' ORDER BY position LIMIT ?2"
    );
    let mut jobs = Vec::new();
    connection.each(&sql, (*position, limit as i64), |row| {
        *position = row.get("position")?;
        jobs.push(job(row)?);
        Ok::<_, LedgerError>(())
    })?;
    Ok(jobs)
}

/// The next rows that an earlier run left uncertain.
pub(super) fn claim_uncertain(
    context: &mut WriterContext<'_>,
    limit: usize,
) -> Result<Vec<Result<UncertainJob, InvalidRow>>, LedgerError> {
    let sql = format!(
        "SELECT {JOB}, position, is_wanted, is_changed, is_reported
         FROM unsettled JOIN rows ON rows.id = unsettled.row
         WHERE position > ?1 AND status = 'uncertain' ORDER BY position LIMIT ?2"
    );
    let mut found = Vec::new();
    let after = context.claimed.uncertain;
    context
        .connection
        .each(&sql, (after, limit as i64), |row| {
            context.claimed.uncertain = row.get("position")?;
            let presence = match (row.get("is_wanted")?, row.get("is_changed")?) {
                (false, _) => ManifestPresence::Gone,
                (true, true) => ManifestPresence::Changed,
                (true, false) => ManifestPresence::Wanted,
            };
            let is_reported = row.get("is_reported")?;
            found.push(job(row)?.map(|job| UncertainJob {
                job,
                presence,
                is_reported,
            }));
            Ok::<_, LedgerError>(())
        })?;
    Ok(found)
}

/// A row as a job, unless its cells, which an earlier version took, are refused by today's limits.
fn job(row: &Row<'_>) -> Result<Result<Job, InvalidRow>, LedgerError> {
    let (key, row_id) = (row.get("id")?, row.get("row_id")?);
    let transaction_id = row.get("transaction_id")?;
    Ok(match CopyRequest::from_fields(&unharmed_fields(row)?) {
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
