//! How a table is written as CSV, told from its beginning.

use std::io::Read;

use super::csv_format::delimiter_of;
use super::{Format, Manifest, ManifestError};
use crate::job::CsvDialect;

/// Byte order marks: of UTF-8, and of UTF-16 in both orders.
const MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];

impl Manifest {
    /// How it is written; `None` if it is no CSV.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn dialect(&self) -> Result<Option<CsvDialect>, ManifestError> {
        if self.format() != Format::Csv {
            return Ok(None);
        }
        let mut start = Vec::new();
        self.bytes()?
            .take(3)
            .read_to_end(&mut start)
            .map_err(|error| self.failed(error))?;
        Ok(Some(CsvDialect {
            separator: delimiter_of(self)?,
            has_mark: MARKS.iter().any(|mark| start.starts_with(mark)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_and_the_mark_are_those_of_the_file() {
        let header = |separator: &str| ["source_session_id", "title"].join(separator) + "\n";
        let utf_16 = |text: &str| {
            let units = text.encode_utf16();
            units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
        };
        for (bytes, separator, has_mark) in [
            (header(",").into_bytes(), b',', false),
            (header(";").into_bytes(), b';', false),
            (format!("\u{feff}{}", header(";")).into_bytes(), b';', true),
            (utf_16(&format!("\u{feff}{}", header("\t"))), b'\t', true),
        ] {
            let manifest = Manifest::of_standard_input(&bytes[..], Format::Csv).unwrap();
            let dialect = CsvDialect {
                separator,
                has_mark,
            };
            assert_eq!(manifest.dialect().unwrap(), Some(dialect));
        }
        let json = Manifest::of_standard_input(&b"[]"[..], Format::Json).unwrap();
        assert_eq!(json.dialect().unwrap(), None);
    }
}
