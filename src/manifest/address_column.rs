//! Which column holds e-mail addresses, whatever it is called.

use std::collections::HashMap;

use super::ColumnName;
use crate::job::{Column, is_email};

/// Counts the addresses of each column as its cells go by.
#[derive(Debug, Default)]
pub struct AddressColumns {
    counted: Vec<Counted>,
    by_header: HashMap<String, usize>,
}

#[derive(Debug)]
struct Counted {
    header: String,
    addresses: u64,
    others: u64,
}

impl AddressColumns {
    /// Takes one cell below a header.
    pub(super) fn take(&mut self, header: &str, name: &ColumnName, text: &str) {
        let is_known = matches!(name, ColumnName::Known(_));
        if may_be_a_signer(name) {
            self.count(header, text.trim(), is_known);
        }
    }

    /// Takes a cell of a column that has no meaning.
    pub fn take_other(&mut self, header: &str, text: &str) {
        self.count(header, text.trim(), false);
    }

    fn count(&mut self, header: &str, text: &str, is_known: bool) {
        if text.is_empty() {
            return;
        }
        let holds = match is_known {
            true => is_email(text),
            false => holds_address(text),
        };
        let at = self.by_header.get(header).copied().unwrap_or_else(|| {
            self.by_header.insert(header.to_owned(), self.counted.len());
            self.counted.push(Counted {
                header: header.to_owned(),
                addresses: 0,
                others: 0,
            });
            self.counted.len() - 1
        });
        match holds {
            true => self.counted[at].addresses += 1,
            false => self.counted[at].others += 1,
        }
    }

    /// The column with most addresses, if most of its cells are such.
    pub fn found(&self) -> Option<String> {
        let holding = self.counted.iter().filter(|one| one.addresses > one.others);
        // The first one, of several with as many.
        let most = holding.rev().max_by_key(|one| one.addresses);
        most.map(|one| one.header.clone())
    }
}

/// Columns whose cells are a signer's address by mistake only.
fn may_be_a_signer(name: &ColumnName) -> bool {
    match name {
        ColumnName::Known(column) => !matches!(
            column,
            Column::CopyTo | Column::ReturnUrl | Column::Signer(..)
        ),
        ColumnName::Other(_) => true,
    }
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
