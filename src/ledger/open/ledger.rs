//! An open ledger: begun aside and put in its place, opened, set aside.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::connection::{Depth, connect, copy, fact, require_endpoint, verify};
use super::files::{RESCUED, all_files, is_absent, remove_files, require_private};
use super::schema::{APPLICATION_ID, FORMAT, SCHEMA};
use super::sql_functions::add_functions;
use super::upgrade::upgrade;
use crate::ledger::attempt_watermark;
use crate::ledger::error::{FileProblem, LedgerError};
use crate::ledger::sql_types::Statements;
use crate::support::{
    TemporaryPaths, counted, crash_point, create_private, if_there, sync_folder, with_suffix,
};

/// An open ledger: the one writing connection.
pub struct Ledger {
    pub(in crate::ledger) connection: Connection,
    path: PathBuf,
    id: String,
    inode: u64,
    /// That of its -wal file, once that is known to be there.
    wal: Option<u64>,
}

/// What a ledger is for, fixed when it begins.
#[derive(Debug, Clone)]
pub struct LedgerFacts {
    /// The service's base URL, or `sandbox`.
    pub endpoint: String,
    /// The manifest's name, for a ledger at its default path.
    pub manifest: Option<String>,
}

impl LedgerFacts {
    /// A ledger of that endpoint, of whatever manifest.
    pub fn of_endpoint(endpoint: String) -> Self {
        Self {
            endpoint,
            manifest: None,
        }
    }
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
        require_one_name(path)?;
        require_private(path)?;
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let format = verify(&connection, path, Depth::Thorough)?;
        let mut ledger = Self::prepared(connection, path)?;
        ledger.require(facts)?;
        if format < FORMAT {
            upgrade(&mut ledger.connection, format)?;
            crash_point("ledger-upgraded");
        }
        Ok(Some(ledger))
    }

    /// Begins a ledger aside, as a file that nothing else looks at, and fills it with `import`.
    /// Only then `make_room` is called and the ledger put in its place: a first import that is
    /// killed or refused leaves everything as it was. Must be called under the lock. Returns it with
    /// what `import` found.
    ///
    /// # Errors
    /// What `import` or `make_room` fails with.
    pub fn begin<T, E: From<LedgerError>>(
        path: &Path,
        facts: &LedgerFacts,
        now: Timestamp,
        import: impl FnOnce(&mut Self) -> Result<T, E>,
        make_room: impl FnOnce() -> Result<(), E>,
    ) -> Result<(Self, T), E> {
        let aside = with_suffix(path, ".building");
        let _temporary = TemporaryPaths::at(all_files(&aside));
        remove_files(&aside).map_err(LedgerError::from)?;
        let built = Self::create(&aside, facts, now)
            .map_err(E::from)
            .and_then(|mut ledger| {
                let imported = import(&mut ledger)?;
                ledger.close()?;
                Ok(imported)
            });
        if built.is_err() {
            remove_files(&aside).map_err(LedgerError::from)?;
        }
        let imported = built?;
        make_room()?;
        Ok((Self::put_in_place(&aside, path, facts)?, imported))
    }

    /// Opens the ledger at `path`, which must be there.
    ///
    /// # Errors
    /// When it is missing, and those of [`Ledger::open`].
    pub fn open_existing(path: &Path, facts: &LedgerFacts) -> Result<Self, LedgerError> {
        Self::open(path, facts)?.ok_or_else(|| FileProblem::Missing.of(path))
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
        attempt_watermark::clear(path)?;
        Self::open_existing(path, facts)
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
        for (name, value) in [
            ("id", Some(&id)),
            ("begun_at", Some(&begun_at)),
            ("endpoint", Some(&facts.endpoint)),
            ("manifest", facts.manifest.as_ref()),
        ] {
            let add = "INSERT INTO facts SELECT ?1, ?2 WHERE ?2 IS NOT NULL";
            transaction.execute(add, (name, value))?;
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
        // Session ids are random, so each commit touches pages all over their index: more cache
        // than SQLite's own 2 MiB, and a log that is folded in less often, save reading and
        // writing. Much more cache would break the bound on memory. Negative is KiB.
        connection.pragma_update(None, "cache_size", -6_144)?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        require_durable(&connection, path)?;
        let id = fact(&connection, "id")?.unwrap_or_default();
        add_functions(&connection, id.clone())?;
        let inode = fs::metadata(path)?.ino();
        Ok(Self {
            connection,
            path: path.to_owned(),
            id,
            inode,
            wal: None,
        })
    }

    fn require(&self, facts: &LedgerFacts) -> Result<(), LedgerError> {
        require_endpoint(&self.connection, &self.path, Some(&facts.endpoint))?;
        match (fact(&self.connection, "manifest")?, facts.manifest.clone()) {
            (Some(has), Some(asked)) if has != asked => {
                Err(FileProblem::OtherManifest { has, asked }.of(&self.path))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a ledger that is older than its lock file: a backup put back, or one that lost its
    /// -wal file, does not know what was sent since.
    ///
    /// # Errors
    /// When the lock file names a run, or notes attempts, that the ledger does not know.
    pub fn require_run(&self, last_run: i64) -> Result<(), LedgerError> {
        let sql = "SELECT coalesce(max(id), 0) FROM runs";
        let known: i64 = self.connection.value(sql, [])?;
        if known < last_run {
            let runs = counted(known.unsigned_abs(), "run");
            let knows = format!("{runs}, but run {last_run} has sent rows");
            return Err(FileProblem::Older(knows).of(&self.path));
        }
        let known = attempt_watermark::last_attempt(&self.connection)?;
        match attempt_watermark::noted(&self.path)? {
            noted if known < noted => {
                let knows = format!("{known} attempts of {noted}");
                Err(FileProblem::Older(knows).of(&self.path))
            }
            _ => Ok(()),
        }
    }

    /// Watches its -wal file too from now on: it was written, so that file is there.
    pub(in crate::ledger) fn watch_wal(&mut self) {
        let found = fs::metadata(with_suffix(&self.path, "-wal"));
        self.wal = found.ok().map(|found| found.ino());
    }

    /// Whether the files at its path are still those that are open. Deleted, emptied or replaced
    /// ones would take every record with them.
    pub fn is_in_place(&self) -> bool {
        let is_there =
            |path: &Path, inode| fs::metadata(path).is_ok_and(|found| found.ino() == inode);
        let is_emptied = fs::metadata(&self.path).is_ok_and(|found| found.len() == 0);
        let has_wal = |inode| is_there(&with_suffix(&self.path, "-wal"), inode);
        !is_emptied && is_there(&self.path, self.inode) && self.wal.is_none_or(has_wal)
    }

    /// Copies what is known into a new file next to its path, for a ledger that is not in place any
    /// more. Returns where.
    ///
    /// # Errors
    /// When there is no folder any more, or no room, or what was lost is needed.
    pub fn rescue(&self, now: Timestamp) -> Result<PathBuf, LedgerError> {
        let time = now.strftime("%Y%m%dT%H%M%S%3fZ");
        let path = with_suffix(&self.path, &format!("{RESCUED}{time}"));
        let aside = with_suffix(&path, ".tmp");
        let _temporary = TemporaryPaths::at(all_files(&aside));
        create_private(&aside)?;
        copy(&self.connection, &aside)?;
        fs::File::open(&aside)?.sync_all()?;
        fs::rename(&aside, &path)?;
        sync_folder(&path)?;
        Ok(path)
    }

    /// Begins what is recorded whole or not at all.
    pub(in crate::ledger) fn transaction(&mut self) -> rusqlite::Result<Transaction<'_>> {
        let behavior = TransactionBehavior::Immediate;
        self.connection.transaction_with_behavior(behavior)
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

/// Sets a ledger aside as `NAME.ledger.<time>`, with its -wal, for `--new-ledger`. The ledger
/// itself goes first: killed in between, the next run finds it missing and refuses. Returns where
/// it went, or `None` if there was none. Must be called under the lock.
///
/// # Errors
/// When it can't be renamed.
pub fn set_aside(path: &Path, now: Timestamp) -> std::io::Result<Option<PathBuf>> {
    let time = now.strftime("%Y%m%dT%H%M%S%3fZ").to_string();
    let aside = with_suffix(path, &format!(".{time}"));
    if !fs::exists(path)? {
        return Ok(None);
    }
    if let Ok(connection) = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        && verify(&connection, path, Depth::Quick).is_ok()
    {
        // Folds the -wal into the ledger. What can't be opened is set aside as it is.
        drop(connection);
    }
    for suffix in ["", "-wal", "-shm"] {
        if_there(fs::rename(
            with_suffix(path, suffix),
            with_suffix(&aside, suffix),
        ))?;
    }
    sync_folder(path)?;
    Ok(Some(aside))
}

/// A second name of the file would have a lock and a -wal of its own, and two runs could work.
fn require_one_name(path: &Path) -> Result<(), LedgerError> {
    match fs::metadata(path)?.nlink() {
        ..=1 => Ok(()),
        names => Err(FileProblem::Linked(names).of(path)),
    }
}

/// Reads back what was set: a system may ship a SQLite that takes these settings and keeps to
/// weaker ones.
fn require_durable(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    if mode == "wal" && synchronous == 2 {
        return Ok(());
    }
    let reason = format!("its journal is '{mode}' and not WAL, synchronous {synchronous}");
    Err(FileProblem::NotDurable(reason).of(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_that_does_not_keep_its_commits_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.ledger");
        let connection = Connection::open(&path).unwrap();
        let required = |journal: &str, synchronous: &str| {
            connection
                .pragma_update(None, "journal_mode", journal)
                .unwrap();
            connection
                .pragma_update(None, "synchronous", synchronous)
                .unwrap();
            require_durable(&connection, &path).map_err(|error| error.to_string())
        };
        assert_eq!(required("wal", "FULL"), Ok(()));
        for (journal, synchronous, reason) in [
            ("wal", "NORMAL", "synchronous 1"),
            ("wal", "OFF", "synchronous 0"),
            ("delete", "FULL", "'delete' and not WAL"),
        ] {
            let error = required(journal, synchronous).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
