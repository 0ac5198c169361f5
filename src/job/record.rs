//! One record of a manifest, as the ledger imports it.

use std::collections::BTreeMap;

use super::{Column, ContentHash, Fields, RowId, TakenCells};

/// One record of a manifest, read and checked.
#[derive(Debug, Clone)]
pub struct Record {
    /// The record's number, from 1.
    pub number: u64,
    /// Where it stands, for messages: its line, or its number again where lines mean nothing.
    pub line: u64,
    /// The user's own key.
    pub row_id: Option<RowId>,
    /// The known cells, constants included.
    pub fields: Fields,
    /// The columns whose value came from `--set` or is a mapping's own.
    pub constants: Vec<Column>,
    /// What a mapping's templates took from the list's cells.
    pub taken: TakenCells,
    /// Hash of the row's own content.
    pub hash: ContentHash,
    /// What is wrong with its values, if anything is.
    pub problem: Option<String>,
    /// What refuses it if it is about to be sent, and not if it was sent.
    pub flaws: Vec<SendProblem>,
    /// The cells of the other columns, by header.
    pub other: BTreeMap<String, String>,
}

/// What refuses a record that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendProblem {
    /// The cell and what is wrong with it.
    pub text: String,
    /// Whether the cell is a `--set` constant: reported once for all rows.
    pub is_constant: bool,
}
