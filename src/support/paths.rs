//! Paths, and files that may not be there.

use std::io;
use std::path::{Path, PathBuf};

/// A path with something appended to its name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The path, or where something is there already the next one that is free: `a-2.csv`, `a-3.csv`.
///
/// # Errors
/// When the folder can't be read.
pub fn unused_path(path: PathBuf) -> io::Result<PathBuf> {
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let end = path
        .extension()
        .map(|end| format!(".{}", end.to_string_lossy()));
    let numbered = |number: u32| {
        path.with_file_name(format!(
            "{stem}-{number}{}",
            end.as_deref().unwrap_or_default()
        ))
    };
    let mut free = path.clone();
    for number in 2.. {
        if if_there(std::fs::symlink_metadata(&free))?.is_none() {
            break;
        }
        free = numbered(number);
    }
    Ok(free)
}

/// What was asked of a file, or `None` if it is not there.
///
/// # Errors
/// Every other one.
pub fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_taken_gets_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.edited.csv");
        for name in ["a.edited.csv", "a.edited-2.csv", "a.edited-3.csv"] {
            let free = unused_path(path.clone()).unwrap();
            assert_eq!(free, folder.path().join(name));
            std::fs::write(free, "").unwrap();
        }
    }
}
