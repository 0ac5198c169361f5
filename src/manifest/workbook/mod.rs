//! A workbook becomes the text of one of its sheets, as CSV in a private file without a name.
//!
//! calamine reads `.xlsx`. It says of an `.ods` neither how its cells are shown nor which formulas have no
//! value, and takes all sheets into memory, so that is read here, cell by cell.

mod archive;
mod cell_text;
mod hidden_rows;
mod ods;
mod ods_cell;
mod ods_xml;
mod sheet_choice;
mod sheet_rows;
mod sheet_source;
mod sheet_text;
mod sheet_writer;
mod xlsx;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use archive::Kind;
pub(super) use archive::begins_as_one;
use sheet_choice::{FirstRow, choose};
use sheet_source::Workbook;
pub(super) use sheet_text::{SHEET_SEPARATOR, SheetText};
use sheet_writer::SheetWriter;

/// The first row of the sheet that is meant.
///
/// # Errors
/// Why no sheet can be read.
pub(super) fn first_row(file: &File, wanted: Option<&str>) -> Result<Vec<String>, String> {
    guarded(|| {
        let mut workbook = open(file)?;
        let name = choose(&mut *workbook, wanted)?;
        let mut row = FirstRow::default();
        workbook.read_sheet(&name, &mut row)?;
        Ok(row.cells)
    })
}

/// Reads the sheet that is meant: the one named, else the only one that holds anything.
///
/// # Errors
/// Why no sheet can be read, and what to do.
pub(super) fn read(file: &File, wanted: Option<&str>) -> Result<SheetText, String> {
    guarded(|| {
        let mut workbook = open(file)?;
        let name = choose(&mut *workbook, wanted)?;
        let mut writer = SheetWriter::new(&name)?;
        workbook.read_sheet(&name, &mut writer)?;
        writer.finish()
    })
}

/// Runs code of others over bytes of others: a panic in it is a damaged workbook.
fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err(archive::damaged("its contents make no sense")))
}

fn open(file: &File) -> Result<Box<dyn Workbook>, String> {
    Ok(match archive::kind_of(file)? {
        Kind::Xlsx => Box::new(xlsx::open(file)?),
        Kind::Ods => Box::new(ods::open(file)?),
    })
}
