//! An input file that was opened, a manifest or a report: what it is, and how a change of it is noticed.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use fs_err::File;
use jiff::Timestamp;

use super::ManifestError;
use super::column_name::signer_path;
use super::input_bytes::{Bytes, Decoded, GZIP_MARK, Hashed, Unpacked, decode};
use super::input_format::{Format, InputOptions, NamedFormat, format_of};
use super::workbook::{self, SheetText};
use crate::job::{Column, ManifestFacts};

/// What standard input is called, as an argument and in messages.
pub const STANDARD_INPUT: &str = "-";

/// A manifest file that was looked at: what it is, and by what a change of it is noticed.
#[derive(Debug, Clone)]
pub struct InputFile {
    path: PathBuf,
    /// The copy of a stream, which can be read but once.
    copy: Option<Arc<std::fs::File>>,
    content: Content,
    format: Format,
    encoding: Option<&'static Encoding>,
    size: u64,
    modified: Timestamp,
    sha256: [u8; 32],
}

/// What the bytes of a file are.
#[derive(Debug, Clone)]
enum Content {
    Plain,
    Gzip,
    /// A workbook, with the text of the sheet that is read.
    Workbook(Arc<SheetText>),
}

impl InputFile {
    /// Looks at a file: reads it once for its hash, and a workbook for the text of its sheet.
    ///
    /// # Errors
    /// When it can't be read, changes meanwhile, or its format is not known.
    pub fn open(path: &Path, options: impl Into<InputOptions>) -> Result<Self, ManifestError> {
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
        let file = std::fs::File::open(path).map_err(failed)?;
        let mut bytes = Hashed::new(&file);
        let size = io::copy(&mut bytes, &mut io::sink()).map_err(failed)?;
        let manifest = Self {
            path: path.to_owned(),
            copy: None,
            content: Content::Plain,
            format: Format::Csv,
            encoding: None,
            size,
            modified: modified(&before),
            sha256: bytes.sha256(),
        };
        let manifest = manifest.recognised(&file, options.into())?;
        manifest.require_unchanged(manifest.sha256)?;
        Ok(manifest)
    }

    /// Takes standard input: copies it to a private file without a name, which is gone with the
    /// process, however that ends.
    ///
    /// # Errors
    /// When it can't be read, there is no room for the copy, or nothing says its format.
    pub fn of_standard_input(
        input: impl Read,
        options: impl Into<InputOptions>,
    ) -> Result<Self, ManifestError> {
        let path = PathBuf::from(STANDARD_INPUT);
        let mut bytes = Hashed::new(input);
        let copied = tempfile::tempfile()
            .and_then(|mut file| io::copy(&mut bytes, &mut file).map(|size| (file, size)));
        let (file, size) = copied.map_err(|error| ManifestError::io(&path, error))?;
        let file = Arc::new(file);
        let manifest = Self {
            path,
            copy: Some(Arc::clone(&file)),
            content: Content::Plain,
            format: Format::Csv,
            encoding: None,
            size,
            // A stream has no time of its own: the same bytes are the same manifest.
            modified: Timestamp::UNIX_EPOCH,
            sha256: bytes.sha256(),
        };
        manifest.recognised(&file, options.into())
    }

    /// The same with what its beginning says that it is; a name may say otherwise.
    fn recognised(
        mut self,
        file: &std::fs::File,
        options: InputOptions,
    ) -> Result<Self, ManifestError> {
        let mut start = Vec::new();
        let read = self.raw_bytes()?.take(8).read_to_end(&mut start);
        read.map_err(|error| self.failed(error))?;
        let is_gzip = start.starts_with(GZIP_MARK);
        let named = format_of(&self.path, is_gzip);
        if workbook::begins_as_one(&start) {
            self.require_table_flags(&options)?;
            let sheet = workbook::read(file, options.sheet.as_deref());
            let sheet = sheet.map_err(|text| self.refusal(text))?;
            self.content = Content::Workbook(Arc::new(sheet));
            return Ok(self);
        }
        if options.format.is_none() && named == Some(NamedFormat::Workbook) {
            return Err(self.refusal(match is_gzip {
                true => "unpack it first: this is a compressed workbook",
                false => {
                    "its name says that it is a workbook, but it is none. If it is a table in a text file, \
                     add --format csv"
                }
            }));
        }
        if options.sheet.is_some() {
            return Err(self.wrong_flag("--sheet is for workbooks, and this is not one"));
        }
        let named = match named {
            Some(NamedFormat::Text(format)) => Some(format),
            _ => None,
        };
        let format = options.format.or(named);
        let path = self.path.clone();
        self.format = format.ok_or(ManifestError::Format { path })?;
        if is_gzip {
            self.content = Content::Gzip;
        }
        self.encoding = options.encoding;
        self.require_mark_of_encoding()?;
        Ok(self)
    }

