//! The copies that `audit` reads back.

use super::LedgerError;
use super::view::{View, fields_of, optional_timestamp};
use crate::executor::{AuditRow, Transaction};
use crate::job::{Column, SessionId, Status, TransactionId};

impl View {
    /// Gives every transaction id of the ledger to `take`, with the rows that have it. Rows whose
    /// values were refused were never to be sent, and are left out.
    ///
    /// # Errors
    /// When SQLite fails, or what `take` fails with.
    pub fn transactions<E: From<LedgerError>>(
        &self,
        mut take: impl FnMut(Transaction) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT transaction_id, row_id, status, new_session_id, fields, first_sent_at
                   FROM rows WHERE error_class IS NOT 'invalid' ORDER BY transaction_id, id";
        let mut statement = self.connection().prepare(sql).map_err(LedgerError::from)?;
        let mut rows = statement.query([]).map_err(LedgerError::from)?;
        let mut current: Option<Transaction> = None;
        while let Some(row) = rows.next().map_err(LedgerError::from)? {
            let (id, row) = read(row)?;
            match &mut current {
                Some(transaction) if transaction.id == id => transaction.rows.push(row),
                _ => {
                    let next = Transaction {
                        id,
                        rows: vec![row],
                    };
                    if let Some(done) = current.replace(next) {
                        take(done)?;
                    }
                }
            }
        }
        current.map_or(Ok(()), take)
    }
}

fn read(row: &rusqlite::Row<'_>) -> Result<(TransactionId, AuditRow), LedgerError> {
    let unreadable = |error: crate::job::InvalidId| super::view::unreadable(&error.to_string());
    let id = TransactionId::parse(&row.get::<_, String>(0)?).map_err(unreadable)?;
    let fields = fields_of(&row.get::<_, String>(4)?)?;
    let session: Option<String> = row.get(3)?;
    let source = fields.text(&Column::SourceSessionId).unwrap_or_default();
    let row = AuditRow {
        row_id: row.get(1)?,
        // A request that is out may have been received.
        status: row
            .get::<_, String>(2)?
            .parse()
            .unwrap_or(Status::Uncertain),
        source: SessionId::parse(source.trim()).map_err(unreadable)?,
        session: session
            .map(|id| SessionId::parse(&id))
            .transpose()
            .map_err(unreadable)?,
        is_given: fields.text(&Column::TransactionId).is_some(),
        title: fields.text(&Column::Title).map(str::to_owned),
        first_sent_at: optional_timestamp(row, 5)?,
    };
    Ok((id, row))
}
