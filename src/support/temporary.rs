//! TemporaryPaths things that are known while they are there, so that a signal that ends the program
//! takes them with it.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{NamedTempFile, TempDir};

static KNOWN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn known() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Paths at which something temporary may be, until this is dropped.
#[derive(Debug)]
pub struct TemporaryPaths(Vec<PathBuf>);

impl TemporaryPaths {
    /// Notes paths before anything is there.
    pub fn at(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let paths: Vec<PathBuf> = paths.into_iter().collect();
        known().extend(paths.iter().cloned());
        Self(paths)
    }
}

impl Drop for TemporaryPaths {
    fn drop(&mut self) {
        let mut known = known();
        for path in &self.0 {
            known.remove(path);
        }
    }
}

/// Makes a thing and notes it in one step.
fn noted<T>(
    make: impl FnOnce() -> io::Result<T>,
    path: impl FnOnce(&T) -> &Path,
) -> io::Result<(T, TemporaryPaths)> {
    let mut known = known();
    let made = make()?;
    let path = path(&made).to_owned();
    known.insert(path.clone());
    Ok((made, TemporaryPaths(vec![path])))
}

/// Removes everything temporary, for a program that ends without unwinding. Nothing temporary can
/// be made any more.
pub fn remove_temporaries() {
    let known = known();
    let remove = |path: &PathBuf| match path.is_dir() {
        true => fs_err::remove_dir_all(path),
        false => fs_err::remove_file(path),
    };
    // Twice: the program goes on working until it ends. What is gone already, or can't be removed,
    // keeps nothing from ending.
    for path in known.iter().chain(known.iter()) {
        let _ = remove(path);
    }
    std::mem::forget(known);
}

/// A private temporary file, gone when dropped.
#[derive(Debug)]
pub struct TemporaryFile {
    file: NamedTempFile,
    note: TemporaryPaths,
}

impl TemporaryFile {
    pub(super) fn make(make: impl FnOnce() -> io::Result<NamedTempFile>) -> io::Result<Self> {
        let (file, note) = noted(make, |file| file.path())?;
        Ok(Self { file, note })
    }

    /// The file, and what is to be held until it has its place.
    pub(super) fn into_parts(self) -> (NamedTempFile, TemporaryPaths) {
        (self.file, self.note)
    }
}

impl Deref for TemporaryFile {
    type Target = NamedTempFile;

    fn deref(&self) -> &NamedTempFile {
        &self.file
    }
}

impl DerefMut for TemporaryFile {
    fn deref_mut(&mut self) -> &mut NamedTempFile {
        &mut self.file
    }
}

/// A private temporary folder, gone when dropped.
#[derive(Debug)]
pub struct TemporaryFolder {
    folder: TempDir,
    _note: TemporaryPaths,
}

impl TemporaryFolder {
    /// Makes one where the system keeps such folders.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn new() -> io::Result<Self> {
        let private = Permissions::from_mode(0o700);
        let make = || tempfile::Builder::new().permissions(private).tempdir();
        let (folder, note) = noted(make, TempDir::path)?;
        Ok(Self {
            folder,
            _note: note,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}
