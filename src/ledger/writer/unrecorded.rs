//! How attempts ended that the ledger could not record when they ended: its disk was full, say.

use rusqlite::TransactionBehavior;

use super::attempts::finish;
use crate::executor::AttemptEnd;
use crate::job::{RowState, SessionId};
use crate::ledger::{Ledger, LedgerError};

impl Ledger {
    /// Records what could not be recorded before. The log is folded in first: that may make the
    /// room that was lacking.
    ///
    /// # Errors
    /// When SQLite still can't write; then nothing is recorded.
    pub fn record_late(&mut self, late: &[AttemptEnd]) -> Result<(), LedgerError> {
        if late.is_empty() {
            return Ok(());
        }
        self.connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        for one in late {
            finish(&transaction, one)?;
        }
        Ok(transaction.commit()?)
    }

    /// The row ids and sessions of the copies among endings that could not be recorded.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn copies_among(
        &self,
        late: &[AttemptEnd],
    ) -> Result<Vec<(String, SessionId)>, LedgerError> {
        let sql = "SELECT row_id FROM rows WHERE id = ?1";
        let copies = late.iter().filter_map(|one| match one.ending.row {
            RowState::Copied(session) => Some((one.row.0, session)),
            _ => None,
        });
        copies
            .map(|(row, session)| {
                let row_id = self.connection.query_row(sql, [row], |row| row.get(0))?;
                Ok((row_id, session))
            })
            .collect()
    }
}
