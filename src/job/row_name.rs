//! What a row is called in messages.

use std::fmt;

/// A row as people know it: `row 17 (ana@example.com)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowName<'a> {
    /// Its number in the report; a row that its list no longer has is called by its row id.
    pub number: Option<u64>,
    /// Its list, where another one is the subject.
    pub list: Option<&'a str>,
    /// The first address of its signers.
    pub address: Option<&'a str>,
    /// Its identity.
    pub row_id: &'a str,
}

impl fmt::Display for RowName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "row {number}")?,
            None => write!(f, "row '{}'", self.row_id)?,
        }
        if let Some(list) = self.list {
            write!(f, " of {list}")?;
        }
        match self.address {
            Some(address) => write!(f, " ({address})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_called_by_its_number_and_its_first_address() {
        let mut name = RowName {
            number: Some(17),
            list: None,
            address: Some("ana@example.com"),
            row_id: "K5",
        };
        assert_eq!(name.to_string(), "row 17 (ana@example.com)");
        name.list = Some("n.csv");
        assert_eq!(name.to_string(), "row 17 of n.csv (ana@example.com)");
        (name.number, name.list, name.address) = (None, None, None);
        assert_eq!(name.to_string(), "row 'K5'");
    }
}
