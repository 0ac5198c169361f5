//! The text of a sheet, and what its places are called.

use std::fs::File;
use std::sync::Arc;

use super::sheet_rows::SheetRows;

/// What stands between the cells of a sheet's text.
pub(in crate::manifest) const SHEET_SEPARATOR: u8 = b',';

/// A sheet that was read: its text as CSV without the rows that are empty, and where it stood.
#[derive(Debug)]
pub(in crate::manifest) struct SheetText {
    pub(super) name: String,
    pub(super) text: Arc<File>,
    pub(super) rows: SheetRows,
    /// The first of its columns that holds anything, from 0.
    pub(super) first_column: usize,
    /// How many columns it has from there.
    pub(super) columns: usize,
    /// What is worth a word.
    pub(super) warnings: Vec<String>,
    /// What refuses it: cells that hold no value.
    pub(super) problems: Vec<String>,
}

impl SheetText {
    /// The text, from its beginning.
    pub(in crate::manifest) fn text(&self) -> Arc<File> {
        Arc::clone(&self.text)
    }

    /// The columns of its text that belong to the table: where they begin, and how many there are. Records
    /// end with their last cell.
    pub(in crate::manifest) fn columns(&self) -> (usize, usize) {
        (self.first_column, self.columns)
    }

    /// The sheet's row of a record; the header is record 0.
    pub(in crate::manifest) fn row_of(&self, record: u64) -> u64 {
        self.rows.row_of(record)
    }

    /// What a row is called.
    pub(in crate::manifest) fn place(&self, row: u64) -> String {
        format!("{}!{row}", shown_name(&self.name))
    }

    /// What a column of the table is called.
    pub(in crate::manifest) fn column_letters(&self, index: usize) -> String {
        column_letters((self.first_column + index) as u32)
    }

    /// What refuses it.
    pub(in crate::manifest) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// What is worth a word.
    pub(in crate::manifest) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// What a cell is called: `Sheet1!C17`.
pub(super) fn cell_place(sheet: &str, row: u32, column: u32) -> String {
    format!(
        "{}!{}{}",
        shown_name(sheet),
        column_letters(column),
        row + 1
    )
}

/// A sheet's name as spreadsheets write it before a place.
fn shown_name(name: &str) -> String {
    match name.chars().all(char::is_alphanumeric) {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', "''")),
    }
}

fn column_letters(column: u32) -> String {
    let letter = char::from(b'A' + (column % 26) as u8);
    match column / 26 {
        0 => letter.to_string(),
        left => column_letters(left - 1) + &letter.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_called_as_spreadsheets_do() {
        assert_eq!(cell_place("Sheet1", 16, 2), "Sheet1!C17");
        assert_eq!(cell_place("Mieter 2026", 0, 26), "'Mieter 2026'!AA1");
        assert_eq!(cell_place("It's", 1, 16_383), "'It''s'!XFD2");
    }
}
