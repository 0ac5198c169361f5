//! What is known of a list: its columns, and what their cells hold.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::column_facts::ColumnFacts;
use super::header_words::HeaderWords;
use super::key_check::KeyCheck;
use super::key_names::key_rank;
use super::role_words::is_among;
use crate::job::is_email;

/// What is known of a list.
#[derive(Debug)]
pub struct ListFacts {
    pub(super) columns: Vec<ColumnFacts>,
    /// Rows that hold something.
    pub(super) rows: u64,
    /// Its columns have Spanish names, and its people two last names.
    pub(super) is_spanish: bool,
}

/// Words of Spanish headers alone.
const SPANISH: &str = "correo nombre nombres apellido apellidos inquilino inquilina arrendatario arrendador \
                       propietario expediente direccion calle ciudad provincia poblacion renta fecha importe \
                       vivienda piso";

/// So many columns are compared as keys.
const KEYS: usize = 4;

/// In so many rows names are looked for in addresses.
const COMPARED_NAMES: u64 = 5_000;

/// Shorter names are found in addresses by chance.
const LETTERS: usize = 3;

impl ListFacts {
    /// A list with these columns, and no row yet.
    pub fn new(headers: &[String]) -> Self {
        let mut columns: Vec<ColumnFacts> = headers
            .iter()
            .map(|header| ColumnFacts::new(header.trim()))
            .collect();
        let mut seen = HashSet::new();
        let double: HashSet<String> = columns
            .iter()
            .filter(|column| !seen.insert(column.header.clone()))
            .map(|column| column.header.clone())
            .collect();
        for column in &mut columns {
            column.is_double = double.contains(&column.header);
        }
        let mut keys: Vec<(u32, usize)> = (0..)
            .zip(&columns)
            .filter_map(|(at, column)| Some((key_rank(&column.words)?, at)))
            .collect();
        keys.sort_unstable();
        for (_, at) in keys.into_iter().take(KEYS) {
            columns[at].key = Some(KeyCheck::new());
        }
        let all_words = headers.iter().flat_map(|header| HeaderWords::all(header));
        let is_spanish = all_words.into_iter().any(|word| is_among(SPANISH, &word));
        Self {
            columns,
            rows: 0,
            is_spanish,
        }
    }

    /// Takes the cells of the next row.
    pub fn take(&mut self, cells: &[impl AsRef<str>]) {
        let cells: Vec<&str> = cells.iter().map(|cell| cell.as_ref().trim()).collect();
        if cells.iter().all(|cell| cell.is_empty()) {
            return;
        }
        self.rows += 1;
        for (column, cell) in self.columns.iter_mut().zip(&cells) {
            column.take(cell);
            if self.rows == 1 {
                column.take_example(cell);
            }
        }
        if self.rows <= COMPARED_NAMES {
            self.compare_with_address(&cells);
        }
    }

    /// How many rows hold something.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Notes which cells are parts of the row's address, as names are.
    fn compare_with_address(&mut self, cells: &[&str]) {
        let Some(address) = cells.iter().find(|cell| is_email(cell)) else {
            return;
        };
        let (person, _) = address.split_once('@').unwrap_or_default();
        let person = letters(person);
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            if cell.len() > person.len() * 2 || cell.contains('@') {
                continue;
            }
            let name = letters(cell);
            if name.len() >= LETTERS && name != person {
                column.address_beginnings += u64::from(person.starts_with(&name));
                column.address_endings += u64::from(person.ends_with(&name));
            }
        }
    }
}

/// A text's letters as addresses have them.
fn letters(text: &str) -> String {
    let text = text.to_lowercase();
    let text = [("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")]
        .iter()
        .fold(text, |text, (letter, written)| {
            text.replace(letter, written)
        });
    let plain = text.nfkd().filter(|letter| !is_combining_mark(*letter));
    plain.filter(|letter| letter.is_alphabetic()).collect()
}
