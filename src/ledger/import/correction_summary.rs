//! What a report changed in its ledger, and what it says that the ledger knows better.

use std::collections::BTreeSet;

use super::correction::{Correction, equivalence};
use crate::job::{CellEquivalence, Column, Fields, RowId};

/// What a report changed.
#[derive(Debug, Clone, Default)]
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

/// Some rows of a report.
#[derive(Debug, Clone, Default)]
pub struct RowSample {
    /// How many.
    pub count: u64,
    /// The first few of them: their lines and what they are called.
    pub first: Vec<(u64, String)>,
}

/// How many rows of a sample are remembered by name.
const NAMED: usize = 5;

impl RowSample {
    pub(super) fn add<E>(
        &mut self,
        line: u64,
        name: impl FnOnce() -> Result<String, E>,
    ) -> Result<(), E> {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push((line, name()?));
        }
        Ok(())
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

/// How many respelled rows are remembered with their cells.
const WITH_CELLS: usize = 20;

impl RespelledRows {
    pub(super) fn add<E>(
        &mut self,
        correction: &Correction,
        has: &Fields,
        name: impl FnOnce() -> Result<String, E>,
    ) -> Result<(), E> {
        let mut respelled = has.clone();
        for (column, text) in &correction.cells {
            if equivalence(has, column, text) == CellEquivalence::SameNumber {
                respelled.set(column.clone(), text);
            }
        }
        if respelled == *has {
            return Ok(());
        }
        self.count += 1;
        if self.first.len() < WITH_CELLS {
            let row = CorrectedRow::new(correction, name()?, has, &respelled);
            self.first.push(row);
        }
        Ok(())
    }
}

/// One corrected row.
#[derive(Debug, Clone)]
pub struct CorrectedRow {
    /// Its line in the report.
    pub line: u64,
    /// Which row it is.
    pub row_id: RowId,
    /// What it is called.
    pub name: String,
    /// Each changed cell as `column: before → after`.
    pub cells: Vec<String>,
}

impl CorrectedRow {
    pub(super) fn new(
        correction: &Correction,
        name: String,
        before: &Fields,
        after: &Fields,
    ) -> Self {
        let cells = before.iter().chain(after.iter());
        let columns: BTreeSet<&Column> = cells.map(|(column, _)| column).collect();
        let changed = columns.into_iter().filter_map(|column| {
            let (was, is) = (before.text(column), after.text(column));
            (was != is).then(|| format!("{column}: {} → {}", shown(was), shown(is)))
        });
        Self {
            line: correction.line,
            row_id: correction.row_id.clone(),
            name,
            cells: changed.collect(),
        }
    }
}

fn shown(cell: Option<&str>) -> String {
    cell.map_or_else(|| "empty".into(), |text| format!("'{text}'"))
}
