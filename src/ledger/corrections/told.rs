use std::collections::BTreeSet;

use super::Correction;
use crate::job::{CellEquivalence, Column, Fields, RowId};

/// Rows of which a report says something else than the ledger; the ledger wins.
#[derive(Debug, Clone, Default)]
pub struct RowSample {
    /// How many.
    pub count: u64,
    /// The first few of them: where they stand, and which rows they are.
    pub first: Vec<(u64, RowId)>,
}

/// How many ignored rows are remembered by name.
const NAMED: usize = 5;

impl RowSample {
    pub(super) fn add(&mut self, correction: &Correction) {
        self.add_row(correction.line, &correction.row_id);
    }

    pub(super) fn add_row(&mut self, line: u64, row_id: &RowId) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push((line, row_id.clone()));
        }
    }
}

/// Rows in which a report only spells numbers differently; the ledger's spelling stays.
#[derive(Debug, Clone, Default)]
pub struct RespelledRows {
    /// How many.
    pub count: usize,
    /// The first of them, with those cells.
    pub first: Vec<CorrectedRow>,
}

/// How many respelt rows are remembered with their cells.
const WITH_CELLS: usize = 20;

impl RespelledRows {
    pub(super) fn add(&mut self, correction: &Correction, has: &Fields) {
        let mut respelt = has.clone();
        for (column, text) in &correction.cells {
            if spelling(has, column, text) == CellEquivalence::SameNumber {
                respelt.set(column.clone(), text);
            }
        }
        if respelt == *has {
            return;
        }
        self.count += 1;
        if self.first.len() < WITH_CELLS {
            self.first
                .push(CorrectedRow::new(correction, has, &respelt));
        }
    }
}

/// How a report's text stands to that of the ledger.
pub(super) fn spelling(has: &Fields, column: &Column, text: &str) -> CellEquivalence {
    CellEquivalence::of(column, has.text(column).unwrap_or_default(), text)
}

/// One corrected row.
#[derive(Debug, Clone)]
pub struct CorrectedRow {
    /// Where it stands in the report.
    pub line: u64,
    /// Which row it is.
    pub row_id: RowId,
    /// Each changed cell as `column: before → after`.
    pub cells: Vec<String>,
}

impl CorrectedRow {
    pub(super) fn new(correction: &Correction, before: &Fields, after: &Fields) -> Self {
        let columns: BTreeSet<&Column> = before
            .iter()
            .chain(after.iter())
            .map(|(column, _)| column)
            .collect();
        let cell = |fields: &Fields, column: &Column| match fields.text(column) {
            Some(text) => format!("'{text}'"),
            None => "empty".into(),
        };
        let changed = columns
            .into_iter()
            .filter(|column| before.text(column) != after.text(column));
        let told = |column: &Column| {
            format!(
                "{column}: {} → {}",
                cell(before, column),
                cell(after, column)
            )
        };
        Self {
            line: correction.line,
            row_id: correction.row_id.clone(),
            cells: changed.map(told).collect(),
        }
    }
}

/// What a report changed.
#[derive(Debug, Clone)]
pub struct CorrectionSummary {
    /// How many rows are planned to be sent.
    pub planned: u64,
    /// The corrected rows.
    pub changed: Vec<CorrectedRow>,
    /// Rows whose numbers stay as the ledger spells them.
    pub respelled: RespelledRows,
    /// Rows that stay as they were sent.
    pub sent_otherwise: RowSample,
    /// Failed and pending rows that no list has any more.
    pub not_listed: RowSample,
    /// Rows that are copied, which the report does not know yet.
    pub copied_since: RowSample,
    /// Rows for which the report names another copy than the ledger.
    pub other_sessions: RowSample,
    /// Rows that are corrected to people who have a copy of the same session, or may have one.
    pub reached_again: RowSample,
}
