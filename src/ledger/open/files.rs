//! The files of a ledger, as files.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::ledger::error::{FileProblem, LedgerError};
use crate::support::{if_there, with_suffix};

/// Whether the file looks like a SQLite database. Only for files that this process has not
/// opened through SQLite: closing any other handle drops SQLite's locks.
///
/// # Errors
/// When the file is there but can't be read.
pub fn is_ledger(path: &Path) -> std::io::Result<bool> {
    use std::io::Read;
    let mut start = Vec::new();
    // A named pipe would be waited for.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(false);
    }
    if let Some(file) = if_there(fs::File::open(path))? {
        file.take(16).read_to_end(&mut start)?;
    }
    Ok(start == b"SQLite format 3\0")
}

pub(super) fn is_absent(path: &Path) -> Result<bool, LedgerError> {
    let foreign = |why| Err(FileProblem::Foreign(why).of(path));
    match if_there(fs::metadata(path))? {
        Some(metadata) if !metadata.is_file() => foreign("it is not a regular file"),
        Some(metadata) => Ok(metadata.len() == 0),
        None if path.is_symlink() => foreign("it is a link to nothing"),
        None => Ok(true),
    }
}

/// What is between a ledger's name and the time at which it was rescued.
pub(super) const RESCUED: &str = ".rescued-";

/// The latest that a run kept of a ledger that was taken away, if it is next to the ledger's place.
pub fn rescued_beside(path: &Path) -> Option<PathBuf> {
    let start = with_suffix(path, RESCUED).file_name()?.to_owned();
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let files = fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let is_rescued = |name: &String| {
        let time = name.strip_prefix(start.to_str().unwrap_or_default());
        time.is_some_and(|time| time.ends_with('Z'))
    };
    let latest = names.filter(is_rescued).max()?;
    Some(path.with_file_name(latest))
}

/// Refuses a ledger that everybody may write, and one with files next to it that somebody else has put
/// there: SQLite takes what they hold for the ledger's own, and so it would decide what is sent.
pub(super) fn require_private(path: &Path) -> Result<(), LedgerError> {
    let path = fs::canonicalize(path)?;
    let ledger = fs::metadata(&path)?;
    if is_open(&ledger) {
        return Err(FileProblem::Open.of(&path));
    }
    let planted = |path: &Path, why| Err(FileProblem::Planted(why).of(path));
    for suffix in ["-wal", "-shm", "-journal", ".lock"] {
        let file = with_suffix(&path, suffix);
        let Some(metadata) = if_there(fs::symlink_metadata(&file))? else {
            continue;
        };
        if !metadata.is_file() {
            return planted(&file, "is not a regular file");
        }
        if suffix == "-journal" && metadata.len() > 0 {
            return planted(&file, "is a journal, which esign-copy never writes there");
        }
        if is_open(&metadata) {
            return planted(&file, "can be written by everybody on this machine");
        }
        if !belongs(&metadata, &ledger) {
            return planted(&file, "belongs to another user than the ledger");
        }
    }
    Ok(())
}

fn is_open(metadata: &Metadata) -> bool {
    metadata.mode() & 0o002 != 0
}

/// Whether a file next to a ledger is of somebody who may write the ledger as well.
fn belongs(file: &Metadata, ledger: &Metadata) -> bool {
    let is_of_group = ledger.mode() & 0o020 != 0 && file.gid() == ledger.gid();
    let own = rustix::process::geteuid().as_raw();
    [0, own, ledger.uid()].contains(&file.uid()) || is_of_group
}

/// Whether a name says that the ledger is no job's any more: one that was set aside for a new one, what
/// was rescued of one, or one that is only being built.
pub(in crate::ledger) fn is_set_aside(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let end = name.rsplit('.').next().unwrap_or_default();
    let end = end.strip_prefix("rescued-").unwrap_or(end);
    let is_time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", end.get(..15).unwrap_or(end));
    (is_time.is_ok() && end.ends_with('Z')) || end == "building" || name.ends_with(".tmp")
}

/// A database with the files that SQLite may keep next to it.
pub(in crate::ledger) fn all_files(path: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|suffix| with_suffix(path, suffix))
}

/// Removes a database with all its files.
pub(super) fn remove_files(path: &Path) -> std::io::Result<()> {
    for path in all_files(path) {
        if_there(fs::remove_file(path))?;
    }
    Ok(())
}
