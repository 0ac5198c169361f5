use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use jiff::Timestamp;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::LedgerError;
use crate::job::{RowId, TransactionId};
use crate::support::{crash_point, create_private, is_broken, sync_folder};

/// "ESCP": tells our files from other programs' databases.
const APPLICATION_ID: i64 = 0x4553_4350;
/// The format that this program writes.
const FORMAT: i64 = 1;
const SCHEMA: &str = include_str!("schema.sql");

/// An open ledger: the one writing connection.
pub struct Ledger {
    pub(super) connection: Connection,
    path: PathBuf,
    id: String,
    inode: u64,
}

/// What a ledger is for, fixed when it begins.
#[derive(Debug, Clone)]
pub struct LedgerFacts {
    /// The service's base URL, or `sandbox`.
    pub endpoint: String,
    /// The manifest's name, for a ledger at its default path.
    pub manifest: Option<String>,
}

impl Ledger {
    /// Opens the ledger at `path`, or `None` if the file is missing or empty.
    ///
    /// # Errors
    /// When it is another program's, newer, damaged, of another endpoint or manifest.
    pub fn open(path: &Path, facts: &LedgerFacts) -> Result<Option<Self>, LedgerError> {
        if is_absent(path)? {
            return Ok(None);
        }
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        verify(&connection, path)?;
        let ledger = Self::prepared(connection, path)?;
        ledger.require(facts)?;
        Ok(Some(ledger))
    }

    /// Begins a ledger aside, as a file that nothing else looks at, and fills it with `import`.
    /// Only then `make_room` is called and the ledger put in its place: a first import that is
    /// killed or refused leaves everything as it was. Must be called under the lock.
    ///
    /// # Errors
    /// What `import` or `make_room` fails with.
    pub fn begin<E: From<LedgerError>>(
        path: &Path,
        facts: &LedgerFacts,
        now: Timestamp,
        import: impl FnOnce(&mut Self) -> Result<(), E>,
        make_room: impl FnOnce() -> Result<(), E>,
    ) -> Result<Self, E> {
        let aside = beside(path, ".building");
        remove_files(&aside).map_err(LedgerError::from)?;
        let built = Self::create(&aside, facts, now)
            .map_err(E::from)
            .and_then(|mut ledger| {
                import(&mut ledger)?;
                Ok(ledger.close()?)
            });
        if let Err(error) = built {
            remove_files(&aside).map_err(LedgerError::from)?;
            return Err(error);
        }
        make_room()?;
        let placed = Self::put_in_place(&aside, path, facts)?;
        Ok(placed)
    }

    fn put_in_place(aside: &Path, path: &Path, facts: &LedgerFacts) -> Result<Self, LedgerError> {
        fs::File::open(aside)?.sync_all()?;
        crash_point("ledger-before-rename");
        // An older ledger's -wal must not be taken for the new one's.
        remove_files(path)?;
        crash_point("ledger-old-removed");
        fs::rename(aside, path)?;
        crash_point("ledger-renamed");
        sync_folder(path)?;
        let opened = Self::open(path, facts)?;
        opened.ok_or_else(|| LedgerError::Missing {
            path: path.to_owned(),
        })
    }

    fn create(path: &Path, facts: &LedgerFacts, now: Timestamp) -> Result<Self, LedgerError> {
        create_private(path)?;
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let transaction = connection.transaction()?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
        transaction.execute_batch(SCHEMA)?;
        let id: String = std::iter::repeat_with(fastrand::alphanumeric)
            .take(20)
            .collect();
        let begun_at = now.to_string();
        let facts = [
            ("id", Some(&id)),
            ("begun_at", Some(&begun_at)),
            ("endpoint", Some(&facts.endpoint)),
            ("manifest", facts.manifest.as_ref()),
        ];
        for (name, value) in facts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
        {
            transaction.execute("INSERT INTO facts VALUES (?1, ?2)", (name, value))?;
        }
        transaction.commit()?;
        Self::prepared(connection, path)
    }

    fn prepared(connection: Connection, path: &Path) -> Result<Self, LedgerError> {
        // Set and read back: some systems ship SQLite with weaker defaults, and only WAL with
        // FULL keeps a committed attempt through a power cut.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "fullfsync", "ON")?;
        connection.pragma_update(None, "checkpoint_fullfsync", "ON")?;
        if is_broken("weak-sqlite") {
            connection.pragma_update(None, "synchronous", "NORMAL")?;
        }
        // Session ids are random, so each commit touches pages all over their index: a cache
        // that holds them, and a log that is folded in less often, save most of the reading and
        // writing. Negative is KiB.
        connection.pragma_update(None, "cache_size", -16_384)?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        let synchronous: i64 =
            connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
        if mode != "wal" || synchronous != 2 {
            let reason = format!("its journal is '{mode}' and not WAL, synchronous {synchronous}");
            return Err(LedgerError::Damaged {
                path: path.to_owned(),
                reason,
            });
        }
        if is_broken("broken-synchronous-normal") {
            connection.pragma_update(None, "synchronous", "NORMAL")?;
        }
        let id = fact(&connection, "id")?.unwrap_or_default();
        add_functions(&connection, id.clone())?;
        let inode = fs::metadata(path)?.ino();
        Ok(Self {
            connection,
            path: path.to_owned(),
            id,
            inode,
        })
    }

