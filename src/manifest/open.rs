use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use fs_err::File;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::ManifestError;
use super::json_columns::signer_path;
use crate::job::Column;

/// The forms that a manifest may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma, semicolon or tab separated, found from the header.
    Csv,
    /// One JSON array of records.
    Json,
    /// JSON records, one a line.
    JsonLines,
}

/// What standard input is called, as an argument and in messages.
pub const STANDARD_INPUT: &str = "-";

/// A manifest file that was looked at: what it is, and what tells whether it changes.
#[derive(Debug, Clone)]
pub struct Manifest {
    path: PathBuf,
    /// The copy of a stream, which can be read but once.
    copy: Option<Arc<std::fs::File>>,
    format: Format,
    size: u64,
    modified: Timestamp,
    sha256: [u8; 32],
}

impl Manifest {
    /// Looks at a file: reads it once for its hash.
    ///
    /// # Errors
    /// When it can't be read, changes meanwhile, or its format can't be told.
    pub fn open(path: &Path, format: Option<Format>) -> Result<Self, ManifestError> {
        let failed = |error| ManifestError::Io {
            path: path.to_owned(),
            error,
        };
        // Looked at before it is opened: to open a pipe is to wait for somebody to write.
        let before = std::fs::metadata(path).map_err(failed)?;
        if before.is_dir() {
            return Err(failed(io::Error::other("it is a folder")));
        }
        if !before.is_file() {
            let what = "it is no regular file, and must be read twice; give a stream as - on standard \
                        input";
            return Err(failed(io::Error::other(what)));
        }
        let mut file = std::fs::File::open(path).map_err(failed)?;
        let format = format
            .or_else(|| format_of(path))
            .ok_or_else(|| ManifestError::Format {
                path: path.to_owned(),
            })?;
        let mut digest = Sha256::new();
        let read = io::copy(&mut file, &mut digest).map_err(failed)?;
        let manifest = Self {
            path: path.to_owned(),
            copy: None,
            format,
            size: read,
            modified: modified(&before),
            sha256: digest.finalize().into(),
        };
        manifest.require_unchanged(&manifest.sha256)?;
        Ok(manifest)
    }

    /// Takes standard input: copies it to a private file without a name, which is gone with the
    /// process, however that ends.
    ///
    /// # Errors
    /// When it can't be read or there is no room for the copy.
    pub fn of_standard_input(mut input: impl Read, format: Format) -> Result<Self, ManifestError> {
        let path = PathBuf::from(STANDARD_INPUT);
        let copied = (|| {
            let mut file = tempfile::tempfile()?;
            let mut digest = Sha256::new();
            let mut buffer = vec![0; 64 * 1024];
            let mut size = 0;
            loop {
                match input.read(&mut buffer) {
                    Ok(0) => return Ok((file, size, digest.finalize().into())),
                    Ok(length) => {
                        file.write_all(&buffer[..length])?;
                        digest.update(&buffer[..length]);
                        size += length as u64;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        })();
        let (file, size, sha256) = copied.map_err(|error| ManifestError::Io {
            path: path.clone(),
            error,
        })?;
        Ok(Self {
            path,
            copy: Some(Arc::new(file)),
            format,
            size,
            // A stream has no time of its own: the same bytes are the same manifest.
            modified: Timestamp::UNIX_EPOCH,
            sha256,
        })
    }

    /// The path as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file's name without its folder.
    pub fn name(&self) -> String {
        self.path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    /// Its form.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// When it was modified last.
    pub fn modified(&self) -> Timestamp {
        self.modified
    }

    /// SHA-256 of its bytes.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Where a problem stands, for messages.
    pub fn place(&self, line: Option<u64>) -> String {
        let path = self.path.display();
        match (line, self.format) {
            (None, _) => path.to_string(),
            (Some(line), Format::Csv) => format!("{path}:{line}"),
            (Some(record), Format::Json | Format::JsonLines) => format!("{path}: record {record}"),
        }
    }

    /// What a problem of a cell names that was found after the reading, for messages.
    pub fn cell(&self, column: &Column) -> String {
        match (self.format, column) {
            (Format::Json | Format::JsonLines, Column::Signer(number, member)) => {
                signer_path(*number, member)
            }
            (Format::Json | Format::JsonLines, column) => column.to_string(),
            (Format::Csv, column) => format!("column {column}"),
        }
    }

    /// The bytes once more, with their hash.
    pub(super) fn bytes(&self) -> Result<Hashed<Bytes>, ManifestError> {
        let inner = match &self.copy {
            Some(copy) => Bytes::Copy(Arc::clone(copy), 0),
            None => Bytes::File(File::open(&self.path).map_err(|error| self.failed(error))?),
        };
        Ok(Hashed {
            inner,
            digest: Sha256::new(),
        })
    }

    pub(super) fn failed(&self, error: io::Error) -> ManifestError {
        ManifestError::Io {
            path: self.path.clone(),
            error,
        }
    }

    /// Compares the file with what was found when it was opened.
    pub(super) fn require_unchanged(&self, sha256: &[u8; 32]) -> Result<(), ManifestError> {
        if self.copy.is_some() && *sha256 == self.sha256 {
            return Ok(());
        }
        let now = std::fs::metadata(&self.path).map_err(|error| self.failed(error))?;
        let is_pipe = !now.is_file();
        let is_same = *sha256 == self.sha256
            && (is_pipe || (now.len() == self.size && modified(&now) == self.modified));
        if is_same {
            Ok(())
        } else {
            Err(ManifestError::Changed {
                path: self.path.clone(),
            })
        }
    }
}

fn format_of(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "csv" | "tsv" | "txt" => Some(Format::Csv),
        "json" => Some(Format::Json),
        "jsonl" | "ndjson" => Some(Format::JsonLines),
        _ => None,
    }
}

fn modified(metadata: &std::fs::Metadata) -> Timestamp {
    let modified = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let milliseconds = modified.map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(0));
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A manifest's bytes from their beginning.
pub(super) enum Bytes {
    File(File),
    /// Read by position: every reader of the copy has its own.
    Copy(Arc<std::fs::File>, u64),
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Copy(file, position) => {
                let length = file.read_at(buffer, *position)?;
                *position += length as u64;
                Ok(length)
            }
        }
    }
}

/// Bytes on their way past a hash.
pub(super) struct Hashed<R> {
    inner: R,
    digest: Sha256,
}

impl<R: Read> Hashed<R> {
    /// Reads what is left and gives the hash of all.
    pub(super) fn finish(mut self) -> io::Result<[u8; 32]> {
        io::copy(&mut self.inner, &mut self.digest)?;
        Ok(self.digest.finalize().into())
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.digest.update(&buffer[..length]);
        Ok(length)
    }
}
