//! The sheets of an `.ods` workbook, read as they stream by.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use quick_xml::events::{BytesEnd, BytesStart, Event};
use zip::ZipArchive;

use super::archive::{PASSWORD, damaged};
use super::ods_cell::OdsCell;
use super::ods_xml::{Xml, attribute};
use super::sheet_source::{CellSink, SheetName, Workbook};
use super::sheet_writer::{MAX_COLUMNS, MAX_ROWS};

/// A workbook whose sheets are read from their beginning each time.
pub(super) struct Ods {
    archive: ZipArchive<File>,
    sheets: Vec<String>,
}

/// Opens a workbook: reads the names of its sheets.
///
/// # Errors
/// When it can't be read.
pub(super) fn open(file: &File) -> Result<Ods, String> {
    let mut file = file.try_clone().map_err(damaged)?;
    file.rewind().map_err(damaged)?;
    let mut archive = ZipArchive::new(file).map_err(damaged)?;
    if is_encrypted(&mut archive) {
        return Err(PASSWORD.into());
    }
    let mut sheets = Vec::new();
    let mut xml = content(&mut archive)?;
    let mut buffer = Vec::new();
    while let Some(name) = next_sheet(&mut xml, &mut buffer)? {
        let end = BytesEnd::new("table:table");
        xml.read_to_end_into(end.name(), &mut buffer)
            .map_err(damaged)?;
        sheets.push(name);
    }
    drop(xml);
    Ok(Ods { archive, sheets })
}

/// Whether the list of its parts says that they are encrypted.
fn is_encrypted(archive: &mut ZipArchive<File>) -> bool {
    let mut text = String::new();
    let part = archive.by_name("META-INF/manifest.xml");
    let read = part.map(|part| part.take(1 << 20).read_to_string(&mut text));
    read.is_ok() && text.contains("encryption-data")
}

fn content(archive: &mut ZipArchive<File>) -> Result<Xml<'_>, String> {
    let part = archive.by_name("content.xml").map_err(damaged)?;
    let mut xml = quick_xml::Reader::from_reader(BufReader::new(part));
    xml.config_mut().expand_empty_elements = true;
    Ok(xml)
}

/// Goes on to the next sheet, and says its name.
fn next_sheet(xml: &mut Xml<'_>, buffer: &mut Vec<u8>) -> Result<Option<String>, String> {
    loop {
        buffer.clear();
        match xml.read_event_into(buffer).map_err(damaged)? {
            Event::Start(element) if element.name().as_ref() == "table:table" => {
                return attribute(&element, "table:name")
                    .map(|name| Some(name.unwrap_or_default()));
            }
            Event::Eof => return Ok(None),
            _ => {}
        }
    }
}

/// How often a row or a cell is repeated, at most so often as a sheet can have it.
fn repeated(element: &BytesStart<'_>, name: &str, most: u32) -> Result<u32, String> {
    let Some(text) = attribute(element, name)? else {
        return Ok(1);
    };
    let count: u64 = text.parse().map_err(damaged)?;
    Ok(u32::try_from(count).unwrap_or(most).min(most))
}

impl Workbook for Ods {
    fn sheets(&self) -> Vec<SheetName> {
        let names = self.sheets.iter().cloned();
        let sheets = names.map(|name| SheetName {
            name,
            is_hidden: false,
        });
        sheets.collect()
    }

    fn read_sheet(&mut self, name: &str, rows: &mut dyn CellSink) -> Result<(), String> {
        let mut xml = content(&mut self.archive)?;
        let mut buffer = Vec::new();
        while let Some(found) = next_sheet(&mut xml, &mut buffer)? {
            if found == name {
                return read_rows(&mut xml, rows);
            }
        }
        Ok(())
    }
}

fn read_rows(xml: &mut Xml<'_>, rows: &mut dyn CellSink) -> Result<(), String> {
    let mut buffer = Vec::new();
    let (mut row, mut hidden) = (0_u32, 0_u64);
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(damaged)? {
            Event::Start(element) if element.name().as_ref() == "table:table-row" => {
                let times = repeated(&element, "table:number-rows-repeated", MAX_ROWS)?;
                let is_hidden =
                    attribute(&element, "table:visibility")?.is_some_and(|how| how != "visible");
                let cells = read_cells(xml)?;
                if !cells.is_empty() {
                    hidden += if is_hidden { u64::from(times) } else { 0 };
                    for row in row..row.saturating_add(times) {
                        if !give(row, &cells, rows)? {
                            return Ok(());
                        }
                    }
                }
                row = row.saturating_add(times);
            }
            // Pictures and charts that lie over the cells may have tables of their own.
            Event::Start(element) if element.name().as_ref() == "table:shapes" => {
                let end = element.to_end().into_owned();
                let mut inner = Vec::new();
                xml.read_to_end_into(end.name(), &mut inner)
                    .map_err(damaged)?;
            }
            Event::End(element) if element.name().as_ref() == "table:table" => {
                rows.note_hidden_rows(hidden);
                return Ok(());
            }
            Event::Eof => return Err(damaged("its text ends within a sheet")),
            _ => {}
        }
    }
}

/// A cell that holds something, with its first column and how many columns it fills.
type Repeated = (u32, u32, OdsCell);

fn give(row: u32, cells: &[Repeated], rows: &mut dyn CellSink) -> Result<bool, String> {
    for (column, times, cell) in cells {
        for column in *column..column.saturating_add(*times) {
            if !rows.take(row, column, cell.value())? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The cells of a row that hold something.
fn read_cells(xml: &mut Xml<'_>) -> Result<Vec<Repeated>, String> {
    let mut buffer = Vec::new();
    let mut cells = Vec::new();
    let mut column = 0_u32;
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(damaged)? {
            Event::Start(element) => {
                let times = repeated(&element, "table:number-columns-repeated", MAX_COLUMNS)?;
                let cell = OdsCell::read(&element, xml)?;
                // What lies under a merged cell is not seen.
                let is_seen = element.name().as_ref() == "table:table-cell";
                if is_seen && !cell.is_empty() {
                    cells.push((column, times, cell));
                }
                column = column.saturating_add(times);
            }
            Event::End(_) => return Ok(cells),
            Event::Eof => return Err(damaged("its text ends within a row")),
            _ => {}
        }
    }
}
