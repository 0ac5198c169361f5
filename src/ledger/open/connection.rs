//! Connections to ledgers, and the checks that what they lead to is one, whole and in a known format.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};
use url::Url;

use super::files::{is_absent, require_private};
use super::schema::{APPLICATION_ID, FORMAT, distrust, foreign_part};
use super::upgrade::upgrade;
use crate::ledger::error::{FileProblem, LedgerError};
use crate::ledger::sql_types::Statements;
use crate::support::with_suffix;

/// A connection that only reads, also while a run writes. It never checkpoints. A ledger of an
/// earlier format is read as it would be in the present one, from a copy that only this process sees.
pub(in crate::ledger) fn open_to_read(path: &Path) -> Result<Connection, LedgerError> {
    if is_absent(path)? {
        return Err(FileProblem::Missing.of(path));
    }
    require_private(path)?;
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match verify(&connection, path, Depth::Quick)? {
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

/// How closely a ledger is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Whether it can be read.
    Quick,
    /// Also whether each id in a table is the one in its index: a flipped bit in a transaction id
    /// would have its row looked up under another one, found absent, and sent again.
    Thorough,
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
/// file is made next to it.
pub(in crate::ledger) fn open_other(path: &Path, is_held: bool) -> Result<Connection, LedgerError> {
    require_private(path)?;
    let log = fs_err::metadata(with_suffix(path, "-wal"));
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
    verify(&connection, path, Depth::Quick)?;
    Ok(connection)
}

/// Refuses what is not a whole ledger of ours in a format we know. Returns its format.
pub(super) fn verify(
    connection: &Connection,
    path: &Path,
    depth: Depth,
) -> Result<i64, LedgerError> {
    let format = format_of(connection, path)?;
    let pragma = match depth {
        Depth::Quick => "PRAGMA quick_check(1)",
        Depth::Thorough => "PRAGMA integrity_check(1)",
    };
    let unusable = |error| unusable(path, error);
    let answer: String = connection.value(pragma, []).map_err(unusable)?;
    if answer != "ok" {
        return Err(FileProblem::Damaged(answer).of(path));
    }
    match dangling(connection).map_err(unusable)? {
        None => Ok(format),
        Some(table) => {
            let reason = format!("a line of its table {table} refers to nothing");
            Err(FileProblem::Damaged(reason).of(path))
        }
    }
}

/// The format of a ledger of ours.
fn format_of(connection: &Connection, path: &Path) -> Result<i64, LedgerError> {
    let pragma = |name| {
        let value = connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        value.map_err(|error| unusable(path, error))
    };
    if pragma("application_id")? != APPLICATION_ID {
        return Err(FileProblem::Foreign("it is another program's database").of(path));
    }
    let damaged = |reason| Err(FileProblem::Damaged(reason).of(path));
    match pragma("user_version")? {
        format @ 1..=FORMAT => {
            let foreign = foreign_part(connection, format);
            match foreign.map_err(|error| unusable(path, error))? {
                None => Ok(format),
                Some(what) => damaged(format!("{what} in it is not as esign-copy makes it")),
            }
        }
        version if version > FORMAT => {
            let known = FORMAT;
            Err(FileProblem::Newer { version, known }.of(path))
        }
        version => damaged(format!("its format is {version}")),
    }
}

/// A table with a reference that leads nowhere. A flipped bit in one is no damage to SQLite, but
/// would drop a record from every report.
fn dangling(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let table = connection.value("PRAGMA foreign_key_check", []);
    table.optional()
}

/// What it means that a ledger can't be read. Only SQLite's own word makes it a damaged one: a
/// full disk, say, harms nothing.
fn unusable(path: &Path, error: rusqlite::Error) -> LedgerError {
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => FileProblem::Foreign("it is not a database").of(path),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            FileProblem::Unwritable(reason).of(path)
        }
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::DatabaseBusy
            | ErrorCode::FileLockingProtocolFailed,
        ) => LedgerError::Sqlite(error),
        _ => FileProblem::Damaged(reason).of(path),
    }
}

/// Refuses a ledger of another endpoint than was asked for, if one was. Returns its endpoint.
pub(in crate::ledger) fn require_endpoint(
    connection: &Connection,
    path: &Path,
    asked: Option<&str>,
) -> Result<String, LedgerError> {
    let has = fact(connection, "endpoint")?.unwrap_or_default();
    match asked {
        Some(asked) if asked != has => {
            let asked = asked.to_owned();
            Err(FileProblem::OtherEndpoint { has, asked }.of(path))
        }
        _ => Ok(has),
    }
}

/// Copies a whole ledger, made also while a run works on it.
pub(in crate::ledger) fn copy(from: &Connection, to: &Path) -> Result<(), LedgerError> {
    let mut copy = Connection::open(to)?;
    copy_into(from, &mut copy)?;
    copy.pragma_update(None, "journal_mode", "WAL")?;
    Ok(copy.close().map_err(|(_, error)| error)?)
}

pub(in crate::ledger) fn fact(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<Option<String>> {
    let value = connection.value("SELECT value FROM facts WHERE name = ?1", [name]);
    value.optional()
}
