//! Where the lock file of a ledger is, and how it is opened.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt;
use fs_err::{self as fs, File};

use crate::support::{if_there, with_suffix};

/// Where the lock of a ledger is: next to the file itself, whatever link leads to it, so that a ledger has
/// one lock however it is named.
pub(super) fn lock_path(ledger: &Path) -> PathBuf {
    let itself = fs::canonicalize(ledger);
    with_suffix(itself.as_deref().unwrap_or(ledger), ".lock")
}

/// Opens the lock file of a ledger: a regular file under one name. A link there would have another file
/// overwritten.
pub(super) fn open_lock_file(ledger: &Path, options: &mut fs::OpenOptions) -> io::Result<File> {
    let path = lock_path(ledger);
    let no_link = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = options.mode(0o600).custom_flags(no_link).open(&path);
    let file = file.map_err(|error| match path.is_symlink() {
        true => refused(&path, "is a symbolic link"),
        false => error,
    })?;
    let metadata = file.metadata()?;
    match (metadata.is_file(), metadata.nlink()) {
        (false, _) => Err(refused(&path, "is no regular file")),
        (true, 2..) => Err(refused(&path, "has several names (hard links)")),
        (true, _) => Ok(file),
    }
}

fn refused(path: &Path, why: &str) -> io::Error {
    let text = format!("{} {why}; remove it", path.display());
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// Whether an open file is the one at the path.
pub(super) fn is_in_place(file: &File, path: &Path) -> io::Result<bool> {
    let inode = file.metadata()?.ino();
    Ok(if_there(fs::metadata(path))?.is_some_and(|found| found.ino() == inode))
}
