//! The statements that give a run its rows.

use rusqlite::{Connection, Row};

use super::command::WriterContext;
use crate::executor::{InvalidRow, Job, ManifestPresence, NamedRow, UncertainJob};
use crate::job::{CopyRequest, ErrorClass, FieldProblem, RowId, RowName};
use crate::ledger::LedgerError;
use crate::ledger::address_limit::SettledLimit;
use crate::ledger::exclusion::ExcludedAddresses;
use crate::ledger::sql_types::{Statements, constants, fields, unharmed_fields};

/// The columns that [`job`] reads.
const JOB: &str = "rows.id, row_id, fields, transaction_id, constants, taken, seal, hash,
    (SELECT number FROM records WHERE records.row = rows.id ORDER BY manifest DESC LIMIT 1) AS number";

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
    let (after, connection) = (context.claimed.uncertain, context.connection);
    let excluded = ExcludedAddresses::of(connection)?;
    let address_limit = SettledLimit::of(connection)?;
    connection.each(&sql, (after, limit as i64), |row| {
        context.claimed.uncertain = row.get("position")?;
        let is_reported: bool = row.get("is_reported")?;
        let presence = match (row.get("is_wanted")?, row.get("is_changed")?) {
            (false, _) => ManifestPresence::Gone,
            (true, true) if !is_reported => ManifestPresence::Changed,
            (true, is_changed) => {
                let cells = fields(row)?;
                let excluded = excluded.problem(connection, &cells)?;
                let over_limit = address_limit.problem(connection, &cells, &constants(row)?)?;
                match (excluded, over_limit) {
                    (Some(problem), _) => ManifestPresence::HeldBack(ErrorClass::Excluded, problem),
                    (None, Some(problem)) => {
                        ManifestPresence::HeldBack(ErrorClass::Invalid, problem)
                    }
                    (None, None) if is_changed => ManifestPresence::Changed,
                    (None, None) => ManifestPresence::Wanted,
                }
            }
        };
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
    let (key, row_id): (_, RowId) = (row.get("id")?, row.get("row_id")?);
    let transaction_id = row.get("transaction_id")?;
    let fields = unharmed_fields(row)?;
    let name = RowName {
        number: row.get("number")?,
        list: None,
        address: fields.first_address(),
        row_id: row_id.as_str(),
    };
    let name = name.to_string();
    Ok(match CopyRequest::from_fields(&fields) {
        Ok(request) => Ok(Job {
            key,
            row_id,
            name,
            request,
            transaction_id,
        }),
        Err(problems) => Err(InvalidRow {
            key,
            row: NamedRow { row_id, name },
            problem: FieldProblem::joined(&problems).unwrap_or_default(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Column, Fields, SignerColumn};

    /// A row that an earlier version took: its cells are whole, and refused by a limit of today.
    #[test]
    fn a_row_that_todays_limits_refuse_is_claimed_with_what_is_wrong_with_it() {
        let connection = Connection::open_in_memory().unwrap();
        let schema = include_str!("../schema.sql");
        connection.execute_batch(schema).unwrap();
        let work = "CREATE TEMP TABLE work (position INTEGER PRIMARY KEY, row INTEGER)";
        connection.execute_batch(work).unwrap();
        let source = "3f0c6c1e-0000-4000-8000-000000000001";
        for last_name in ["Li".to_owned(), "x".repeat(101), "Wu".to_owned()] {
            let mut fields = Fields::default();
            fields.set(Column::SourceSessionId, source);
            fields.set(Column::Signer(1, SignerColumn::LastName), &last_name);
            fields.set(Column::Signer(1, SignerColumn::Email), "li@example.com");
            let hash = fields.content_hash(Some(source));
            let add = "INSERT INTO rows (row_id, fields, constants, hash, audience, transaction_id,
                    status) VALUES ('r' || hex(randomblob(8)), ?1, '[]', ?2, '', 't', 'pending')";
            connection.change(add, (fields.to_json(), hash)).unwrap();
            let row = connection.last_insert_rowid();
            let plan = "INSERT INTO work (row) VALUES (?1)";
            connection.change(plan, [row]).unwrap();
        }
        let mut position = 0;
        let claimed = planned(&connection, &mut position, 10).unwrap();
        assert_eq!(position, 3, "each is claimed once");
        let [Ok(first), Err(invalid), Ok(last)] = &claimed[..] else {
            panic!("{claimed:?}");
        };
        assert_eq!((first.key.0, invalid.key.0, last.key.0), (1, 2, 3));
        let problem = "column signer_1_last_name: ";
        assert!(invalid.problem.starts_with(problem), "{invalid:?}");
    }
}
