//! The lock file of a ledger: where it is, how it is opened, what it says.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt;
use fs_err::{self as fs, File};
use serde::{Deserialize, Serialize};

use crate::support::{if_there, with_suffix};

/// Who works, or last worked, on a ledger: the content of its lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Host name.
    pub host: String,
    /// When it took the lock, RFC 3339 UTC.
    pub since: String,
    /// The run's number in the ledger; 0 before it has one.
    pub run: i64,
    /// Whether a request may have left for any row of this ledger, by this run or an earlier one.
    pub sending_begun: bool,
}

/// Fixed, so that a rewrite is one write of the same bytes and never leaves a shorter file.
pub(super) const FILE_BYTES: usize = 512;
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
        (false, _) => Err(refused(&path, "is not a regular file")),
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

/// What a lock file was found to say.
pub(super) struct Content {
    /// Who wrote it, if that can be read.
    pub holder: Option<Holder>,
    /// Whether nothing was written yet.
    pub is_empty: bool,
    /// Whether this program wrote it, whole or, cut off by a crash, in part.
    pub is_ours: bool,
}

/// What every lock file begins with.
const START: &[u8] = b"{\"pid\":";

/// Reads the lock file from its beginning.
pub(super) fn read(file: &mut File) -> io::Result<Content> {
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(FILE_BYTES as u64).read_to_end(&mut text)?;
    // A power cut may leave zeros.
    let is_blank = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let end = text.iter().rposition(|byte| !is_blank(byte));
    let written = &text[..end.map_or(0, |last| last + 1)];
    Ok(Content {
        holder: serde_json::from_slice(&text).ok(),
        is_empty: text.is_empty(),
        is_ours: written.starts_with(START) || START.starts_with(written),
    })
}

/// Writes who works on the ledger, durably.
pub(super) fn write(file: &mut File, holder: &mut Holder) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(holder)?;
    if bytes.len() >= FILE_BYTES {
        holder.host.truncate(60);
        bytes = serde_json::to_vec(holder)?;
    }
    bytes.resize(FILE_BYTES - 1, b' ');
    bytes.push(b'\n');
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&bytes)?;
    file.sync_all()
}

/// Whether the lock file of the ledger at `path` says that requests may have left for its rows.
pub(super) fn sending_had_begun(path: &Path) -> bool {
    let opened = open_lock_file(path, fs::OpenOptions::new().read(true));
    let content = opened.and_then(|mut file| read(&mut file));
    let holder = content.ok().and_then(|content| content.holder);
    holder.is_some_and(|holder| holder.sending_begun)
}
