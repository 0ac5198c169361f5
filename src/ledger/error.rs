//! Why a ledger can't be used.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

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
    #[error("the ledger failed: {0}")]
    Corrupt(String),
    /// Another process changed a row that only this run should change.
    #[error("the ledger failed: {0}; another process changed it")]
    Conflict(&'static str),
    /// It is not where the next run will look for it.
    #[error(
        "the ledger failed: its file, or its -wal, was deleted, emptied or replaced while the run worked"
    )]
    Displaced,
    /// An earlier command of the same group failed, and this one with it.
    #[error("the ledger failed: an earlier command of the group failed")]
    GroupFailed,
    /// The thread that owned it is gone.
    #[error("the ledger failed: its thread panicked")]
    WriterPanicked,
    /// SQLite failed: a full disk, a damaged page, a lock.
    #[error("the ledger failed: {0}{way}", way = way_on(.0))]
    Sqlite(rusqlite::Error),
    /// A file operation failed.
    #[error("the ledger failed: {0}")]
    Io(#[from] io::Error),
}

/// What is wrong with the file of a ledger, or with one next to it.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// There is none, although there should be.
    #[error(
        "the ledger is missing or empty, but {because}. Rows in it may have been copied \
         already. {way}", way = way_back(rescued.as_deref())
    )]
    Gone {
        /// What shows that there was one.
        because: String,
        /// What a run kept of it, if that is next to it.
        rescued: Option<PathBuf>,
    },
    /// There is none, and `--require-ledger` forbids to begin one.
    #[error(
        "no ledger is here, and --require-ledger forbids to begin a new one; run it once by hand \
         without it"
    )]
    Required,
    /// There is none to read.
    #[error("no ledger is here. If the job has another one, name it with --ledger")]
    Missing,
    /// A file of another program, or no database at all, with what shows it.
    #[error(
        "this file is not a ledger of esign-copy ({0}). It is left as it is; name \
         another with --ledger"
    )]
    Foreign(&'static str),
    /// Written by a newer version of this program.
    #[error(
        "this ledger was written by a newer esign-copy (format {version}; this program \
         knows {known}). Use that program"
    )]
    Newer {
        /// Its format.
        version: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// It lacks runs or attempts that its lock file notes, with what it knows of them.
    #[error(
        "this ledger is older than its lock file: it knows {0}. It was restored from a backup, or \
         lost its -wal file; rows in it may have been copied already. Put the newer ledger back \
         with its -wal; or, if every row may be sent anew, say --new-ledger"
    )]
    Older(String),
    /// Damaged, with what shows it.
    #[error(
        "this ledger is damaged ({0}). Nothing is sent from it. Restore it with its -wal \
         file from a backup made while no run worked"
    )]
    Damaged(String),
    /// Whole, as far as that can be checked, but this user may not write it, as SQLite says.
    #[error(
        "this ledger can't be used, because it or its folder can't be written to by you \
         ({0}). Nothing was sent, and it is as it was. Ask for write access to the folder"
    )]
    Unwritable(String),
    /// Reached by so many hard links.
    #[error(
        "this ledger has {0} names (hard links), by which two runs could work on it at \
         once. Remove the other ones"
    )]
    Linked(u64),
    /// Everybody may write it.
    #[error(
        "everybody on this machine may write this ledger, and so decide what is sent. If nobody \
         has changed it, take that right away with `chmod o-w`, and give the same command again"
    )]
    Open,
    /// A file next to it that is not its own, with what is wrong with that.
    #[error(
        "this file beside the ledger {0}. Somebody else may have put it there, and it would \
         change what is sent. Find out whose it is before you remove it; nothing was sent"
    )]
    Planted(&'static str),
    /// Made for another service.
    #[error(
        "this ledger belongs to the endpoint {has}, not {asked}. Say \
         --endpoint {has}, or name another ledger with --ledger"
    )]
    OtherEndpoint {
        /// Its endpoint.
        has: String,
        /// The run's endpoint.
        asked: String,
    },
    /// A default ledger, begun for a manifest of another name.
    #[error(
        "this ledger was begun for {has}, not for {asked}. To use it for both, name it \
         with --ledger; for a ledger of its own, name another one"
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
            "What its last run knew is kept as {}: give that the ledger's name",
            rescued.display()
        ),
        None => "Put the ledger back from where it went; if it is lost, begin a new one from its last \
                 report with `esign-copy retry REPORT --without-ledger`; or, if every row may be sent \
                 anew, say --new-ledger"
            .into(),
    }
}

/// What to do about a failure that passes.
fn way_on(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => {
            ". If the disk is full, make room where the ledger is and in the folder for temporary \
             files, then give the same command again: nothing is sent twice"
        }
        _ => "",
    }
}
