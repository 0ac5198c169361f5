//! A mapping applied to one list: whether the list has its columns, and the known cells of each row.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Mapping;
use super::cells::Cells;
use super::list_problems::problems_with;
use super::mapped_column::{MappedColumn, MappedValue};
use crate::job::{Column, MappedCell, is_report_column};

/// A mapping that is applied to one list.
#[derive(Debug)]
pub struct ListMapping<'m> {
    mapping: &'m Mapping,
    headers: Arc<[String]>,
    /// What a problem of each column's cell names, in the mapping's order.
    labels: Vec<String>,
}

/// A known cell of a row.
#[derive(Debug)]
pub struct FilledCell<'m> {
    /// The cell.
    pub cell: MappedCell,
    /// What a problem of it names.
    pub label: &'m str,
    /// Whether there are only words of the template in it.
    pub is_half_empty: bool,
}

/// A header of the list under its own name, where a report had to give it another.
pub fn list_header(name: &str) -> &str {
    match name.strip_prefix("input.") {
        Some(header) if is_taken_in_report(header) => header,
        _ => name,
    }
}

/// Whether a report means something else by a column of that name.
pub fn is_taken_in_report(header: &str) -> bool {
    Column::of_header(header).is_some() || is_report_column(header)
}

/// What is said of a row that has none of its optional signers, where only fixed ones are left.
const NOBODY_NAMED: &str = "this row names nobody: all its signers are optional and empty, and only fixed ones are left. \
     Is it a total or a remark? Delete the line";

impl<'m> ListMapping<'m> {
    /// Applies a mapping to a list with these headers.
    ///
    /// # Errors
    /// Each column that it names and the list does not have, and each constant that should be a column's
    /// cell, with its line.
    pub fn new(mapping: &'m Mapping, headers: Vec<String>) -> Result<Self, Vec<String>> {
        let problems = problems_with(mapping, &headers);
        if !problems.is_empty() {
            return Err(problems);
        }
        let columns = &mapping.content().columns;
        let labels = columns
            .iter()
            .map(|column| label(mapping, column))
            .collect();
        let headers = headers.into();
        Ok(Self {
            mapping,
            headers,
            labels,
        })
    }

    /// The list's own columns that the templates name.
    pub fn named(mapping: &Mapping) -> BTreeSet<&str> {
        let columns = mapping.content().columns.iter();
        let names = columns.flat_map(|column| column.names().iter().map(String::as_str));
        names.collect()
    }

    /// The known cells of a row.
    ///
    /// # Errors
    /// What is wrong with each template in this row.
    pub fn fill(&self, values: Vec<String>) -> Result<Vec<FilledCell<'_>>, Vec<String>> {
        let content = self.mapping.content();
        let row = Cells::new(Arc::clone(&self.headers), values);
        let mut problems = Vec::new();
        let mut cells = Vec::with_capacity(content.columns.len());
        for (column, label) in content.columns.iter().zip(&self.labels) {
            match column.fill(&content.templates, &row) {
                Ok(cell) if column.column == Column::RowId && cell.text.trim().is_empty() => {
                    problems.push(format!("{label}: is empty, but it is the row's id"));
                }
                Ok(cell) => cells.push(FilledCell {
                    is_half_empty: column.is_half_empty(&cell),
                    cell,
                    label,
                }),
                Err((line, text)) => {
                    problems.push(
                        self.mapping
                            .problem(line, &format!("{}: {text}", column.place)),
                    );
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let absent = self.absent_signers(&cells);
        if !absent.is_empty() && !Self::names_somebody(&cells, &absent) {
            return Err(vec![NOBODY_NAMED.into()]);
        }
        cells.retain(|FilledCell { cell, .. }| {
            let number = cell.column.signer_number();
            number.is_none_or(|number| !absent.contains(&number))
        });
        Ok(cells)
    }

    /// Whether a row still names a signer by its own cells, without those that it does not have.
    fn names_somebody(cells: &[FilledCell<'_>], absent: &[u16]) -> bool {
        cells.iter().any(|FilledCell { cell, .. }| {
            let number = cell.column.signer_number();
            let is_there = number.is_some_and(|number| !absent.contains(&number));
            is_there && cell.taken.as_ref().is_some_and(|taken| !taken.is_empty())
        })
    }

    /// The optional signers that a row does not have: every cell that their templates take is empty.
    fn absent_signers(&self, cells: &[FilledCell<'_>]) -> Vec<u16> {
        let is_named = |number: u16| {
            cells.iter().any(|FilledCell { cell, .. }| {
                let is_theirs = cell.column.signer_number() == Some(number);
                is_theirs && cell.taken.as_ref().is_some_and(|taken| !taken.is_empty())
            })
        };
        let optional = self.mapping.content().optional_signers.iter().copied();
        optional.filter(|number| !is_named(*number)).collect()
    }
}

/// What a problem of a column's cell names: the list's own columns, and where the mapping takes them.
fn label(mapping: &Mapping, column: &MappedColumn) -> String {
    let place = mapping.place(column.line);
    let what = &column.place;
    match &column.value {
        MappedValue::Template { names, .. } if !names.is_empty() => {
            let word = if names.len() == 1 {
                "column"
            } else {
                "columns"
            };
            format!("{word} {} ({place}, {what})", names.join(", "))
        }
        _ => format!("{place}: {what}"),
    }
}