    fn require_table_flags(&self, options: &InputOptions) -> Result<(), ManifestError> {
        if options.format.is_some_and(|format| format != Format::Csv) {
            return Err(self.wrong_flag("this is a workbook; leave --format out"));
        }
        if options.encoding.is_some() {
            let text =
                "--encoding is for text files; a workbook says itself how its text is written";
            return Err(self.wrong_flag(text));
        }
        Ok(())
    }

    /// Refuses a file whose byte order mark contradicts the encoding that was named.
    fn require_mark_of_encoding(&self) -> Result<(), ManifestError> {
        let Some(named) = self.encoding else {
            return Ok(());
        };
        let mut start = Vec::new();
        let read = self
            .unpacked(self.raw_bytes()?)
            .take(3)
            .read_to_end(&mut start);
        read.map_err(|error| self.failed(error))?;
        match Encoding::for_bom(&start) {
            Some((marked, _)) if marked != named => Err(self.refusal(format!(
                "the file begins with the byte order mark of {}, but --encoding says {}; leave --encoding \
                 out",
                marked.name(),
                named.name()
            ))),
            _ => Ok(()),
        }
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

    /// Its form; a workbook's sheet is read as CSV.
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
        match (line, self.format, self.sheet()) {
            (None, _, _) => path.to_string(),
            (Some(row), _, Some(sheet)) => format!("{path}: {}", sheet.place(row)),
            (Some(line), Format::Csv, None) => format!("{path}:{line}"),
            (Some(record), _, None) => format!("{path}: record {record}"),
        }
    }

    /// What its rows are numbered by.
    pub fn line_word(&self) -> &'static str {
        match (self.format, self.sheet()) {
            (_, Some(_)) => "row",
            (Format::Csv, None) => "line",
            (Format::Json | Format::JsonLines, None) => "record",
        }
    }

    /// What a column without a name is called, by its place.
    pub(super) fn column_place(&self, index: usize) -> String {
        let letters = self.sheet().map(|sheet| sheet.column_letters(index));
        letters.unwrap_or_else(|| (index + 1).to_string())
    }

    /// The sheet that is read of a workbook.
    pub(super) fn sheet(&self) -> Option<&SheetText> {
        match &self.content {
            Content::Workbook(sheet) => Some(sheet),
            Content::Plain | Content::Gzip => None,
        }
    }

    /// The encoding that was named, or that a UTF-16 file's mark says.
    pub(super) fn encoding(&self) -> Option<&'static Encoding> {
        self.encoding
    }

    /// Whether it was said to be UTF-16, which a byte order mark belongs to.
    pub(super) fn is_utf_16(&self) -> bool {
        let named = self.encoding;
        named.is_some_and(|named| named == UTF_16LE || named == UTF_16BE)
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
        self.raw_bytes().map(Hashed::new)
    }

    fn raw_bytes(&self) -> Result<Bytes, ManifestError> {
        Ok(match &self.copy {
            Some(copy) => Bytes::Copy(Arc::clone(copy), 0),
            None => Bytes::File(File::open(&self.path).map_err(|error| self.failed(error))?),
        })
    }

    /// Its bytes without what they are packed in.
    pub(super) fn unpacked<R: Read>(&self, bytes: R) -> Unpacked<R> {
        match &self.content {
            Content::Plain => Unpacked::Plain(bytes),
            Content::Gzip => Unpacked::gzip(bytes),
            Content::Workbook(sheet) => Unpacked::Sheet(Bytes::Copy(sheet.text(), 0)),
        }
    }

    /// The text that its bytes are.
    pub(super) fn text<R: Read>(&self, bytes: R) -> Decoded<Unpacked<R>> {
        decode(self.unpacked(bytes), self.encoding)
    }

    pub(super) fn failed(&self, error: io::Error) -> ManifestError {
        ManifestError::io(&self.path, error)
    }

    fn refusal(&self, text: impl Into<String>) -> ManifestError {
        let (path, text) = (self.path.clone(), text.into());
        ManifestError::Refused { path, text }
    }

    fn wrong_flag(&self, text: impl Into<String>) -> ManifestError {
        let (path, text) = (self.path.clone(), text.into());
        ManifestError::Flag { path, text }
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
    pub(super) fn require_same(&self, bytes: Hashed<Bytes>) -> Result<(), ManifestError> {
        let sha256 = bytes.finish().map_err(|error| self.failed(error))?;
        self.require_unchanged(sha256)
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

fn modified(metadata: &std::fs::Metadata) -> Timestamp {
    let modified = metadata.modified().ok();
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let milliseconds = since.map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(0));
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
