//! Connections, and whether what they lead to is a ledger of ours.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};
use url::Url;

use super::files::{beside, is_absent, require_private};
use super::schema::{distrust, foreign_part};
use super::upgrade::upgrade;
use crate::ledger::LedgerError;

/// "ESCP": tells our files from other programs' databases.
pub(super) const APPLICATION_ID: i64 = 0x4553_4350;
/// The format that this program writes. It reads every earlier one, from 1.
pub(super) const FORMAT: i64 = 3;

/// A connection that only reads, also while a run writes. It never checkpoints. A ledger of an
/// earlier format is read as it would be in the present one, from a copy that only this process sees.
pub(in crate::ledger) fn open_to_read(path: &Path) -> Result<Connection, LedgerError> {
    if is_absent(path)? {
        return Err(LedgerError::Missing {
            path: path.to_owned(),
        });
    }
    require_private(path)?;
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match verify(&connection, path, Looked::Over)? {
        FORMAT => Ok(connection),
        format => {
            // No name: SQLite keeps it in a file that is unlinked already, and nobody else's.
            let mut copy = Connection::open("")?;
            distrust(&copy)?;
            copy_into(&connection, &mut copy)?;
            upgrade(&mut copy, format)?;
            Ok(copy)
        }
    }
}

/// Copies a whole ledger into another database, made also while a run works on it.
pub(super) fn copy_into(from: &Connection, to: &mut Connection) -> Result<(), LedgerError> {
    let backup = rusqlite::backup::Backup::new(from, to)?;
    Ok(backup.run_to_completion(1_000, Duration::ZERO, None)?)
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, LedgerError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    distrust(&connection)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// How closely a ledger is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// Whether it can be read.
    Over,
    /// Also whether each id in a table is the one in its index: a flipped bit in a transaction id
    /// would have its row looked up under another one, found absent, and sent again.
    Through,
}

impl Looked {
    fn pragma(self) -> &'static str {
        match self {
            Self::Over => "PRAGMA quick_check(1)",
            Self::Through => "PRAGMA integrity_check(1)",
        }
    }
}

/// A connection to a ledger of ours whose pages are not looked at one by one, in whatever format that
/// this program reads.
pub(in crate::ledger) fn open_unchecked(
    path: &Path,
    flags: OpenFlags,
) -> Result<Connection, LedgerError> {
    let connection = connect(path, flags)?;
    format_of(&connection, path)?;
    Ok(connection)
}

/// A connection to a ledger that belongs to another job, in whatever format. Where nobody works on it, no
/// file is made beside it.
pub(in crate::ledger) fn open_other(path: &Path, is_held: bool) -> Result<Connection, LedgerError> {
    require_private(path)?;
    let log = fs_err::metadata(beside(path, "-wal"));
    let is_at_rest = !is_held && log.map_or(true, |log| log.len() == 0);
    let mut flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let mut named = path.to_owned();
    if let (true, Ok(Ok(mut url))) = (
        is_at_rest,
        std::path::absolute(path).map(Url::from_file_path),
    ) {
        url.set_query(Some("immutable=1"));
        named = url.as_str().into();
        flags |= OpenFlags::SQLITE_OPEN_URI;
    }
    let connection = connect(&named, flags)?;
    verify(&connection, path, Looked::Over)?;
    Ok(connection)
}

/// Refuses what is not a sound ledger of ours in a format we know. Returns its format.
pub(super) fn verify(
    connection: &Connection,
    path: &Path,
    looked_at: Looked,
) -> Result<i64, LedgerError> {
    let format = format_of(connection, path)?;
    let path = path.to_owned();
    let check = connection.query_row(looked_at.pragma(), [], |row| row.get::<_, String>(0));
    match check {
        Ok(answer) if answer == "ok" => {}
        Ok(reason) => return Err(LedgerError::Damaged { path, reason }),
        Err(error) => return Err(unusable(path, error)),
    }
    match dangling(connection) {
        Ok(None) => Ok(format),
        Ok(Some(table)) => {
            let reason = format!("a line of its table {table} belongs to nothing");
            Err(LedgerError::Damaged { path, reason })
        }
        Err(error) => Err(unusable(path, error)),
    }
}

/// The format of a ledger of ours.
fn format_of(connection: &Connection, path: &Path) -> Result<i64, LedgerError> {
    let path = path.to_owned();
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application_id = match pragma("application_id") {
        Ok(id) => id,
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            return Err(LedgerError::Foreign {
                path,
                reason: "it is no database".into(),
            });
        }
        Err(error) => return Err(unusable(path, error)),
    };
    if application_id != APPLICATION_ID {
        let reason = "it is another program's database".into();
        return Err(LedgerError::Foreign { path, reason });
    }
    match pragma("user_version").map_err(|error| unusable(path.clone(), error))? {
        format @ 1..=FORMAT => match foreign_part(connection, format) {
            Ok(None) => Ok(format),
            Ok(Some(what)) => {
                let reason = format!("{what} in it is not as esign-copy makes it");
                Err(LedgerError::Damaged { path, reason })
            }
            Err(error) => Err(unusable(path, error)),
        },
        version if version > FORMAT => Err(LedgerError::Newer {
            path,
            version,
            known: FORMAT,
        }),
        version => {
            let reason = format!("its format is {version}");
            Err(LedgerError::Damaged { path, reason })
        }
    }
}

/// A table with a reference that leads nowhere. A flipped bit in one is no damage to SQLite, but
/// would drop a record from every report.
fn dangling(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("PRAGMA foreign_key_check", [], |row| row.get(0))
        .optional()
}

/// What it means that a ledger can't be looked at. Only SQLite's own word makes it a damaged one: a
/// full disk, say, harms nothing.
fn unusable(path: PathBuf, error: rusqlite::Error) -> LedgerError {
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            LedgerError::Unwritable { path, reason }
        }
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::DatabaseBusy
            | ErrorCode::FileLockingProtocolFailed,
        ) => LedgerError::Sqlite(error),
        _ => LedgerError::Damaged { path, reason },
    }
}

pub(in crate::ledger) fn fact(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT value FROM facts WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()
}
