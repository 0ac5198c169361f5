//! A manifest as it was found.

use jiff::Timestamp;

use super::CsvDialect;

/// A manifest as it was found: how a change since its last import is noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFacts {
    /// File name, without its folder.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// When the file was last modified.
    pub modified: Timestamp,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// The flags that change what an import means, as one text.
    pub options: String,
    /// How it is written as CSV; none if it is no CSV.
    pub dialect: Option<CsvDialect>,
}
