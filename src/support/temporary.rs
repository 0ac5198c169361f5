//! Temporary things that are known while they are there, so that a signal that ends the program
//! takes them with it.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{NamedTempFile, TempDir};

static REGISTERED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn registered() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    REGISTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Paths at which something temporary may be, until this is dropped.
#[derive(Debug)]
pub struct TemporaryPaths(Vec<PathBuf>);

impl TemporaryPaths {
    /// Registers paths before anything is there.
    pub fn at(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let paths: Vec<PathBuf> = paths.into_iter().collect();
        registered().extend(paths.iter().cloned());
        Self(paths)
    }
}

impl Drop for TemporaryPaths {
    fn drop(&mut self) {
        let mut registered = registered();
        for path in &self.0 {
            registered.remove(path);
        }
    }
}

/// Removes everything temporary, for a program that ends without unwinding. Nothing temporary can
/// be made any more.
pub fn remove_temporaries() {
    let registered = registered();
    let remove = |path: &PathBuf| match path.is_dir() {
        true => fs_err::remove_dir_all(path),
        false => fs_err::remove_file(path),
    };
    // Twice: the program goes on working until it ends. What is gone already, or can't be removed,
    // keeps nothing from ending.
    for path in registered.iter().chain(registered.iter()) {
        let _ = remove(path);
    }
    std::mem::forget(registered);
}

/// A private temporary file or folder, gone when dropped.
#[derive(Debug)]
pub struct Temporary<T> {
    entry: T,
    paths: TemporaryPaths,
}

/// A private temporary file, gone when dropped.
pub type TemporaryFile = Temporary<NamedTempFile>;

/// A private temporary folder, gone when dropped.
pub type TemporaryFolder = Temporary<TempDir>;

impl<T> Temporary<T> {
    /// Makes it and registers its path in one step.
    pub(super) fn make(
        make: impl FnOnce() -> io::Result<T>,
        path: impl FnOnce(&T) -> &Path,
    ) -> io::Result<Self> {
        let mut registered = registered();
        let entry = make()?;
        let path = path(&entry).to_owned();
        registered.insert(path.clone());
        let paths = TemporaryPaths(vec![path]);
        Ok(Self { entry, paths })
    }

    /// The file or folder, and what is to be held until it has its place.
    pub(super) fn into_parts(self) -> (T, TemporaryPaths) {
        (self.entry, self.paths)
    }
}

impl TemporaryFolder {
    /// Makes one where the system keeps such folders.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn new() -> io::Result<Self> {
        let private = Permissions::from_mode(0o700);
        let make = || tempfile::Builder::new().permissions(private).tempdir();
        Self::make(make, TempDir::path)
    }
}

impl<T> Deref for Temporary<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.entry
    }
}

impl<T> DerefMut for Temporary<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.entry
    }
}
