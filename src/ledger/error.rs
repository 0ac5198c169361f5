//! Why a ledger can't be used.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::support::counted;

/// Why a ledger can't be used. The message says how to go on.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is none, although there should be.
    #[error(
        "{path}: the ledger is missing or empty, but {because}. Rows in it may have been copied \
         already. {way}", way = way_back(rescued.as_deref())
    )]
    Gone {
        /// Where it should be.
        path: PathBuf,
        /// What shows that there was one.
        because: String,
        /// What a run kept of it, if that is beside it.
        rescued: Option<PathBuf>,
    },
    /// There is none, and `--require-ledger` forbids to begin one.
    #[error(
        "{path}: no ledger is here, and --require-ledger forbids to begin a new one; run it once by hand \
         without it"
    )]
    Required {
        /// Where it should be.
        path: PathBuf,
    },
    /// There is none to read.
    #[error("{path}: no ledger is here. If the job has another one, name it with --ledger")]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A file of another program, or no database at all.
    #[error(
        "{path}: this file is not a ledger of esign-copy ({reason}). It is left as it is; name \
         another with --ledger"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What shows it.
        reason: String,
    },
    /// Written by a newer version of this program.
    #[error(
        "{path}: this ledger was written by a newer esign-copy (format {version}; this program \
         knows {known}). Use that program"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// Older than its lock file says.
    #[error(
        "{path}: this ledger is older than its lock file: it knows {}, but run {last_run} \
         has sent. It was restored from a backup, or lost its -wal file; rows in it may have been \
         copied already. Put the newer ledger back with its -wal; or, if every row may be sent \
         anew, say --new-ledger", counted(u64::try_from(*known).unwrap_or(0), "run")
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// The last run that it knows.
        known: i64,
        /// The last run that sent, as the lock file says.
        last_run: i64,
    },
    /// It lacks attempts that its lock file notes.
    #[error(
        "{path}: this ledger is older than its lock file: it knows {known} attempts of {noted}. It \
         was restored from a backup, or lost its -wal file; rows in it may have been copied \
         already. Put the newer ledger back with its -wal; or, if every row may be sent anew, say \
         --new-ledger"
    )]
    LacksAttempts {
        /// The file.
        path: PathBuf,
        /// The attempts that it knows.
        known: i64,
        /// The attempts that it once knew, as the lock file says.
        noted: i64,
    },
    /// Damaged.
    #[error(
        "{path}: this ledger is damaged ({reason}). Nothing is sent from it. Restore it with its -wal \
         file from a backup made while no run worked"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What shows it.
        reason: String,
    },
    /// Whole, as far as that can be told, but this user may not write it.
    #[error(
        "{path}: this ledger can't be used, because it or its folder can't be written to by you \
         ({reason}). Nothing was sent, and it is as it was. Ask for write access to the folder"
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// Reached by several hard links.
    #[error(
        "{path}: this ledger has {names} names (hard links), by which two runs could work on it at \
         once. Remove the other ones"
    )]
    Linked {
        /// One of them.
        path: PathBuf,
        /// How many there are.
        names: u64,
    },
    /// Everybody may write it.
    #[error(
        "{path}: everybody on this machine may write this ledger, and so decide what is sent. If nobody \
         has changed it, take that right away with `chmod o-w`, and give the same command again"
    )]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// A file beside it that is not its own.
    #[error(
        "{path}: this file beside the ledger {why}. Somebody else may have put it there, and it would \
         change what is sent. Find out whose it is before you remove it; nothing was sent", path = path.display()
    )]
    Planted {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Made for another service.
    #[error(
        "{path}: this ledger belongs to the endpoint {has}, not {asked}. Say \
         --endpoint {has}, or name another ledger with --ledger"
    )]
    OtherEndpoint {
        /// The file.
        path: PathBuf,
        /// Its endpoint.
        has: String,
        /// The run's endpoint.
        asked: String,
    },
    /// A default ledger, begun for a manifest of another name.
    #[error(
        "{path}: this ledger was begun for {has}, not for {asked}. To use it for both, name it \
         with --ledger; for a ledger of its own, name another one"
    )]
    OtherManifest {
        /// The file.
        path: PathBuf,
        /// The manifest's name that it belongs to.
        has: String,
        /// The run's manifest.
        asked: String,
    },
    /// SQLite failed: a full disk, a damaged page, a lock.
    #[error("the ledger failed: {0}{way}", way = way_on(.0))]
    Sqlite(#[from] rusqlite::Error),
    /// A file operation failed.
    #[error("the ledger failed: {0}")]
    Io(#[from] io::Error),
}

impl LedgerError {
    /// Whether it says something of the ledger, and not of the disk, the system or its rights.
    pub fn is_refusal(&self) -> bool {
        !matches!(
            self,
            Self::Unwritable { .. } | Self::Sqlite(_) | Self::Io(_)
        )
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
