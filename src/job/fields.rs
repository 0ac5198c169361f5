//! The known cells of a row, and what identifies it by them.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Column, RowId, SignerColumn};

/// The known cells of one row, trimmed, as the user typed them. An empty cell is no cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<Column, String>);

impl Fields {
    /// Sets a cell; a text that is empty after trimming removes it.
    pub fn set(&mut self, column: Column, text: &str) {
        match text.trim() {
            "" => self.0.remove(&column),
            trimmed => self.0.insert(column, trimmed.to_owned()),
        };
    }

    /// The text of a cell, if it has one.
    pub fn text(&self, column: &Column) -> Option<&str> {
        self.0.get(column).map(String::as_str)
    }

    /// Every cell with its column, in the columns' order.
    pub fn iter(&self) -> impl Iterator<Item = (&Column, &str)> {
        self.0.iter().map(|(column, text)| (column, text.as_str()))
    }

    /// Whether the request that they make has `Signers`.
    pub fn names_signer(&self) -> bool {
        self.iter()
            .any(|(column, _)| matches!(column, Column::Signer(..)))
    }

    /// Every address that the row names, with its column: the signers' and those of `copy_to`.
    pub fn addresses(&self) -> impl Iterator<Item = (&Column, &str)> {
        self.iter().flat_map(|(column, text)| {
            let addresses: Vec<&str> = match column {
                Column::CopyTo => text.split(',').map(str::trim).collect(),
                Column::Signer(_, SignerColumn::Email) => vec![text],
                _ => Vec::new(),
            };
            addresses.into_iter().map(move |address| (column, address))
        })
    }

    /// The address by which people know the row: its first signer's, if there is one.
    pub fn first_address(&self) -> Option<&str> {
        let is_address = |column: &Column| matches!(column, Column::Signer(_, SignerColumn::Email));
        self.iter()
            .find_map(|(column, text)| is_address(column).then_some(text))
    }

    /// The cells as a JSON object by canonical column name: how the ledger keeps them.
    pub fn to_json(&self) -> String {
        cells_to_json(&self.0)
    }

    /// Reads what [`Fields::to_json`] wrote.
    ///
    /// # Errors
    /// When the text is not such an object: the ledger is damaged.
    pub fn from_json(json: &str) -> Result<Self, String> {
        cells_from_json(json).map(Self)
    }

    /// The hash of the content, over canonical JSON: the row's own cells, trimmed, GUIDs and
    /// e-mails in lower case, defaults filled in. The source session counts wherever it came
    /// from; the row id does not, it is the name and not the content.
    pub fn content_hash(&self, source: Option<&str>) -> ContentHash {
        let defaults =
            Column::defaults().map(|(column, text)| (column.to_string(), text.to_owned()));
        let mut content: BTreeMap<String, String> = defaults.collect();
        for (column, text) in self.iter().filter(|(column, _)| **column != Column::RowId) {
            content.insert(column.to_string(), column.canonical_value(text));
        }
        if let Some(source) = source {
            let column = Column::SourceSessionId;
            content.insert(column.to_string(), column.canonical_value(source));
        }
        let json = serde_json::to_vec(&content).expect("a map of texts is always JSON");
        ContentHash(Sha256::digest(json).into())
    }

    /// Whom the copy reaches: the source session and the sorted e-mail addresses of the signers. Two
    /// rows that share it would send the same people a copy of the same session.
    pub fn audience(&self) -> String {
        let source = self.text(&Column::SourceSessionId).unwrap_or_default();
        let emails = self.iter().filter_map(|(column, text)| match column {
            Column::Signer(_, SignerColumn::Email) => Some(text.to_lowercase()),
            _ => None,
        });
        let mut emails: Vec<String> = emails.collect();
        emails.sort();
        format!("{} {}", source.to_lowercase(), emails.join(" "))
    }
}

/// Cells as a JSON object by canonical column name.
pub(super) fn cells_to_json(cells: &BTreeMap<Column, String>) -> String {
    let by_name: BTreeMap<String, &String> = cells
        .iter()
        .map(|(column, text)| (column.to_string(), text))
        .collect();
    serde_json::to_string(&by_name).expect("a map of texts is always JSON")
}

/// Reads what [`cells_to_json`] wrote.
pub(super) fn cells_from_json(json: &str) -> Result<BTreeMap<Column, String>, String> {
    let by_name: BTreeMap<String, String> =
        serde_json::from_str(json).map_err(|error| error.to_string())?;
    let cells = by_name.into_iter().map(|(name, text)| {
        let column = name.parse::<Column>().map_err(|error| error.to_string())?;
        Ok((column, text))
    });
    cells.collect()
}

/// SHA-256 of a row's canonical content. A ledger remembers every one a row has had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The row id of a row without a key of its own: `r1` and 26 base32 characters.
    pub fn row_id(&self) -> RowId {
        RowId::from_hash(&self.0)
    }

    /// The raw hash, as the ledger keeps it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(cells: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, text) in cells {
            fields.set(name.parse().unwrap(), text);
        }
        fields
    }

    const SOURCE: &str = "3F0C6C1E-0000-4000-8000-000000000001";

    #[test]
    fn spelling_that_means_the_same_is_the_same_content() {
        let typed = fields(&[
            ("source_session_id", SOURCE),
            ("signer_1_email", " Ana@Example.COM "),
        ]);
        let spelt_out = fields(&[
            ("source_session_id", &SOURCE.to_lowercase()),
            ("signer_1_email", "ana@example.com"),
            ("version", "0"),
            ("retain_fields", "TRUE"),
            ("send_signer_invites", "no"),
            ("row_id", "7"),
        ]);
        assert_eq!(typed.content_hash(None), spelt_out.content_hash(None));
        assert_eq!(typed.audience(), spelt_out.audience());
        let id = typed.content_hash(None).row_id();
        assert_eq!(id.as_str().len(), 28);
        assert!(id.as_str().starts_with("r1"));
    }

    #[test]
    fn other_content_is_another_row() {
        let one = fields(&[("source_session_id", SOURCE), ("title", "Lease")]);
        let other = fields(&[("source_session_id", SOURCE), ("title", "lease")]);
        assert_ne!(one.content_hash(None), other.content_hash(None));
        assert_eq!(one.audience(), other.audience());
    }

    #[test]
    fn fields_survive_the_ledger() {
        let kept = fields(&[("title", "a \"b\""), ("signer_2_merge_Unit No", "12")]);
        assert_eq!(Fields::from_json(&kept.to_json()).unwrap(), kept);
    }
}
