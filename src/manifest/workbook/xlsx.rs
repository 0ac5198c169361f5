//! The sheets of an `.xlsx` workbook.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Seek};

use calamine::{DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx, XlsxError};

use super::archive::{PASSWORD, damaged};
use super::cell_text::{
    boolean, date_and_time, duration, iso_date, iso_duration, number, time_of_day, zeros_of,
};
use super::hidden_rows::hidden_rows;
use super::sheet_source::{CellSink, CellValue, SheetName, Workbook};

type Book = Xlsx<BufReader<File>>;

/// Opens a workbook: its styles, and the texts that its sheets share.
///
/// # Errors
/// When it can't be read.
pub(super) fn open(file: &File) -> Result<XlsxWorkbook, String> {
    let copy = || file.try_clone().map_err(damaged);
    let mut own = copy()?;
    own.rewind().map_err(damaged)?;
    let book = Xlsx::new(BufReader::new(own)).map_err(describe)?;
    Ok(XlsxWorkbook {
        book,
        file: copy()?,
    })
}

/// A workbook, and its file for what its reader does not say.
pub(super) struct XlsxWorkbook {
    book: Book,
    file: File,
}

fn describe(error: XlsxError) -> String {
    match error {
        XlsxError::Password => PASSWORD.into(),
        error => damaged(error),
    }
}

impl Workbook for XlsxWorkbook {
    fn sheets(&self) -> Vec<SheetName> {
        let sheets = self.book.sheets_metadata().iter();
        let sheets = sheets.map(|sheet| SheetName {
            name: sheet.name.clone(),
            is_hidden: sheet.visible != SheetVisible::Visible,
        });
        sheets.collect()
    }

    fn read_sheet(&mut self, name: &str, rows: &mut dyn CellSink) -> Result<(), String> {
        // Among blank cells may be formulas that no program has worked out.
        match give_cells(&mut self.book, name, rows)? {
            End::NoMoreWanted => return Ok(()),
            End::BlankCells => give_formulas_without_value(&mut self.book, name, rows)?,
            End::NoBlankCells => {}
        }
        rows.note_hidden_rows(hidden_rows(&self.file, name).unwrap_or(0));
        Ok(())
    }
}

/// How the cells of a sheet ended.
enum End {
    NoMoreWanted,
    NoBlankCells,
    BlankCells,
}

fn give_cells(book: &mut Book, name: &str, rows: &mut dyn CellSink) -> Result<End, String> {
    let mut reader = match book.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        // A chart, or macros.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(End::NoBlankCells),
        Err(error) => return Err(describe(error)),
    };
    let formats = reader
        .styles()
        .iter()
        .map(|style| style.number_format.as_ref());
    let zeros = formats.map(|format| format.map_or(0, |format| zeros_of(&format.format_code)));
    let zeros: Vec<usize> = zeros.collect();
    let mut has_blank = false;
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(describe)? {
        let (row, column) = cell.get_position();
        let value = cell.get_value();
        has_blank |= *value == DataRef::Empty;
        let text;
        let value = match value {
            DataRef::Error(error) => {
                text = Cow::Owned(error.to_string());
                CellValue::Error(&text)
            }
            value => {
                text = text_of(value, zeros.get(style).copied().unwrap_or(0));
                CellValue::Text(&text)
            }
        };
        if !rows.take(row, column, value)? {
            return Ok(End::NoMoreWanted);
        }
    }
    Ok(if has_blank {
        End::BlankCells
    } else {
        End::NoBlankCells
    })
}

/// What only a second look shows: a cell that is read with its format does not say whether it has a formula.
fn give_formulas_without_value(
    book: &mut Book,
    name: &str,
    rows: &mut dyn CellSink,
) -> Result<(), String> {
    let mut reader = book.worksheet_cells_reader(name).map_err(describe)?;
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(describe)? {
        let (row, column) = cell.pos;
        let has_none = cell.formula.is_some() && cell.value == DataRef::Empty;
        if has_none && !rows.take(row, column, CellValue::NoValue)? {
            break;
        }
    }
    Ok(())
}

fn text_of<'a>(value: &'a DataRef<'_>, zeros: usize) -> Cow<'a, str> {
    match value {
        DataRef::String(text) => Cow::Borrowed(text),
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::Bool(value) => Cow::Borrowed(boolean(*value)),
        DataRef::Int(value) => Cow::Owned(number(*value as f64, zeros)),
        DataRef::Float(value) => Cow::Owned(number(*value, zeros)),
        DataRef::DateTime(value) => Cow::Owned(date(value)),
        DataRef::DateTimeIso(text) => Cow::Owned(iso_date(text)),
        DataRef::DurationIso(text) => Cow::Owned(iso_duration(text)),
        DataRef::Error(_) | DataRef::Empty => Cow::Borrowed(""),
    }
}

fn date(value: &ExcelDateTime) -> String {
    let days = value.as_f64();
    if value.is_duration() {
        return duration(days);
    }
    // What no calendar has stays a number.
    if !(0.0..2_958_466.0).contains(&days) {
        return number(days, 0);
    }
    let (year, month, day, hour, minute, second, milli) = value.to_ymd_hms_milli();
    let time = [hour, minute, second].map(u16::from);
    match days < 1.0 {
        true => time_of_day(time),
        false if milli >= 500 => date_and_time([year, month.into(), day.into()], rounded_up(time)),
        false => date_and_time([year, month.into(), day.into()], time),
    }
}

/// The next second, where that is on the same day.
fn rounded_up([hour, minute, second]: [u16; 3]) -> [u16; 3] {
    let seconds = (u32::from(hour) * 60 + u32::from(minute)) * 60 + u32::from(second) + 1;
    match seconds {
        86_400.. => [hour, minute, second],
        _ => [seconds / 3_600, seconds / 60 % 60, seconds % 60].map(|part| part as u16),
    }
}
