//! The copies that `audit` reads back.

use rusqlite::Row;

use super::error::LedgerError;
use super::sql_types::{Statements, fields, status, timestamp};
use super::view::View;
use crate::executor::{AuditRow, TransactionRows};
use crate::job::{Column, RowName, SessionId, TransactionId};

impl View {
    /// Gives every transaction id of the ledger to `take`, with the rows that have it. Rows whose
    /// values were refused were never to be sent, and are left out.
    ///
    /// # Errors
    /// When SQLite fails, or what `take` fails with.
    pub fn transactions<E: From<LedgerError>>(
        &self,
        mut take: impl FnMut(TransactionRows) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql =
            "SELECT transaction_id, row_id, status, new_session_id, fields, first_sent_at, number,
                      iif((SELECT count(*) FROM manifests) > 1, name, NULL) AS list
                   FROM rows LEFT JOIN (SELECT row, min(manifest) AS manifest, number
                        FROM records GROUP BY row) ON row = rows.id
                   LEFT JOIN manifests ON manifests.id = manifest
                   WHERE error_class IS NOT 'invalid' ORDER BY transaction_id, rows.id";
        let mut current: Option<TransactionRows> = None;
        self.connection().each(sql, [], |row| {
            let (id, row) = read(row)?;
            match &mut current {
                Some(transaction) if transaction.id == id => transaction.rows.push(row),
                _ => {
                    let next = TransactionRows {
                        id,
                        rows: vec![row],
                    };
                    if let Some(done) = current.replace(next) {
                        take(done)?;
                    }
                }
            }
            Ok::<_, E>(())
        })?;
        current.map_or(Ok(()), take)
    }
}

fn read(row: &Row<'_>) -> Result<(TransactionId, AuditRow), LedgerError> {
    let fields = fields(row)?;
    let source = fields.text(&Column::SourceSessionId).unwrap_or_default();
    let source = SessionId::parse(source.trim());
    let (row_id, list): (String, Option<String>) = (row.get("row_id")?, row.get("list")?);
    let name = RowName {
        number: row.get("number")?,
        list: list.as_deref(),
        address: fields.first_address(),
        row_id: &row_id,
    };
    let audited = AuditRow {
        name: name.to_string(),
        row_id,
        status: status(row)?,
        source: source.map_err(|error| LedgerError::Corrupt(error.to_string()))?,
        session: row.get("new_session_id")?,
        is_given: fields.text(&Column::TransactionId).is_some(),
        title: fields.text(&Column::Title).map(str::to_owned),
        first_sent_at: timestamp(row, "first_sent_at")?,
    };
    Ok((row.get("transaction_id")?, audited))
}
