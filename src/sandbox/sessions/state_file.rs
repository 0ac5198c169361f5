//! The file that keeps the sessions over a restart: one JSON value a line, appended to as copies
//! are made, so that saving costs by what is new and not by what there is. Nothing in it is ever
//! overwritten; a last line cut off by a kill is ignored.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::session::{Session, SessionState};

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A copy was made.
    Session(Box<Session>),
    /// A copy or a source has another state now.
    Status { id: Uuid, status: SessionState },
}

/// The file, open and locked for this process.
#[derive(Debug)]
pub struct StateFile {
    file: File,
    pending: Vec<u8>,
}

impl StateFile {
    /// Opens the file, makes it if need be, and hands every line to `each`, in order.
    ///
    /// # Errors
    /// When it can't be read or written, another sandbox holds it, or a line is wrong.
    pub fn open(path: &Path, mut each: impl FnMut(Line)) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        // It holds names and addresses; a link could have another file grow.
        let no_link = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let opened = options.mode(0o600).custom_flags(no_link).open(path);
        let file = opened.map_err(|error| match path.is_symlink() {
            true => unusable(path, &"it is a symbolic link"),
            false => unusable(path, &error),
        })?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.nlink() > 1 {
            return Err(unusable(
                path,
                &"it is no regular file, or has several names",
            ));
        }
        file.set_permissions(Permissions::from_mode(0o600))?;
        lock(&file, path)?;
        let whole = read(&file, path, &mut each)?;
        if let Some(length) = whole {
            file.set_len(length)?;
        }
        Ok(Self {
            file,
            pending: Vec::new(),
        })
    }

    /// Notes a line; [`StateFile::save`] writes it.
    pub fn note(&mut self, line: &Line) {
        serde_json::to_writer(&mut self.pending, line).expect("plain members always serialise");
        self.pending.push(b'\n');
    }

    /// Appends what has been noted.
    ///
    /// # Errors
    /// When the file can't be written; what was noted is kept for the next time.
    pub fn save(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let length = self.file.metadata()?.len();
        if let Err(error) = self.file.write_all(&self.pending) {
            // Half a batch must not stand before the next try's whole one.
            self.file.set_len(length)?;
            return Err(error);
        }
        self.pending.clear();
        Ok(())
    }
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> io::Error {
    io::Error::other(format!(
        "{}: can't use the sandbox's state file: {error}",
        path.display()
    ))
}

fn lock(file: &File, path: &Path) -> io::Result<()> {
    file.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => unusable(
            path,
            &"another sandbox holds it: end that one, or name another file",
        ),
        std::fs::TryLockError::Error(error) => unusable(path, &error),
    })
}

/// Reads every line; gives the length to cut the file to when its last line is not whole.
fn read(file: &File, path: &Path, each: &mut impl FnMut(Line)) -> io::Result<Option<u64>> {
    let mut reader = BufReader::new(file);
    let (mut text, mut number, mut length) = (Vec::new(), 0, 0);
    loop {
        text.clear();
        let read = reader.read_until(b'\n', &mut text)?;
        if read == 0 {
            return Ok(None);
        }
        number += 1;
        if text.last() != Some(&b'\n') {
            return Ok(Some(length));
        }
        let line = serde_json::from_slice(&text).map_err(|error| {
            unusable(
                path,
                &format!("line {number}: {error}: mend the line or remove the file"),
            )
        })?;
        each(line);
        length += read as u64;
    }
}
