//! What keeps a file from being read at all.

use std::io;
use std::path::{Path, PathBuf};

/// The file can't be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The operating system says so.
    #[error("{}: {}", path.display(), reason(error))]
    Io {
        /// The file.
        path: PathBuf,
        /// Its reason.
        error: io::Error,
    },
    /// It changed while it was read.
    #[error(
        "{}: the file changed while it was read. Nothing was sent; run again when it is complete",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Its format is not known.
    #[error("{}: its name doesn't say what it is; add --format csv, json or jsonl", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// A flag does not fit it.
    #[error("{}: {text}", path.display())]
    Flag {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        text: String,
    },
    /// It can't be taken for a list or a report, with the reason and what to do.
    #[error("{}: {text}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        text: String,
    },
}

impl ManifestError {
    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { path, error }
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        _ => format!("can't be read: {error}"),
    }
}
