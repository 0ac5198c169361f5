//! The source sessions of a ledger's rows.

use rusqlite::Connection;

use super::view::fields_of;
use super::{Ledger, LedgerError};
use crate::job::{Fields, SessionId};

impl Ledger {
    /// The distinct source sessions of the planned rows, in the order of their first row, and how
    /// many rows each has.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn planned_sources(&self) -> Result<Vec<(SessionId, u64)>, LedgerError> {
        index(&self.connection)?;
        let mut statement = self.connection.prepare(
            "SELECT substr(audience, 1, 36), count(*) FROM work JOIN rows ON rows.id = work.row
             GROUP BY 1 ORDER BY min(work.position)",
        )?;
        let found = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let mut sources = Vec::new();
        for source in found {
            let (source, rows) = source?;
            let source = SessionId::parse(&source)
                .map_err(|error| super::view::unreadable(&error.to_string()))?;
            sources.push((source, rows));
        }
        Ok(sources)
    }

    /// Gives the planned rows of one source to `take`: the line, and the known cells.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn rows_of_source(
        &self,
        source: SessionId,
        mut take: impl FnMut(u64, &Fields),
    ) -> Result<(), LedgerError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT (SELECT min(line) FROM records WHERE records.row = rows.id), rows.fields
             FROM rows JOIN work ON work.row = rows.id
             WHERE substr(rows.audience, 1, 36) = ?1 ORDER BY work.position",
        )?;
        let mut rows = statement.query([source.to_string()])?;
        while let Some(row) = rows.next()? {
            take(row.get(0)?, &fields_of(&row.get::<_, String>(1)?)?);
        }
        Ok(())
    }
}

/// Only a ledger that is thrown away is asked for its rows by source; others need no such index.
fn index(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE INDEX IF NOT EXISTS rows_of_source ON rows (substr(audience, 1, 36))",
    )
}
