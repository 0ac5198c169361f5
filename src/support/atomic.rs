//! Files that appear whole or not at all, and folders made durable.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use tempfile::{NamedTempFile, PathPersistError, TempPath};

use super::failpoints::crash_point;
use super::temporary::TemporaryFile;

/// Starts a file that will stand at `path` once it is whole: a private (0600) temporary file
/// in the same folder, gone again if it is dropped.
///
/// # Errors
/// When the folder is missing or can't be written.
pub fn temporary_next_to(path: &Path) -> io::Result<TemporaryFile> {
    let folder = folder_of(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    TemporaryFile::make(|| builder.tempfile_in(folder), NamedTempFile::path).map_err(|error| {
        let text = format!("can't write in {}: {error}", folder.display());
        io::Error::new(error.kind(), text)
    })
}

/// Puts a finished temporary file in its place: fsync, rename, fsync of the folder. After a
/// crash the path holds either the old file or the whole new one.
///
/// # Errors
/// When a step fails; the old file then still stands.
pub fn persist(file: TemporaryFile, path: &Path) -> io::Result<()> {
    place(file, path, |file| file.persist(path))
}

/// The same, but never in the place of another file.
///
/// # Errors
/// When a step fails, also because there is a file.
pub fn persist_new(file: TemporaryFile, path: &Path) -> io::Result<()> {
    place(file, path, |file| file.persist_noclobber(path))
}

fn place(
    file: TemporaryFile,
    path: &Path,
    rename: impl FnOnce(TempPath) -> Result<(), PathPersistError>,
) -> io::Result<()> {
    file.as_file().sync_all()?;
    let (file, _registered) = file.into_parts();
    crash_point("file-before-rename");
    rename(file.into_temp_path()).map_err(|error| error.error)?;
    crash_point("file-renamed");
    sync_folder(path)
}

/// Starts such a file with what `write` puts into it.
///
/// # Errors
/// When it can't be written, and those of `write`.
pub fn written_next_to<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<TemporaryFile, E> {
    let mut file = temporary_next_to(path)?;
    let mut buffer = BufWriter::new(file.as_file_mut());
    write(&mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    Ok(file)
}

/// Replaces a file, whole and at once, by what `write` puts into a temporary one.
///
/// # Errors
/// Those of both steps; the old file then still stands.
pub fn replace<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    Ok(persist(written_next_to(path, write)?, path)?)
}

/// Makes a rename or a new file in the folder of `path` durable.
///
/// # Errors
/// When the folder can't be opened or synced.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(folder_of(path))?.sync_all()
}

/// Creates an empty file that only its owner can read, failing if the path exists.
///
/// # Errors
/// When the path exists or can't be created.
pub fn create_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map(drop)
}

fn folder_of(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "old").unwrap();
        let written = written_next_to(&path, |file| file.write_all(b"new"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        persist(written.unwrap(), &path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_file_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let write = || written_next_to(&path, |file| file.write_all(b"new")).unwrap();
        persist_new(write(), &path).unwrap();
        fs::write(&path, "mine").unwrap();
        let error = persist_new(write(), &path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = temporary_next_to(Path::new("/nowhere/at/all/a.csv")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }
}
