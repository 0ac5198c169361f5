//! Rows that leave a plan before anything is sent, because they must not be sent.

use rusqlite::Connection;

use super::sql_types::Statements;
use crate::job::ErrorClass;

const CREATE: &str = "
    DROP TABLE IF EXISTS temp.unsent;
    CREATE TEMP TABLE unsent (row INTEGER PRIMARY KEY, error_class TEXT NOT NULL, error TEXT NOT NULL,
        is_over_limit INTEGER) STRICT;";

/// Why a row is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsent {
    /// Its values.
    Invalid,
    /// One of its people is to get no copy.
    Excluded,
    /// One of its people has got enough.
    OverLimit,
}

pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(CREATE)
}

/// Notes a row. Nothing changes before [`apply`]: the plan is being read.
pub(super) fn add(
    connection: &Connection,
    row: i64,
    why: Unsent,
    error: &str,
) -> rusqlite::Result<()> {
    let class = match why {
        Unsent::Excluded => ErrorClass::Excluded,
        Unsent::Invalid | Unsent::OverLimit => ErrorClass::Invalid,
    };
    let is_over_limit = (why == Unsent::OverLimit).then_some(true);
    let sql = "INSERT INTO unsent VALUES (?1, ?2, ?3, ?4)";
    connection.change(sql, (row, class, error, is_over_limit))?;
    Ok(())
}

/// Makes the rows failed ones, and takes them out of the plan. What is left of it is under the limit.
pub(super) fn apply(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "UPDATE rows SET status = 'failed', error_class = unsent.error_class, error = unsent.error,
            is_over_limit = unsent.is_over_limit, http_status = NULL
         FROM unsent WHERE rows.id = unsent.row;
         DELETE FROM work WHERE row IN (SELECT row FROM unsent);
         DROP TABLE unsent;
         UPDATE rows SET is_over_limit = NULL, error_class = NULL, error = ''
         WHERE is_over_limit AND id IN (SELECT row FROM work);",
    )
}
