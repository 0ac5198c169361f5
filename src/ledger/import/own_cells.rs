//! Corrections in a list's own columns, of rows whose known columns a mapping has filled from them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};

use super::correction::{Correction, LedgerRow, OwnCells, equivalence};
use crate::executor::RowKey;
use crate::job::{CellEquivalence, Column, Fields, MappedCell, TakenCells};
use crate::ledger::LedgerError;
use crate::ledger::sql_types::{Statements, names};

/// Fills the known columns anew from a row's own cells: a mapping does.
pub type Refill<'a> = dyn Fn(&OwnCells) -> Result<Vec<MappedCell>, Vec<String>> + 'a;

/// The own cells of a row that a mapping filled, as its list had them; none where no mapping did.
#[derive(Default)]
pub(super) struct MappedRow {
    /// The columns that the mapping names.
    from: Vec<String>,
    cells: OwnCells,
}

/// What corrections in own columns come to.
#[derive(Default)]
pub(super) struct Refilled {
    /// The known cells that they change, with what is sent now.
    changed: Vec<MappedCell>,
    /// The own cells as they are now.
    own: OwnCells,
}

impl MappedRow {
    /// Looks a row up; `None` if no mapping filled it.
    pub(super) fn find(connection: &Connection, row: RowKey) -> Result<Option<Self>, LedgerError> {
        let sql = "SELECT other, mapped_from FROM records JOIN manifests ON manifests.id = manifest
             WHERE records.row = ?1 AND mapped_from IS NOT NULL ORDER BY manifest, number LIMIT 1";
        let found = connection.ask(sql, [row], |row| {
            let other: String = row.get("other")?;
            Ok(Self {
                from: names(row, "mapped_from")?,
                cells: serde_json::from_str(&other).unwrap_or_default(),
            })
        });
        Ok(found.optional()?)
    }

    /// The columns that a report says otherwise. What a spreadsheet only spells differently is nobody's
    /// correction.
    pub(super) fn corrected(&self, correction: &Correction) -> Vec<&str> {
        let is_corrected = |name: &&String| {
            let has = self.cells.get(*name).map_or("", String::as_str);
            let says = correction.own.get(*name);
            says.is_some_and(|says| {
                CellEquivalence::of(&Column::Title, has, says) == CellEquivalence::Different
            })
        };
        let corrected = self.from.iter().filter(is_corrected);
        corrected.map(String::as_str).collect()
    }

    /// Fills the known columns anew, and keeps what was corrected in these themselves.
    ///
    /// # Errors
    /// What the mapping can't fill, and each column that is corrected twice, in words.
    pub(super) fn refill(
        &self,
        row: &LedgerRow,
        correction: &Correction,
        refill: Option<&Refill<'_>>,
    ) -> Result<Refilled, Vec<String>> {
        let corrected = self.corrected(correction);
        if corrected.is_empty() {
            return Ok(Refilled::default());
        }
        let corrected_names = corrected.join(", ");
        let Some(refill) = refill else {
            return Err(vec![format!(
                "column {corrected_names}: this cell was changed, but the cells that are sent are filled \
                 from it by a mapping. Add --mapping FILE, or correct the columns that are sent \
                 (signer_1_email and others) instead"
            )]);
        };
        let mut own = self.cells.clone();
        for name in corrected {
            let says = correction.own.get(name).map_or("", String::as_str);
            own.insert(name.to_owned(), says.to_owned());
        }
        let (before, after) = (by_column(refill(&self.cells)?), by_column(refill(&own)?));
        let mut changed = Vec::new();
        let mut problems = Vec::new();
        let columns: BTreeSet<&Column> = before.keys().chain(after.keys()).collect();
        for column in columns {
            let empty = || MappedCell {
                column: column.clone(),
                text: String::new(),
                taken: Some(String::new()),
            };
            let now = after.get(column).cloned().unwrap_or_else(empty);
            if before.get(column) == Some(&now) {
                continue;
            }
            match refusal(&row.fields, correction, &now) {
                Some(text) => problems.push(format!("column {corrected_names}: {text}")),
                None => changed.push(now),
            }
        }
        match problems.is_empty() {
            true => Ok(Refilled { changed, own }),
            false => Err(problems),
        }
    }
}

/// Why a column can't take what the mapping makes of it now: it is the row's id, or the report says
/// something else of it, which is neither that nor what the ledger has.
fn refusal(has: &Fields, correction: &Correction, now: &MappedCell) -> Option<String> {
    let (column, text) = (&now.column, now.text.trim());
    if *column == Column::RowId {
        return Some(format!(
            "a row keeps its row_id, and this cell would make it '{text}'. Put back what the report had; \
             for a new row, add it to the list"
        ));
    }
    let mut cells = correction.cells.iter();
    let (_, says) = cells.find(|(one, _)| one == column)?;
    let is_corrected = equivalence(has, column, says) == CellEquivalence::Different;
    (is_corrected && says.trim() != text).then(|| {
        format!(
            "this cell and column {column} were both changed: this one makes {column} '{text}', but {column} \
             says '{}'. Put one of them back",
            says.trim()
        )
    })
}

fn by_column(cells: Vec<MappedCell>) -> BTreeMap<Column, MappedCell> {
    let cells = cells.into_iter();
    cells.map(|cell| (cell.column.clone(), cell)).collect()
}

impl Refilled {
    /// The correction with the known cells as they are filled now.
    pub(super) fn apply<'c>(&self, correction: &'c Correction) -> Cow<'c, Correction> {
        if self.changed.is_empty() {
            return Cow::Borrowed(correction);
        }
        let mut filled = correction.clone();
        for cell in &self.changed {
            filled.cells.retain(|(column, _)| *column != cell.column);
            filled.cells.push((cell.column.clone(), cell.text.clone()));
        }
        Cow::Owned(filled)
    }

    /// Notes what the templates took for the cells that they have changed.
    pub(super) fn note_taken(&self, fields: &Fields, taken: &mut TakenCells) {
        for cell in &self.changed {
            let Some(cells) = &cell.taken else { continue };
            let text = cell.text.trim();
            if fields.text(&cell.column).unwrap_or_default() == text && cells != text {
                taken.set(cell.column.clone(), cells);
            }
        }
    }

    /// Has the next report show the own cells as they were corrected.
    pub(super) fn record(&self, connection: &Connection, row: RowKey) -> rusqlite::Result<()> {
        if self.own.is_empty() {
            return Ok(());
        }
        let own = self.own.iter().filter(|(_, text)| !text.is_empty());
        let own: BTreeMap<&String, &String> = own.collect();
        let json = serde_json::to_string(&own).expect("a map of texts is JSON");
        let sql = "UPDATE records SET other = ?2 WHERE row = ?1
             AND manifest IN (SELECT id FROM manifests WHERE mapped_from IS NOT NULL)";
        connection.change(sql, (row, json))?;
        Ok(())
    }
}
