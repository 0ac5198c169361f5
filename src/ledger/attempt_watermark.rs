//! How many attempts a ledger is known to have had, kept next to it in its lock file: a backup
//! made while a run worked, or a ledger that lost its -wal, names the right run and still lacks
//! what that run sent.

use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use fs_err as fs;
use rusqlite::Connection;

use super::error::LedgerError;

use super::lock_file::{FILE_BYTES, open_lock_file};
use super::sql_types::Statements;
use crate::support::if_there;

/// Digits of a watermark: each rewrite covers the one before.
const DIGITS: usize = 20;

/// The watermark of the ledger that a run works on.
pub(super) struct AttemptWatermark {
    /// None without a lock file, which only tests go without.
    file: Option<fs::File>,
    noted: i64,
}

impl AttemptWatermark {
    pub(super) fn open(ledger: &Path) -> io::Result<Self> {
        let file = if_there(open_lock_file(ledger, fs::OpenOptions::new().write(true)))?;
        Ok(Self { file, noted: 0 })
    }

    /// Notes the latest attempt, after its commit: a watermark is never ahead of its ledger. It is not
    /// synced: a power cut may take it, and harms neither ledger nor -wal.
    pub(super) fn note(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        let last = last_attempt(connection)?;
        let Some(file) = self.file.as_ref().filter(|_| last > self.noted) else {
            return Ok(());
        };
        let text = format!("{last:DIGITS$}\n");
        self.noted = last;
        Ok(file
            .file()
            .write_all_at(text.as_bytes(), FILE_BYTES as u64)?)
    }
}

/// The latest attempt that the ledger at `path` is known to have had; 0 if nothing says so.
pub(super) fn noted(path: &Path) -> io::Result<i64> {
    let Some(file) = if_there(open_lock_file(path, fs::OpenOptions::new().read(true)))? else {
        return Ok(0);
    };
    let mut text = [0; DIGITS];
    match file.file().read_exact_at(&mut text, FILE_BYTES as u64) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
        Err(error) => return Err(error),
    }
    let text = String::from_utf8_lossy(&text);
    Ok(text.trim().parse().unwrap_or(0))
}

/// A ledger that is put in place has had no attempt, whatever stood there before.
pub(super) fn clear(path: &Path) -> io::Result<()> {
    match if_there(open_lock_file(path, fs::OpenOptions::new().write(true)))? {
        Some(file) if file.metadata()?.len() > FILE_BYTES as u64 => file.set_len(FILE_BYTES as u64),
        _ => Ok(()),
    }
}

pub(super) fn last_attempt(connection: &Connection) -> rusqlite::Result<i64> {
    connection.value("SELECT coalesce(max(id), 0) FROM attempts", [])
}
