//! How a table is written as CSV.

/// By what a spreadsheet knows how to open a CSV: one of its own country opens it as a table by a double
/// click, another one shows a single column of garbled text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvDialect {
    /// What stands between two cells: one of [`SEPARATORS`].
    pub separator: u8,
    /// Whether it begins with a byte order mark, which says that it is UTF-8.
    pub has_mark: bool,
}

/// What may stand between two cells.
pub const SEPARATORS: [u8; 3] = [b'\t', b';', b','];

impl Default for CsvDialect {
    /// What RFC 4180 says, and programs expect.
    fn default() -> Self {
        Self {
            separator: b',',
            has_mark: false,
        }
    }
}
