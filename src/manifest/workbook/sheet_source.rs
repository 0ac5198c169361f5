//! Where the cells of a sheet come from, and where they go.

/// A workbook with its sheets, of either kind.
pub(super) trait Workbook {
    /// Its sheets in their order.
    fn sheets(&self) -> Vec<SheetName>;

    /// Gives the cells of a sheet to `rows`, which may end it early.
    ///
    /// # Errors
    /// What is wrong with the file.
    fn read_sheet(&mut self, name: &str, rows: &mut dyn CellSink) -> Result<(), String>;
}

/// One of a workbook's sheets.
pub(super) struct SheetName {
    pub(super) name: String,
    pub(super) is_hidden: bool,
}

/// What takes the cells of a sheet, row by row.
pub(super) trait CellSink {
    /// Takes a cell that is not empty; rows and columns count from 0. Says whether more is wanted.
    ///
    /// # Errors
    /// What refuses the sheet.
    fn take(&mut self, row: u32, column: u32, cell: CellValue<'_>) -> Result<bool, String>;

    /// Takes how many rows of the sheet are hidden.
    fn note_hidden_rows(&mut self, _count: u64) {}
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellValue<'a> {
    Text(&'a str),
    /// An error such as `#N/A`.
    Error(&'a str),
    /// A formula whose value is not stored.
    NoValue,
}
