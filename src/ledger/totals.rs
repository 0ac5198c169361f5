//! What a ledger has seen over all its runs.

use jiff::Timestamp;

use super::error::LedgerError;
use super::sql_types::{Statements, timestamp};
use super::view::View;

/// What a ledger has seen over all its runs.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Attempts by how they ended; `in_flight` are those that have not.
    pub attempts: Vec<(String, u64)>,
    /// Settlements by what the row became, with the seconds from its last attempt's end.
    pub settlements: Vec<(String, u64, f64)>,
    /// When a run last ended with every row copied.
    pub last_success: Option<Timestamp>,
}

impl View {
    /// Counts what happened in every run.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn totals(&self) -> Result<Totals, LedgerError> {
        let connection = self.connection();
        let sql =
            "SELECT coalesce(class, 'in_flight'), count(*) FROM attempts GROUP BY 1 ORDER BY 1";
        let attempts = connection.list(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let settlements = connection.list(
            "SELECT status, count(*), total(settled_at - coalesce(
                (SELECT max(ended_at) FROM attempts
                 WHERE attempts.row = settlements.row AND ended_at <= settled_at), settled_at))
             FROM settlements GROUP BY status ORDER BY status",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, f64>(2)? / 1000.0)),
        )?;
        let sql = "SELECT max(ended_at) AS ended_at FROM runs WHERE exit_code = 0";
        let last_success = connection.ask(sql, [], |row| timestamp(row, "ended_at"))?;
        Ok(Totals {
            attempts,
            settlements,
            last_success,
        })
    }
}
