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
    #[error("{}: {}", path.display(), unknown_format(path))]
    Format {
        /// The file.
        path: PathBuf,
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

fn unknown_format(path: &Path) -> &'static str {
    const SPREADSHEETS: [&str; 6] = ["xlsx", "xlsm", "xls", "xlsb", "ods", "numbers"];
    let end = path.extension().unwrap_or_default();
    match SPREADSHEETS.iter().any(|one| end.eq_ignore_ascii_case(one)) {
        true => {
            "this is a spreadsheet's own format; open it there, and save the sheet as \"CSV UTF-8\""
        }
        false => "its name doesn't say what it is; add --format csv, json or jsonl",
    }
}
