//! A report is opened: also one that a spreadsheet saved in another form than it had.

use std::io::{self, Read};
use std::path::Path;

use encoding_rs::Encoding;

use super::input_bytes::Unpacked;
use super::report_reader::is_workbook;
use super::{Format, InputFile, InputOptions, ManifestError};

impl InputFile {
    /// Opens a report. What is said of the list's text and sheet, perhaps by variables, does not hold for a report
    /// as it was written: a CSV in UTF-8.
    ///
    /// # Errors
    /// When it can't be read, or changes meanwhile.
    pub fn open_report(path: &Path, options: &InputOptions) -> Result<Self, ManifestError> {
        let mut options = InputOptions {
            format: Some(Format::Csv),
            ..options.clone()
        };
        if is_workbook(path) {
            options.encoding = None;
        } else {
            options.sheet = None;
        }
        if options.encoding.is_some() && is_utf8(path).is_ok_and(|is_it| is_it) {
            options.encoding = None;
        }
        Self::open(path, options)
    }
}

/// Whether a file, unpacked, is UTF-8 text. UTF-16 has NUL bytes.
fn is_utf8(path: &Path) -> io::Result<bool> {
    let mut bytes = Unpacked::of_file(fs_err::File::open(path)?)?;
    let mut buffer = vec![0; 64 * 1024];
    // Of a character whose other bytes come next.
    let mut kept = 0;
    loop {
        let length = bytes.read(&mut buffer[kept..])?;
        let read = &buffer[..kept + length];
        let valid = Encoding::utf8_valid_up_to(read);
        let rest = read.len() - valid;
        if length == 0 || rest > 3 || read.contains(&0) {
            return Ok(length == 0 && rest == 0);
        }
        buffer.copy_within(valid..valid + rest, 0);
        kept = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_is_known_across_the_ends_of_what_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.csv");
        let is_it = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            is_utf8(&path).unwrap()
        };
        for filling in 0..4 {
            let text = "a".repeat(64 * 1024 - filling) + "ü€😀";
            assert!(is_it(text.as_bytes()));
            assert!(!is_it(&text.as_bytes()[..text.len() - 1]));
        }
        assert!(is_it(b""));
        assert!(!is_it(b"M\xfcller"));
        assert!(!is_it(b"a\0b\0"));
    }
}
