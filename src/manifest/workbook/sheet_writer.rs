//! The cells of a sheet written as CSV, row by row.

use std::fs::File;
use std::io::{BufWriter, Seek};
use std::sync::Arc;

use super::archive::damaged;
use super::sheet_rows::SheetRows;
use super::sheet_source::{CellSink, CellValue};
use super::sheet_text::{SHEET_SEPARATOR, SheetText, cell_place};
use crate::support::{counted, singular_or, thousands};

/// What a sheet can have in any spreadsheet program.
pub(super) const MAX_ROWS: u32 = 1_048_576;

/// The same for its columns.
pub(super) const MAX_COLUMNS: u32 = 16_384;

/// One character more than a cell may have: a longer one is refused whatever comes behind.
const CELL_CHARACTERS: usize = 10_001;

/// So many cells without a value are listed.
const LISTED: usize = 20;

/// The text of all cells has at most this many bytes.
const TEXT_BYTES: u64 = 4 << 30;

/// Writes the text of a sheet.
pub(super) struct SheetWriter {
    csv: csv::Writer<BufWriter<File>>,
    /// The row that is being filled, if it has a cell, and its cells from column 0.
    row: Option<u32>,
    cells: Vec<String>,
    bytes: u64,
    first_column: Option<usize>,
    /// Behind the last column.
    end_column: usize,
    /// Cells without a value that are not listed.
    unlisted: u64,
    hidden_rows: u64,
    name: String,
    rows: SheetRows,
    problems: Vec<String>,
}

impl SheetWriter {
    /// # Errors
    /// When there is no room for the text.
    pub(super) fn new(name: &str) -> Result<Self, String> {
        let file = tempfile::tempfile().map_err(no_room)?;
        let csv = csv::WriterBuilder::new()
            .delimiter(SHEET_SEPARATOR)
            .flexible(true)
            .from_writer(BufWriter::new(file));
        Ok(Self {
            csv,
            row: None,
            cells: Vec::new(),
            bytes: 0,
            first_column: None,
            end_column: 0,
            unlisted: 0,
            hidden_rows: 0,
            name: name.to_owned(),
            rows: SheetRows::default(),
            problems: Vec::new(),
        })
    }

    fn end_row(&mut self) -> Result<(), String> {
        let Some(row) = self.row.take() else {
            return Ok(());
        };
        self.csv.write_record(&self.cells).map_err(no_room)?;
        let cells = self.cells.iter();
        self.bytes += cells.map(|cell| cell.len() as u64 + 1).sum::<u64>();
        if self.bytes > TEXT_BYTES {
            return Err(
                "this sheet is too large; save the part that you need as a list of its own".into(),
            );
        }
        self.end_column = self.end_column.max(self.cells.len());
        self.rows.add(u64::from(row) + 1);
        self.cells.clear();
        Ok(())
    }

    fn note_problem(&mut self, row: u32, column: u32, text: &str) {
        if self.problems.len() == LISTED {
            self.unlisted += 1;
            return;
        }
        let place = cell_place(&self.name, row, column);
        self.problems.push(format!("{place}: {text}"));
    }

    /// The text of the whole sheet.
    ///
    /// # Errors
    /// When there is no room for it.
    pub(super) fn finish(mut self) -> Result<SheetText, String> {
        self.end_row()?;
        let buffer = self
            .csv
            .into_inner()
            .map_err(|error| no_room(error.error()))?;
        let mut file = buffer
            .into_inner()
            .map_err(|error| no_room(error.error()))?;
        file.rewind().map_err(no_room)?;
        let first_column = self.first_column.unwrap_or(0);
        if self.unlisted > 0 {
            let more = thousands(self.unlisted);
            self.problems
                .push(format!("... and {more} more cells without a value"));
        }
        let text = SheetText {
            text: Arc::new(file),
            first_column,
            columns: self.end_column.saturating_sub(first_column),
            warnings: Vec::new(),
            problems: self.problems,
            name: self.name,
            rows: self.rows,
        };
        let warnings = warnings(&text, self.hidden_rows);
        Ok(SheetText { warnings, ..text })
    }
}

fn warnings(text: &SheetText, hidden: u64) -> Vec<String> {
    let left_out = text.rows.left_out().map(|(count, first)| {
        let (rows, are) = (counted(count, "empty row"), singular_or(count, "is", "are"));
        format!(
            "{}: {rows} between others {are} left out",
            text.place(first)
        )
    });
    let hidden = (hidden > 0).then(|| {
        let (rows, are) = (counted(hidden, "row"), singular_or(hidden, "is", "are"));
        format!(
            "{rows} of the sheet {are} hidden, by a filter or by hand, and count like the others. To leave them \
             out, copy what is visible to a sheet of its own"
        )
    });
    left_out.into_iter().chain(hidden).collect()
}

impl CellSink for SheetWriter {
    fn take(&mut self, row: u32, column: u32, cell: CellValue<'_>) -> Result<bool, String> {
        if row >= MAX_ROWS || column >= MAX_COLUMNS {
            return Err(damaged(format!(
                "there is a cell at row {}, column {}",
                row + 1,
                column + 1
            )));
        }
        let text = match cell {
            CellValue::Text(text) => text,
            CellValue::Error(error) => {
                let text = format!(
                    "the cell shows the error {error}; correct it, or put the value itself there"
                );
                self.note_problem(row, column, &text);
                error
            }
            CellValue::NoValue => {
                let text = "the value of this formula was never worked out; open the workbook in the \
                            spreadsheet program, and save it";
                self.note_problem(row, column, text);
                return Ok(true);
            }
        };
        if text.trim().is_empty() {
            return Ok(true);
        }
        if self.row != Some(row) {
            self.end_row()?;
            if self.rows.last().is_some_and(|last| u64::from(row) < last) {
                return Err(damaged(format!(
                    "row {} stands behind a later one",
                    row + 1
                )));
            }
            self.row = Some(row);
        }
        let place = || cell_place(&self.name, row, column);
        let column = column as usize;
        if self.cells.get(column).is_some_and(|cell| !cell.is_empty()) {
            return Err(damaged(format!("{} is there twice", place())));
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        let end = text.char_indices().nth(CELL_CHARACTERS);
        self.cells[column] = text[..end.map_or(text.len(), |(at, _)| at)].to_owned();
        let first = self.first_column.unwrap_or(column);
        self.first_column = Some(first.min(column));
        Ok(true)
    }

    fn note_hidden_rows(&mut self, count: u64) {
        self.hidden_rows = count;
    }
}

fn no_room(error: impl std::fmt::Display) -> String {
    format!("the text of the sheet can't be kept in a temporary file: {error}")
}
