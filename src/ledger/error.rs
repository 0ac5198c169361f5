//! Why a ledger can't be used.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_IOERR_LOCK, SQLITE_IOERR_SHMLOCK, SQLITE_IOERR_SHMMAP};

/// Why a ledger can't be used. The message says how to go on.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Its file, or one next to it, is not what it should be.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: FileProblem,
    },
    /// What it holds can't be what was written.
    #[error("the ledger is damaged: {0}")]
    Corrupt(String),
    /// Another process changed a row that only this run should change.
    #[error("another process changed the ledger: {0}")]
    Conflict(&'static str),
    /// It is not where the next run will look for it.
    #[error("the ledger, or its -wal file, was deleted, emptied or replaced while the run worked")]
    Displaced,
    /// An earlier command of the same group failed, and this one with it.
    #[error("the ledger could not be written: what was to be written with this failed")]
    GroupFailed,
    /// The thread that owned it is gone.
    #[error("the ledger could not be written: its thread panicked")]
    WriterPanicked,
    /// SQLite failed: a full disk, a damaged page, a lock.
    #[error("the ledger could not be read or written: {0}{way}", way = way_on(.0))]
    Sqlite(rusqlite::Error),
    /// A file operation failed.
    #[error("the ledger could not be read or written: {0}")]
    Io(#[from] io::Error),
}

/// What is wrong with the file of a ledger, or with one next to it.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// There is none, although there should be.
    #[error(
        "the ledger is missing or empty, but {because}. Rows in it may already be copied. {way}",
        way = way_back(rescued.as_deref())
    )]
    Gone {
        /// What shows that there was one.
        because: String,
        /// What a run kept of it, if that is next to it.
        rescued: Option<PathBuf>,
    },
    /// There is none, and `--require-ledger` forbids to begin one.
    #[error(
        "there is no ledger here, and --require-ledger does not allow a new one. If this job ever ran, its rows were \
         sent: is a disk missing, or was the list renamed? Only for a job that never ran: run it once by hand \
         without --require-ledger"
    )]
    Required,
    /// There is none to read.
    #[error("there is no ledger here. If it has another name, give it with --ledger")]
    Missing,
    /// A file of another program, or no database at all, with what shows it.
    #[error("this file is not a ledger of esign-copy ({0}). Name another file with --ledger")]
    Foreign(&'static str),
    /// Written by a newer version of this program.
    #[error(
        "this ledger was written by a newer esign-copy (format {version}; this one reads formats up \
         to {known}). Use the newer one"
    )]
    Newer {
        /// Its format.
        version: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// It lacks runs or attempts that its lock file notes, with what it knows of them.
    #[error(
        "this ledger is older than its lock file: it has {0}. It is a restored backup, or has lost \
         its -wal file, and more rows may be copied than it says. Put the newer ledger and its -wal file \
         back; if every row may be sent again, use --new-ledger"
    )]
    Older(String),
    /// Damaged, with what shows it.
    #[error(
        "this ledger is damaged ({0}). Nothing is sent from it. Restore it, with its -wal file, from \
         a backup that was made while no run worked"
    )]
    Damaged(String),
    /// SQLite does not keep what is committed, with what shows it.
    #[error("SQLite can't protect this ledger against a power cut here ({0}){LOCAL_DISK}")]
    NotDurable(String),
    /// Whole, as far as that can be checked, but this user may not write it, as SQLite says.
    #[error(
        "you can't write to this ledger or its folder ({0}). Nothing was sent. Ask for write \
         access to the folder"
    )]
    Unwritable(String),
    /// Reached by so many hard links.
    #[error(
        "this ledger has {0} names (hard links), so that two runs could use it at once. Remove the \
         other names"
    )]
    Linked(u64),
    /// Everybody may write it.
    #[error(
        "everybody on this machine can change this ledger, and so what is sent. If nobody has, run \
         `chmod o-w` on it and give the same command again"
    )]
    Open,
    /// A file next to it that is not its own, with what is wrong with that.
    #[error(
        "this file next to the ledger {0}. It may be somebody else's, and would change what is \
         sent. Find out whose it is before you remove it. Nothing was sent"
    )]
    Planted(&'static str),
    /// Made for another service.
    #[error(
        "this ledger belongs to the endpoint {has}, not {asked}. Use --endpoint {has}, or name \
         another ledger with --ledger"
    )]
    OtherEndpoint {
        /// Its endpoint.
        has: String,
        /// The run's endpoint.
        asked: String,
    },
    /// A default ledger, begun for a manifest of another name.
    #[error(
        "this ledger was begun for {has}, not for {asked}. To use it for both lists, name it with \
         --ledger; to give {asked} a ledger of its own, name a new file with --ledger"
    )]
    OtherManifest {
        /// The manifest's name that it belongs to.
        has: String,
        /// The run's manifest.
        asked: String,
    },
}

