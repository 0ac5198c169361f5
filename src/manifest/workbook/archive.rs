//! Which kind of workbook a file is, and whether it stays within bounds when it is unpacked.

use std::fs::File;

use calamine::{Reader, Xlsx, XlsxError};
use zip::ZipArchive;

/// The kinds of workbooks that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Xlsx,
    Ods,
}

/// What the archive of a workbook begins with.
const ZIP: &[u8] = b"PK\x03\x04";

/// What an old workbook, or a new one with a password, begins with.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// The text of a sheet has at most this many bytes: about what a full one of twenty columns needs.
const SHEET_BYTES: u64 = 2 << 30;

/// The other parts, which are kept in memory, have at most this many each.
const PART_BYTES: u64 = 512 << 20;

/// A part of this many bytes and more is no table if it was packed smaller than this.
const SUSPICIOUS: (u64, u64) = (64 << 20, 400);

/// Whether a file may be a workbook, by its first bytes.
pub(in crate::manifest) fn begins_as_one(start: &[u8]) -> bool {
    start.starts_with(ZIP) || start.starts_with(COMPOUND)
}

/// Which kind of workbook a file is.
///
/// # Errors
/// When it is another kind of file, is protected by a password, or too large.
pub(super) fn kind_of(file: &File) -> Result<Kind, String> {
    let Ok(mut archive) = ZipArchive::new(file) else {
        return Err(not_an_archive(file));
    };
    let has = |name: &str| archive.index_for_name(name).is_some();
    let kind = if has("xl/workbook.bin") {
        return Err(save_as("a .xlsb workbook"));
    } else if has("Index/Document.iwa") {
        return Err(save_as("a workbook of Apple Numbers"));
    } else if has("content.xml") && has("mimetype") {
        Kind::Ods
    } else if has("xl/workbook.xml")
        || has("[Content_Types].xml") && has("_rels/.rels") && !has("word/document.xml")
    {
        Kind::Xlsx
    } else {
        return Err("this is an archive, and holds no workbook; unpack it first".into());
    };
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(damaged)?;
        let name = part.name().map_err(damaged)?;
        let is_sheet = name.contains("/worksheets/") || name == "content.xml";
        let is_read = name.ends_with(".xml");
        let limit = if is_sheet { SHEET_BYTES } else { PART_BYTES };
        let (large, ratio) = SUSPICIOUS;
        let is_bomb = part.size() > large && part.size() / ratio > part.compressed_size();
        if is_read && (part.size() > limit || is_bomb) {
            return Err(too_large(part.size()));
        }
    }
    Ok(kind)
}

fn too_large(size: u64) -> String {
    format!(
        "this workbook is too large: a part of it unpacks to {} MiB. Save the sheet as \"CSV UTF-8\"",
        size >> 20
    )
}

/// What a file is that begins as a workbook may and is no archive.
fn not_an_archive(file: &File) -> String {
    match Xlsx::new(file) {
        Err(XlsxError::Password) => PASSWORD.into(),
        Err(XlsxError::Zip(_)) if begins(file, COMPOUND) => save_as("a workbook of the old .xls kind"),
        _ => "this workbook is damaged or cut off; get it again, or save it again in the spreadsheet program"
            .into(),
    }
}

fn begins(mut file: &File, with: &[u8]) -> bool {
    use std::io::{Read, Seek};
    let mut start = Vec::new();
    let read = file
        .rewind()
        .and_then(|()| file.take(8).read_to_end(&mut start));
    read.is_ok() && start.starts_with(with)
}

/// What is said of a workbook that nobody but its owner can read.
pub(super) const PASSWORD: &str = "this workbook is protected by a password; open it in the spreadsheet program, and save it without one";

/// What is said of a workbook in which something is not as it must be.
pub(super) fn damaged(error: impl std::fmt::Display) -> String {
    format!(
        "this workbook can't be read ({error}); open it in the spreadsheet program, and save it again as \
         .xlsx or .ods"
    )
}

fn save_as(what: &str) -> String {
    format!(
        "this is {what}; open it in the spreadsheet program, and save it as .xlsx or .ods, or the sheet as \
         \"CSV UTF-8\""
    )
}
