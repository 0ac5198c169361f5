//! Which column holds e-mail addresses, whatever it is called.

use indexmap::IndexMap;

use super::ColumnName;
use crate::job::{Column, is_email};

/// Counts the addresses of each column as its cells go by.
#[derive(Debug, Default)]
pub struct AddressColumns(IndexMap<String, Counts>);

#[derive(Debug, Default)]
struct Counts {
    addresses: u64,
    others: u64,
}

impl AddressColumns {
    /// Takes one cell below a header.
    pub(super) fn take(&mut self, header: &str, name: &ColumnName, text: &str) {
        match name {
            ColumnName::Known(column) if may_be_a_signer(column) => {
                self.count(header, text.trim(), is_email);
            }
            ColumnName::Known(_) => {}
            ColumnName::Other(_) => self.take_other(header, text),
        }
    }

    /// Takes a cell of a column that has no meaning.
    pub fn take_other(&mut self, header: &str, text: &str) {
        self.count(header, text.trim(), holds_address);
    }

    fn count(&mut self, header: &str, text: &str, is_address: fn(&str) -> bool) {
        if text.is_empty() {
            return;
        }
        let counts = match self.0.get_index_of(header) {
            Some(at) => &mut self.0[at],
            None => self.0.entry(header.to_owned()).or_default(),
        };
        match is_address(text) {
            true => counts.addresses += 1,
            false => counts.others += 1,
        }
    }

    /// The column with most addresses, if most of its cells are such.
    pub fn found(&self) -> Option<String> {
        let holding = self.0.iter().filter(|(_, one)| one.addresses > one.others);
        // The first one, of several with as many.
        let most = holding.rev().max_by_key(|(_, one)| one.addresses);
        most.map(|(header, _)| header.clone())
    }
}

/// Whether cells are a signer's address by mistake only.
fn may_be_a_signer(column: &Column) -> bool {
    !matches!(
        column,
        Column::CopyTo | Column::ReturnUrl | Column::Signer(..)
    )
}

/// Also as `Ana Li <ana@example.com>`, as a list of several, or within JSON text.
fn holds_address(text: &str) -> bool {
    const BETWEEN: [char; 14] = [
        ' ', ',', ';', '<', '>', '(', ')', '"', '{', '}', '[', ']', ':', '\n',
    ];
    text.contains('@') && text.split(BETWEEN).any(is_email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_of_addresses_is_found_by_its_cells() {
        let mut columns = AddressColumns::default();
        let other = |name: &str| ColumnName::Other(name.into());
        for (unit, mail, note) in [
            ("A1", "ana@example.com", "ask bo@example.com"),
            ("A2", "Bo Li <bo@example.com>", "urgent"),
            ("A3", "", "later"),
        ] {
            columns.take("Unit", &other("Unit"), unit);
            columns.take("Mail", &other("Mail"), mail);
            columns.take("Note", &other("Note"), note);
            let known = ColumnName::Known(Column::CopyTo);
            columns.take("CopyTo", &known, "cc@example.com");
        }
        assert_eq!(columns.found().as_deref(), Some("Mail"));
    }
}
