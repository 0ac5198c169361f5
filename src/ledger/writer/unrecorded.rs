//! How attempts ended that the ledger could not record when they ended: its disk was full, say.

use super::attempts::finish;
use crate::executor::AttemptEnd;
use crate::job::{RowState, SessionId};
use crate::ledger::sql_types::Statements;
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
        let transaction = self.transaction()?;
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
        let mut copies = Vec::new();
        for end in late {
            if let RowState::Copied(session) = end.outcome.row {
                let sql = "SELECT row_id FROM rows WHERE id = ?1";
                copies.push((self.connection.value(sql, [end.row])?, session));
            }
        }
        Ok(copies)
    }
}
