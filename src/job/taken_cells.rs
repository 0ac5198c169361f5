//! What the templates of a mapping took from a list's cells: that is what a row is known by, and not the words around it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::fields::{cells_from_json, cells_to_json};
use super::{Column, Fields};

/// A known column of one row as a mapping fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedCell {
    /// The column.
    pub column: Column,
    /// What is sent.
    pub text: String,
    /// The list's cells that its template took; `None` for a constant, which is no part of the row.
    pub taken: Option<String>,
}

/// For each column whose text has more than the cells in it, those cells. The text of any other column
/// is the row's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenCells(BTreeMap<Column, String>);

impl TakenCells {
    /// Notes what the text of a column was made from, which may be nothing.
    pub fn set(&mut self, column: Column, taken: &str) {
        self.0.insert(column, taken.trim().to_owned());
    }

    /// Those of the columns that have the text of before.
    #[must_use]
    pub fn retained(&self, is_unchanged: impl Fn(&Column) -> bool) -> Self {
        let kept = self.0.iter().filter(|(column, _)| is_unchanged(column));
        Self(
            kept.map(|(column, text)| (column.clone(), text.clone()))
                .collect(),
        )
    }

    /// The row's own content, by which it is known: its cells without constants and without the words
    /// of templates.
    pub fn own_content(&self, fields: &Fields, constants: &[Column]) -> Fields {
        let mut own = fields.clone();
        for column in constants {
            own.set(column.clone(), "");
        }
        for (column, text) in &self.0 {
            own.set(column.clone(), text);
        }
        own
    }

    /// As a JSON object by canonical column name, how the ledger keeps them; `None` if there are none.
    pub fn to_json(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| cells_to_json(&self.0))
    }

    /// Reads what [`TakenCells::to_json`] wrote.
    ///
    /// # Errors
    /// When the text is not such an object: the ledger is damaged.
    pub fn from_json(json: &str) -> Result<Self, String> {
        cells_from_json(json).map(Self)
    }

    /// SHA-256 of a row's cells and of what was taken, both as JSON: a change of either shows.
    pub fn seal(fields: &str, taken: &str) -> [u8; 32] {
        Sha256::digest(format!("{fields}\n{taken}")).into()
    }
}
