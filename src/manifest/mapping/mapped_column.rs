//! One known column as a mapping fills it: with a constant, or by a template.

use minijinja::{Environment, Error};

use super::cells::Cells;
use super::template::template_problem;
use crate::job::{Column, MappedCell};

/// One known column as a mapping fills it.
#[derive(Debug)]
pub(super) struct MappedColumn {
    pub(super) column: Column,
    /// What the mapping file calls it: `title`, `signers[0].email`.
    pub(super) place: String,
    /// Its line in the mapping file.
    pub(super) line: u64,
    pub(super) value: MappedValue,
}

/// What a mapping file says of a column.
#[derive(Debug)]
pub(super) enum MappedValue {
    Constant(String),
    /// The template is kept under the column's place.
    Template {
        /// The columns of the list that it names.
        names: Vec<String>,
        /// Whether it says by itself what stands where a cell is empty.
        minds_empty_cells: bool,
    },
}

/// Between two cells that a template takes, where they count for a row's identity.
const BETWEEN_CELLS: char = '\u{1f}';

impl MappedColumn {
    /// What the column is in a row. `templates` has its template.
    ///
    /// # Errors
    /// What is wrong with the template in this row, with the line in the mapping file.
    pub(super) fn fill(
        &self,
        templates: &Environment<'_>,
        row: &Cells,
    ) -> Result<MappedCell, (u64, String)> {
        let column = self.column.clone();
        if let MappedValue::Constant(text) = &self.value {
            let (text, taken) = (text.clone(), None);
            return Ok(MappedCell {
                column,
                text,
                taken,
            });
        }
        let rendered = templates
            .get_template(&self.place)
            .and_then(|template| template.render(row.context()));
        let asked = row.asked();
        if let Some(header) = asked.missing {
            return Err((self.line, format!("the list has no column '{header}'")));
        }
        let text = rendered.map_err(|error| (self.line_of(&error), template_problem(&error)))?;
        let taken = asked.taken.iter();
        let taken: Vec<&str> = taken.map(|position| row.text(*position).trim()).collect();
        let taken = taken.join(&BETWEEN_CELLS.to_string());
        // Separators alone: every cell taken is empty.
        let is_empty = taken.chars().all(|c| c == BETWEEN_CELLS);
        let taken = Some(if is_empty { String::new() } else { taken });
        Ok(MappedCell {
            column,
            text,
            taken,
        })
    }

    /// Whether there are only words of the template left, because every cell that it takes is empty.
    pub(super) fn is_half_empty(&self, cell: &MappedCell) -> bool {
        let minds = matches!(
            self.value,
            MappedValue::Constant(_)
                | MappedValue::Template {
                    minds_empty_cells: true,
                    ..
                }
        );
        let takes_nothing = cell.taken.as_deref() == Some("");
        !minds && takes_nothing && !cell.text.trim().is_empty()
    }

    /// The columns of the list that it names.
    pub(super) fn names(&self) -> &[String] {
        match &self.value {
            MappedValue::Constant(_) => &[],
            MappedValue::Template { names, .. } => names,
        }
    }

    /// The line of the mapping file where a template's error is.
    pub(super) fn line_of(&self, error: &Error) -> u64 {
        self.line + error.line().map_or(0, |line| line.saturating_sub(1) as u64)
    }
}