impl FileProblem {
    /// The error that a file has this problem.
    pub fn of(self, path: &Path) -> LedgerError {
        LedgerError::File {
            path: path.to_owned(),
            problem: self,
        }
    }
}

impl LedgerError {
    /// Refuses to go on from a row that is not as this run left it; `what` says so.
    pub(super) fn conflict_unless(is_as_left: bool, what: &'static str) -> Result<(), Self> {
        is_as_left.then_some(()).ok_or(Self::Conflict(what))
    }

    /// Whether it says something of the ledger, and not of the disk, the system or its rights.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::File { problem, .. } if !matches!(problem, FileProblem::Unwritable(_)))
    }
}

impl From<rusqlite::Error> for LedgerError {
    /// A value that is not what its column holds is a corrupt ledger, and no failure of SQLite's.
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::FromSqlConversionFailure(_, _, why) => Self::Corrupt(why.to_string()),
            error => Self::Sqlite(error),
        }
    }
}

/// Where a ledger that is missing may come from.
fn way_back(rescued: Option<&Path>) -> String {
    match rescued {
        Some(rescued) => format!(
            "Its last run saved what it knew as {}: rename that file to the ledger's name",
            rescued.display()
        ),
        None => "Put the ledger back. If it is lost, begin a new one from its last report with \
                 `esign-copy retry REPORT --without-ledger`. If every row may be sent again, use \
                 --new-ledger"
            .into(),
    }
}

/// What to do where files can't be locked or kept, which is no fault of theirs.
pub(super) const LOCAL_DISK: &str = ". Network folders often can't keep a ledger: keep it on a local disk, and name it there with \
     --ledger";

/// What to do about a failure that passes.
fn way_on(error: &rusqlite::Error) -> &'static str {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    match (error.sqlite_error_code(), extended) {
        (Some(ErrorCode::FileLockingProtocolFailed), _)
        | (_, Some(SQLITE_IOERR_LOCK | SQLITE_IOERR_SHMLOCK | SQLITE_IOERR_SHMMAP)) => LOCAL_DISK,
        (Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure), _) => {
            ". If the disk is full, free some space in the ledger's folder and in the folder for \
             temporary files, then give the same command again: nothing is sent twice"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi::{Error, SQLITE_BUSY, SQLITE_FULL, SQLITE_PROTOCOL};

    use super::*;

    #[test]
    fn a_network_folder_and_a_full_disk_each_have_a_way_on() {
        let way = |code| way_on(&rusqlite::Error::SqliteFailure(Error::new(code), None));
        for code in [SQLITE_PROTOCOL, SQLITE_IOERR_LOCK, SQLITE_IOERR_SHMMAP] {
            assert!(way(code).contains("--ledger"), "{code}");
        }
        assert!(way(SQLITE_FULL).contains("free some space"));
        assert_eq!(way(SQLITE_BUSY), "");
    }
}
