//! An input file that was opened, a manifest or a report: what it is, and how a change of it is noticed.

use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use fs_err::File;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::ManifestError;
use super::column_name::signer_path;
use crate::job::{Column, ManifestFacts};

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

/// A manifest file that was looked at: what it is, and by what a change of it is noticed.
#[derive(Debug, Clone)]
pub struct InputFile {
    path: PathBuf,
    /// The copy of a stream, which can be read but once.
    copy: Option<Arc<std::fs::File>>,
    format: Format,
    size: u64,
    modified: Timestamp,
    sha256: [u8; 32],
}

impl InputFile {
    /// Looks at a file: reads it once for its hash.
    ///
    /// # Errors
    /// When it can't be read, changes meanwhile, or its format is not known.
    pub fn open(path: &Path, format: Option<Format>) -> Result<Self, ManifestError> {
        let failed = |error| ManifestError::io(path, error);
        // Looked at before it is opened: to open a pipe is to wait for somebody to write.
        let before = std::fs::metadata(path).map_err(failed)?;
        if !before.is_file() {
            return Err(failed(io::Error::other(match before.is_dir() {
                true => "it is a folder",
                false => {
                    "it is not a regular file; to read a stream, give - and pipe it to standard input"
                }
            })));
        }
        let mut bytes = Hashed::new(std::fs::File::open(path).map_err(failed)?);
        let format = format.or_else(|| format_of(path));
        let format = format.ok_or_else(|| ManifestError::Format {
            path: path.to_owned(),
        })?;
        let size = io::copy(&mut bytes, &mut io::sink()).map_err(failed)?;
        let manifest = Self {
            path: path.to_owned(),
            copy: None,
            format,
            size,
            modified: modified(&before),
            sha256: bytes.digest.finalize().into(),
        };
        manifest.require_unchanged(manifest.sha256)?;
        Ok(manifest)
    }

    /// Takes standard input: copies it to a private file without a name, which is gone with the
    /// process, however that ends.
    ///
    /// # Errors
    /// When it can't be read or there is no room for the copy.
    pub fn of_standard_input(input: impl Read, format: Format) -> Result<Self, ManifestError> {
        let path = PathBuf::from(STANDARD_INPUT);
        let mut bytes = Hashed::new(input);
        let copied = tempfile::tempfile()
            .and_then(|mut file| io::copy(&mut bytes, &mut file).map(|size| (file, size)));
        let (file, size) = copied.map_err(|error| ManifestError::io(&path, error))?;
        Ok(Self {
            path,
            copy: Some(Arc::new(file)),
            format,
            size,
            // A stream has no time of its own: the same bytes are the same manifest.
            modified: Timestamp::UNIX_EPOCH,
            sha256: bytes.digest.finalize().into(),
        })
    }

    /// The path as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file's name without its folder.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Its form.
    pub fn format(&self) -> Format {
        self.format
    }

    /// SHA-256 of its bytes.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// What is recorded of it, with the flags that change what an import of it means.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn facts(&self, options: String) -> Result<ManifestFacts, ManifestError> {
        Ok(ManifestFacts {
            name: self.name(),
            size: self.size,
            modified: self.modified,
            sha256: self.sha256,
            options,
            dialect: self.dialect()?,
        })
    }

    /// Where a problem stands, for messages.
    pub fn place(&self, line: Option<u64>) -> String {
        let path = self.path.display();
        match (line, self.format) {
            (None, _) => path.to_string(),
            (Some(line), Format::Csv) => format!("{path}:{line}"),
            (Some(record), _) => format!("{path}: record {record}"),
        }
    }

    /// What a problem of a cell names that was found after the reading, for messages.
    pub fn cell(&self, column: &Column) -> String {
        match (self.format, column) {
            (Format::Csv, column) => format!("column {column}"),
            (_, Column::Signer(number, member)) => signer_path(*number, member),
            (_, column) => column.to_string(),
        }
    }

    /// The bytes once more, with their hash.
    pub(super) fn bytes(&self) -> Result<Hashed<Bytes>, ManifestError> {
        Ok(Hashed::new(match &self.copy {
            Some(copy) => Bytes::Copy(Arc::clone(copy), 0),
            None => Bytes::File(File::open(&self.path).map_err(|error| self.failed(error))?),
        }))
    }

    pub(super) fn failed(&self, error: io::Error) -> ManifestError {
        ManifestError::io(&self.path, error)
    }

    /// What is said of a file whose last line has no end.
    pub(super) fn cut_off_warning(&self) -> String {
        format!(
            "{}: the last line has no line break. If the file was cut off, its last row may be \
             incomplete; check it",
            self.path.display()
        )
    }

    /// Reads what is left and compares the whole with what was found when the file was opened.
    pub(super) fn require_same(&self, mut bytes: Hashed<Bytes>) -> Result<(), ManifestError> {
        io::copy(&mut bytes, &mut io::sink()).map_err(|error| self.failed(error))?;
        self.require_unchanged(bytes.digest.finalize().into())
    }

    fn require_unchanged(&self, sha256: [u8; 32]) -> Result<(), ManifestError> {
        let is_same = sha256 == self.sha256
            && (self.copy.is_some() || {
                let now = std::fs::metadata(&self.path).map_err(|error| self.failed(error))?;
                let is_pipe = !now.is_file();
                is_pipe || now.len() == self.size && modified(&now) == self.modified
            });
        let path = self.path.clone();
        is_same.then_some(()).ok_or(ManifestError::Changed { path })
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
    let modified = metadata.modified().ok();
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let milliseconds = since.map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(0));
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

impl<R> Hashed<R> {
    fn new(inner: R) -> Self {
        let digest = Sha256::new();
        Self { inner, digest }
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.digest.update(&buffer[..length]);
        Ok(length)
    }
}

/// Bytes as UTF-8 text: a byte order mark is obeyed and dropped.
pub(super) type Decoded<R> = DecodeReaderBytes<R, Vec<u8>>;

pub(super) fn decode<R: Read>(bytes: R) -> Decoded<R> {
    DecodeReaderBytesBuilder::new()
        .bom_override(true)
        .utf8_passthru(true)
        .strip_bom(true)
        .build(bytes)
}
