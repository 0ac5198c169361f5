//! Which report files hold nothing that the ledger has not: those that were rendered from it, and
//! those that were taken back into it. Any other may hold somebody's corrections.

use jiff::Timestamp;

use super::error::LedgerError;
use super::open::Ledger;
use super::sql_types::Statements;

impl Ledger {
    /// Notes a report by its SHA-256.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn note_report(&mut self, sha256: [u8; 32], now: Timestamp) -> Result<(), LedgerError> {
        self.connection.execute(
            "INSERT OR IGNORE INTO reports (sha256, noted_at) VALUES (?1, ?2)",
            (sha256.as_slice(), now.as_millisecond()),
        )?;
        Ok(())
    }

    /// Whether a report has been noted.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn knows_report(&self, sha256: [u8; 32]) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM reports WHERE sha256 = ?1)";
        Ok(self.connection.value(sql, [sha256.as_slice()])?)
    }
}