    fn require(&self, facts: &LedgerFacts) -> Result<(), LedgerError> {
        let path = self.path.clone();
        let has = fact(&self.connection, "endpoint")?.unwrap_or_default();
        if has != facts.endpoint {
            return Err(LedgerError::OtherEndpoint {
                path,
                has,
                asked: facts.endpoint.clone(),
            });
        }
        let has = fact(&self.connection, "manifest")?;
        match (has, &facts.manifest) {
            (Some(has), Some(asked)) if has != *asked => Err(LedgerError::OtherManifest {
                path,
                has,
                asked: asked.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses a ledger that is older than its lock file: a backup put back, or one that lost its
    /// -wal file, does not know what was sent since.
    ///
    /// # Errors
    /// When the lock file names a run that the ledger does not know.
    pub fn require_run(&self, last_run: i64) -> Result<(), LedgerError> {
        let known: i64 =
            self.connection
                .query_row("SELECT coalesce(max(id), 0) FROM runs", [], |row| {
                    row.get(0)
                })?;
        if known < last_run {
            return Err(LedgerError::Older {
                path: self.path.clone(),
                known,
                last_run,
            });
        }
        Ok(())
    }

    /// Whether the file at its path is still the one that is open. A deleted or replaced file
    /// would take every record with it.
    pub(super) fn is_in_place(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|found| found.ino() == self.inode)
    }

    /// Where the ledger is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The random id from which default transaction ids are made.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Closes the file, with everything in its main part.
    ///
    /// # Errors
    /// When SQLite can't write.
    pub fn close(self) -> Result<(), LedgerError> {
        crash_point("ledger-before-checkpoint");
        self.connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        crash_point("ledger-checkpointed");
        self.connection.close().map_err(|(_, error)| error.into())
    }
}

/// A connection that only reads, also while a run writes. It never checkpoints.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, LedgerError> {
    if is_absent(path)? {
        return Err(LedgerError::Missing {
            path: path.to_owned(),
        });
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    verify(&connection, path)?;
    Ok(connection)
}

/// Whether the file looks like a SQLite database. Only for files that this process has not
/// opened through SQLite: closing any other handle drops SQLite's locks.
///
/// # Errors
/// When the file is there but can't be read.
pub fn is_ledger(path: &Path) -> std::io::Result<bool> {
    use std::io::Read;
    let mut start = Vec::new();
    match fs::File::open(path) {
        Ok(file) => file.take(16).read_to_end(&mut start)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(start == b"SQLite format 3\0")
}

fn is_absent(path: &Path) -> Result<bool, LedgerError> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(LedgerError::Foreign {
            path: path.to_owned(),
            reason: "it is no regular file".into(),
        }),
        Ok(metadata) => Ok(metadata.len() == 0),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => match path.is_symlink() {
            true => Err(LedgerError::Foreign {
                path: path.to_owned(),
                reason: "it is a link to nothing".into(),
            }),
            false => Ok(true),
        },
        Err(error) => Err(error.into()),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, LedgerError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Refuses what is not a sound ledger of ours in a format we know.
fn verify(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
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
        Err(error) => return Err(damaged(path, &error)),
    };
    if application_id != APPLICATION_ID {
        let reason = "it is another program's database".into();
        return Err(LedgerError::Foreign { path, reason });
    }
    match pragma("user_version").map_err(|error| damaged(path.clone(), &error))? {
        FORMAT => {}
        version if version > FORMAT => {
            return Err(LedgerError::Newer {
                path,
                version,
                known: FORMAT,
            });
        }
        version => {
            let reason = format!("its format is {version}");
            return Err(LedgerError::Damaged { path, reason });
        }
    }
    let check = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match check {
        Ok(answer) if answer == "ok" => Ok(()),
        Ok(answer) => Err(LedgerError::Damaged {
            path,
            reason: answer,
        }),
        Err(error) => Err(damaged(path, &error)),
    }
}

fn damaged(path: PathBuf, error: &rusqlite::Error) -> LedgerError {
    LedgerError::Damaged {
        path,
        reason: error.to_string(),
    }
}

pub(super) fn fact(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT value FROM facts WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()
}

/// `generated_transaction_id(row_id)` in SQL, so that an import needs no second pass.
fn add_functions(connection: &Connection, ledger_id: String) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("generated_transaction_id", 1, flags, move |context| {
        let row_id = RowId::parse(&context.get::<String>(0)?)
            .map_err(|error| rusqlite::Error::UserFunctionError(error.into()))?;
        Ok(TransactionId::generated(&ledger_id, &row_id)
            .as_str()
            .to_owned())
    })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes a database with its -wal and -shm files.
fn remove_files(path: &Path) -> std::io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        match fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Sets a ledger aside as `NAME.ledger.<time>`, with its -wal, for `--new-ledger`. The ledger
/// itself goes first: killed in between, the next run finds it missing and refuses. Returns where
/// it went, or `None` if there was none. Must be called under the lock.
///
/// # Errors
/// When it can't be renamed.
pub fn set_aside(path: &Path, now: Timestamp) -> std::io::Result<Option<PathBuf>> {
    let time = now.strftime("%Y%m%dT%H%M%S%3fZ").to_string();
    let aside = beside(path, &format!(".{time}"));
    if !fs::exists(path)? {
        return Ok(None);
    }
    if let Ok(connection) = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        && verify(&connection, path).is_ok()
    {
        // Folds the -wal into the ledger. What can't be opened is set aside as it is.
        drop(connection);
    }
    for suffix in ["", "-wal", "-shm"] {
        match fs::rename(beside(path, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    sync_folder(path)?;
    Ok(Some(aside))
}
