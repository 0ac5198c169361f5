//! A list of addresses that get no copy: one a line, or a CSV with one e-mail column.

use std::path::Path;

use csv::ByteRecord;

use super::csv_scan::CsvScanner;
use super::detect_dialect::{csv_reader, separator_of};
use super::{Format, InputFile, ManifestError, Problems};
use crate::job::{AddressKey, Exclusion, canonical_address, is_email};
use crate::support::excerpt;

/// What an `--exclude` file holds.
pub struct ExcludeList {
    /// The file, for the places of its problems.
    pub file: InputFile,
    /// Its addresses.
    pub exclusion: Exclusion,
    /// What refuses it.
    pub problems: Problems,
}

/// Reads it. A list that would exclude nobody is refused.
///
/// # Errors
/// When it can't be read, or changes meanwhile.
pub fn read_exclude_list(path: &Path) -> Result<ExcludeList, ManifestError> {
    let file = InputFile::open(path, Some(Format::Csv))?;
    let mut columns = Vec::new();
    let mut header = None;
    each_record(&file, |_, record| {
        header.get_or_insert_with(|| record.to_vec());
        columns.resize(columns.len().max(record.len()), 0_u64);
        for (count, cell) in columns.iter_mut().zip(record) {
            *count += u64::from(is_address(cell));
        }
    })?;
    let holding = (0..columns.len()).filter(|index| columns[*index] > 0);
    let holding: Vec<usize> = holding.collect();
    let (header, mut problems, mut is_first) =
        (header.unwrap_or_default(), Problems::default(), true);
    let mut addresses = Vec::new();
    match holding[..] {
        [] => problems.add(
            None,
            "there is no e-mail address in it, so it excludes nobody",
        ),
        [column] => each_record(&file, |line, record| {
            let may_be_header = std::mem::take(&mut is_first);
            let cell = record.get(column).map_or("", |cell| cell.trim());
            match line_problem(record, column) {
                None => addresses.push(AddressKey::of(cell)),
                Some(_) if may_be_header && is_header(cell) => {}
                Some(problem) => problems.add(Some(line), problem),
            }
        })?,
        _ => {
            let names = holding.into_iter().map(|index| name_of(&header, index));
            let names = names.collect::<Vec<String>>().join(", ");
            let text = format!(
                "several columns hold e-mail addresses ({names}). Leave only the column whose addresses \
                 get no copy"
            );
            problems.add(None, text);
        }
    }
    addresses.sort_unstable();
    addresses.dedup();
    let (name, sha256) = (file.name(), file.sha256());
    let exclusion = Exclusion {
        name,
        sha256,
        addresses,
    };
    Ok(ExcludeList {
        file,
        exclusion,
        problems,
    })
}

/// Gives each line with something in it to `take`, with its number.
fn each_record(
    file: &InputFile,
    mut take: impl FnMut(u64, &[String]),
) -> Result<(), ManifestError> {
    let separator = separator_of(file)?;
    let mut bytes = file.bytes()?;
    let scanner = CsvScanner::new(file.text(&mut bytes), separator);
    let mut reader = csv_reader(scanner, separator);
    let mut record = ByteRecord::new();
    let failed = |error: csv::Error| file.failed(error.into());
    let mut records = 0..;
    while reader.read_byte_record(&mut record).map_err(failed)? {
        let line = reader.get_mut().next_record().line;
        let row = records.next().zip(file.sheet());
        let line = row.map_or(line, |(record, sheet)| sheet.row_of(record));
        let cells = record.iter().map(String::from_utf8_lossy);
        let cells: Vec<String> = cells.map(String::from).collect();
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            take(line, &cells);
        }
    }
    drop(reader);
    file.require_same(bytes)
}

/// What is wrong with a line whose address stands in a column, if it is none.
fn line_problem(record: &[String], column: usize) -> Option<String> {
    let cell = record.get(column).map_or("", |cell| cell.trim());
    let mut others = record.iter().enumerate();
    if others.any(|(index, cell)| index != column && cell.contains('@')) {
        let text = "another column has an e-mail address too; leave only the column whose addresses get no \
                    copy";
        return Some(text.into());
    }
    if cell.contains('*') {
        let cell = excerpt(cell);
        let text =
            format!("'{cell}' stands for many addresses, which a list can't; give each address");
        return Some(text);
    }
    (!is_address(cell)).then(|| problem_of(cell))
}

fn is_address(cell: &str) -> bool {
    is_email(&canonical_address(cell))
}

fn is_header(cell: &str) -> bool {
    // A domain or an address without its @ is no header.
    !cell.is_empty() && !cell.contains(['@', '.'])
}

fn problem_of(cell: &str) -> String {
    match cell {
        "" => "there is no e-mail address in this line".into(),
        cell => format!("'{}' is not an e-mail address", excerpt(cell)),
    }
}

fn name_of(header: &[String], index: usize) -> String {
    let name = header.get(index).map_or("", |name| name.trim());
    match is_header(name) {
        true => excerpt(name),
        false => format!("column {}", index + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: impl AsRef<[u8]>) -> (usize, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no.txt");
        std::fs::write(&path, text).unwrap();
        let list = read_exclude_list(&path).unwrap();
        let place = |line: Option<u64>| line.map_or("-".into(), |line| line.to_string());
        let problems = list.problems.lines(&place, "line");
        (list.exclusion.addresses.len(), problems)
    }

    #[test]
    fn a_list_is_one_address_a_line_or_a_table_with_one_column_of_them() {
        let utf_16 =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        for (text, count) in [
            (b"ana@example.com\nbo@example.com\n".to_vec(), 2),
            (
                b"\xef\xbb\xbfana@example.com\r\n\r\n  \r\nANA@example.com".to_vec(),
                1,
            ),
            (b"E-Mail\nana@example.com\n".to_vec(), 1),
            (
                b"Name;Mail;Note\nLi;ana@example.com;\n\n;bo@example.com;x\n".to_vec(),
                2,
            ),
            (b"Li,ana@example.com\nWu,bo@example.com\n".to_vec(), 2),
            (b"M\xfcller;ana@example.com\n".to_vec(), 1),
            (utf_16("\u{feff}Mail\r\nana@example.com\r\n"), 1),
            (
                "Mail\nana@exam\u{200b}ple.com\ncy@bücher.example\n".into(),
                2,
            ),
        ] {
            assert_eq!(read(&text), (count, Vec::new()), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_line() {
        for (text, problem) in [
            ("", "-: there is no e-mail address in it"),
            ("E-Mail\n\n", "-: there is no e-mail address in it"),
            (
                "ana@\nbo@example.com\n",
                "1: 'ana@' is not an e-mail address",
            ),
            (
                "Mail\nana@example.com\n\nbo\n",
                "4: 'bo' is not an e-mail address",
            ),
            ("ana@example.com\nbo\n", "2: 'bo' is not an e-mail address"),
            (
                "Mail\nbo\nana@example.com\n",
                "2: 'bo' is not an e-mail address",
            ),
            (
                "Name,Mail\nLi,ana@example.com\nWu,\n",
                "3: there is no e-mail address in this",
            ),
            (
                "Mail;CC;Note\nana@example.com;bo@example.com;x\n",
                "-: several columns hold e-mail addresses (Mail, CC)",
            ),
            (
                "ana@example.com,bo@example.com\n",
                "-: several columns hold e-mail addresses (column 1, column 2)",
            ),
        ] {
            let (_, problems) = read(text);
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].starts_with(problem), "{text}: {problems:?}");
        }
    }
}
