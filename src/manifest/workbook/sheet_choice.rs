//! Which sheet of a workbook is read.

use super::sheet_source::{CellSink, CellValue, Workbook};
use crate::support::{counted, one_line};

/// So many sheets are listed.
const LISTED: usize = 20;

/// Counts the rows of a sheet that hold anything.
struct RowCount {
    rows: u64,
    last: Option<u32>,
    /// Whether one is enough.
    is_first_enough: bool,
}

impl CellSink for RowCount {
    fn take(&mut self, row: u32, _column: u32, cell: CellValue<'_>) -> Result<bool, String> {
        let is_empty = matches!(cell, CellValue::Text(text) if text.trim().is_empty());
        if !is_empty && self.last != Some(row) {
            self.last = Some(row);
            self.rows += 1;
        }
        Ok(self.rows == 0 || !self.is_first_enough)
    }
}

/// Takes the first row that holds anything.
#[derive(Default)]
pub(super) struct FirstRow {
    row: Option<u32>,
    pub(super) cells: Vec<String>,
}

impl CellSink for FirstRow {
    fn take(&mut self, row: u32, _column: u32, cell: CellValue<'_>) -> Result<bool, String> {
        let text = match cell {
            CellValue::Text(text) if !text.trim().is_empty() => text,
            _ => return Ok(true),
        };
        if *self.row.get_or_insert(row) != row {
            return Ok(false);
        }
        self.cells.push(text.to_owned());
        Ok(true)
    }
}

/// The name of the sheet that is meant: the one named, else the only one that holds anything.
///
/// # Errors
/// When there is none or more than one, with the sheets that there are.
pub(super) fn choose(workbook: &mut dyn Workbook, wanted: Option<&str>) -> Result<String, String> {
    let sheets = workbook.sheets();
    if let Some(wanted) = wanted {
        let is_it = |name: &str| name == wanted;
        let is_like = |name: &str| name.trim().to_lowercase() == wanted.trim().to_lowercase();
        let names = || sheets.iter().map(|sheet| &sheet.name);
        let found = names()
            .find(|name| is_it(name))
            .or_else(|| names().find(|name| is_like(name)));
        return match found {
            Some(name) => Ok(name.clone()),
            None => Err(format!(
                "this workbook has no sheet '{}'. Its sheets are {}",
                one_line(wanted, 60),
                listed(workbook)?
            )),
        };
    }
    let mut filled = Vec::new();
    for sheet in sheets {
        if rows_of(workbook, &sheet.name, true)? > 0 {
            filled.push(sheet.name);
        }
    }
    match filled.len() {
        0 => Err("this workbook is empty: none of its sheets holds anything".into()),
        1 => Ok(filled.remove(0)),
        count => Err(format!(
            "{count} sheets of this workbook hold something; add --sheet with the name of the one to read: {}",
            listed(workbook)?
        )),
    }
}

fn rows_of(workbook: &mut dyn Workbook, name: &str, is_first_enough: bool) -> Result<u64, String> {
    let mut count = RowCount {
        rows: 0,
        last: None,
        is_first_enough,
    };
    workbook.read_sheet(name, &mut count)?;
    Ok(count.rows)
}

/// The sheets with how many rows of each hold anything.
fn listed(workbook: &mut dyn Workbook) -> Result<String, String> {
    let sheets = workbook.sheets();
    let more = sheets.len().saturating_sub(LISTED);
    let mut listed = Vec::new();
    for sheet in sheets.iter().take(LISTED) {
        let rows = counted(rows_of(workbook, &sheet.name, false)?, "row");
        let hidden = if sheet.is_hidden { ", hidden" } else { "" };
        listed.push(format!("'{}' ({rows}{hidden})", one_line(&sheet.name, 60)));
    }
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Ok(listed.join(", ") + &more)
}
