//! What the cells of one column hold, counted as they go by.

use super::header_words::{HeaderWords, Meaning};
use super::key_check::KeyCheck;
use super::name_cells::NameCells;
use crate::job::{SessionId, is_email};
use crate::support::one_line;

/// What is known of one column.
#[derive(Debug)]
pub(super) struct ColumnFacts {
    /// Its name, without spaces around it.
    pub(super) header: String,
    pub(super) words: HeaderWords,
    /// Another column has the same name.
    pub(super) is_double: bool,
    /// Cells that hold something.
    pub(super) filled: u64,
    pub(super) addresses: u64,
    /// Cells with a name before the address: `Ana Li <ana@example.com>`.
    pub(super) in_brackets: u64,
    /// Other cells with an @.
    pub(super) near_addresses: u64,
    pub(super) session_ids: u64,
    /// The cells as names.
    pub(super) names: NameCells,
    /// Cells with which the row's address begins, or ends before its @.
    pub(super) address_beginnings: u64,
    pub(super) address_endings: u64,
    /// The cell of the first row.
    pub(super) example: String,
    /// For columns that may be a key.
    pub(super) key: Option<KeyCheck>,
}

/// An example is so long at most.
const EXAMPLE: usize = 40;

impl ColumnFacts {
    pub(super) fn new(header: &str) -> Self {
        Self {
            header: header.to_owned(),
            words: HeaderWords::of(header),
            is_double: false,
            filled: 0,
            addresses: 0,
            in_brackets: 0,
            near_addresses: 0,
            session_ids: 0,
            names: NameCells::default(),
            address_beginnings: 0,
            address_endings: 0,
            example: String::new(),
            key: None,
        }
    }

    /// Takes a cell of the next row, without spaces around it.
    pub(super) fn take(&mut self, cell: &str) {
        if let Some(key) = &mut self.key {
            key.take(cell);
        }
        if cell.is_empty() {
            return;
        }
        self.filled += 1;
        if cell.contains('@') {
            *match (is_email(cell), is_email(in_brackets(cell))) {
                (true, _) => &mut self.addresses,
                (_, true) => &mut self.in_brackets,
                _ => &mut self.near_addresses,
            } += 1;
        } else {
            self.session_ids += u64::from(SessionId::parse(cell).is_ok());
            self.names.take(cell);
        }
    }

    pub(super) fn take_example(&mut self, cell: &str) {
        self.example = one_line(cell, EXAMPLE);
    }

    pub(super) fn means(&self, meaning: Meaning) -> bool {
        self.words.meaning == Some(meaning)
    }

    /// Whether its cells are addresses, or where there are none, its name says that they would be.
    pub(super) fn holds_addresses(&self, rows: u64) -> bool {
        match rows {
            0 => self.means(Meaning::Email),
            _ => (self.addresses + self.in_brackets) * 2 > self.filled,
        }
    }

    /// Cells that hold something else than an address.
    pub(super) fn not_addresses(&self) -> u64 {
        self.filled - self.addresses - self.in_brackets
    }

    /// Whether most cells are whole names.
    pub(super) fn holds_whole_names(&self) -> bool {
        self.addresses == 0 && self.names.are_whole()
    }

    /// Whether a template can take its cells.
    pub(super) fn is_usable(&self, rows: u64) -> bool {
        !self.header.is_empty() && !self.is_double && (self.filled > 0 || rows == 0)
    }
}

/// What stands in the angle brackets at the end of a cell with a name before them.
fn in_brackets(cell: &str) -> &str {
    let inside = cell.strip_suffix('>');
    let parts = inside.and_then(|inside| inside.rsplit_once('<'));
    let parts = parts.filter(|(name, _)| !name.contains('@'));
    parts.map_or("", |(_, address)| address)
}
