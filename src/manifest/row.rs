//! A record's cells, and the job record that they become.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::column_name::signer_path;
use super::{ColumnName, Format};
use crate::job::{Column, CopyRequest, FieldProblem, Fields, Record, RowId, TakenCells};
use crate::support::one_line;

/// A record's cells before they are checked.
pub(super) struct RawRow<'a> {
    pub(super) number: u64,
    pub(super) line: u64,
    pub(super) cells: Vec<RawCell<'a>>,
    /// The columns without a name that hold something here.
    pub(super) filled_unnamed: Vec<usize>,
    /// What refuses it, if it is about to be sent.
    pub(super) flaws: Vec<String>,
    /// The columns whose cells can't be read. That refuses it, but its other cells can be checked.
    pub(super) unread: Vec<ColumnName>,
    /// Misspelt members refuse it, but its other cells can be checked.
    pub(super) is_misspelt: bool,
}

/// A cell with what its column means and how the file calls it.
pub(super) struct RawCell<'a> {
    pub(super) name: Cow<'a, ColumnName>,
    /// The header, or the path of the member.
    pub(super) place: Cow<'a, str>,
    pub(super) text: String,
    pub(super) origin: CellOrigin,
}

/// Where the text of a cell comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CellOrigin {
    /// It is the list's.
    List,
    /// A mapping's template made it of these cells. Its place says all of it.
    Template(String),
    /// It is a mapping's. Its place says all of it.
    Constant,
}

impl RawRow<'_> {
    pub(super) fn new(number: u64, line: u64) -> Self {
        Self {
            number,
            line,
            cells: Vec::new(),
            filled_unnamed: Vec::new(),
            flaws: Vec::new(),
            unread: Vec::new(),
            is_misspelt: false,
        }
    }

    /// Whether the cell of a column can't be read.
    pub(super) fn is_unread(&self, column: &Column) -> bool {
        let is_it = |name: &ColumnName| matches!(name, ColumnName::Known(one) if one == column);
        self.unread.iter().any(is_it)
    }

    /// What a problem of a column names: the header or member as the file spells it, but for the cells
    /// of JSON's signers: `signers[0].email`.
    pub(super) fn cell_label(&self, column: &Column, format: Format) -> String {
        let is_its =
            |cell: &&RawCell<'_>| matches!(&*cell.name, ColumnName::Known(one) if one == column);
        let cell = self.cells.iter().find(is_its);
        let own = cell.map(|cell| &*cell.place);
        match (own, column) {
            (Some(place), _) if cell.is_some_and(|cell| cell.origin != CellOrigin::List) => {
                place.to_owned()
            }
            (own, column) if format == Format::Csv => {
                format!("column {}", own.map_or(column.to_string(), str::to_owned))
            }
            (Some(member), _) if !is_path(member) => one_line(member, 100),
            (None, Column::Signer(number, _)) if self.is_flat(*number) => column.to_string(),
            (_, Column::Signer(number, member)) => signer_path(*number, member),
            _ => column.to_string(),
        }
    }

    /// Whether a JSON record says something of this signer, but outside of `signers`.
    fn is_flat(&self, number: u16) -> bool {
        self.known_cells().any(|(column, member)| {
            matches!(column, Column::Signer(one, _) if *one == number) && !is_path(member)
        })
    }

    /// The known columns that it has a cell of, be it empty.
    pub(super) fn columns(&self) -> impl Iterator<Item = &Column> {
        self.known_cells().map(|(column, _)| column)
    }

    fn known_cells(&self) -> impl Iterator<Item = (&Column, &str)> {
        self.cells.iter().filter_map(|cell| match &*cell.name {
            ColumnName::Known(column) => Some((column, &*cell.place)),
            ColumnName::Other(_) => None,
        })
    }
}

fn is_path(member: &str) -> bool {
    member.starts_with("signers[")
}

/// A field has at most this many characters; a longer one is a lost quote, not a value.
const FIELD_CHARACTERS: usize = 10_000;

/// What no cell and no constant may hold, whatever its column.
pub fn text_problem(text: &str) -> Option<String> {
    if text.contains('\u{fffd}') {
        return Some(
            "contains characters that were lost when the file was converted or cut off".into(),
        );
    }
    if text.contains('\0') {
        return Some("contains a NUL byte".into());
    }
    // Counting is only worth its while where the bytes leave it open.
    (text.len() > FIELD_CHARACTERS && text.chars().count() > FIELD_CHARACTERS)
        .then(|| format!("has more than {FIELD_CHARACTERS} characters; is a quote missing?"))
}

/// Turns cells into a record: constants filled in, content hashed, values checked.
pub(super) fn read_row(
    raw: &RawRow<'_>,
    constants_of: &[(ColumnName, String)],
) -> (Record, Vec<FieldProblem>) {
    let mut fields = Fields::default();
    let (mut constants, mut taken) = (Vec::new(), TakenCells::default());
    let mut other = BTreeMap::new();
    for cell in &raw.cells {
        match &*cell.name {
            ColumnName::Known(column) => {
                fields.set(column.clone(), &cell.text);
                match &cell.origin {
                    CellOrigin::List => {}
                    CellOrigin::Template(cells) if cells == cell.text.trim() => {}
                    CellOrigin::Template(cells) => taken.set(column.clone(), cells),
                    CellOrigin::Constant => constants.push(column.clone()),
                }
            }
            ColumnName::Other(_) if cell.text.is_empty() => {}
            name @ ColumnName::Other(_) => drop(other.insert(name.in_report(), cell.text.clone())),
        }
    }
    for (name, value) in constants_of {
        match name {
            ColumnName::Known(column) if fields.text(column).is_none() => {
                fields.set(column.clone(), value);
                constants.push(column.clone());
            }
            ColumnName::Known(_) => {}
            name @ ColumnName::Other(_) => {
                other.entry(name.in_report()).or_insert(value.clone());
            }
        }
    }
    let problems = problems_of(&fields);
    let own = taken.own_content(&fields, &constants);
    let row_id = fields.text(&Column::RowId);
    let record = Record {
        number: raw.number,
        line: raw.line,
        row_id: row_id.and_then(|text| RowId::parse(text).ok()),
        hash: own.content_hash(fields.text(&Column::SourceSessionId)),
        problem: FieldProblem::joined(&problems),
        fields,
        constants,
        taken,
        flaws: Vec::new(),
        other,
    };
    (record, problems)
}

/// What is wrong with a `--set` constant for a column.
pub fn constant_problem(column: &Column, value: &str) -> Option<String> {
    let mut fields = Fields::default();
    fields.set(column.clone(), value);
    let mut problems = problems_of(&fields).into_iter();
    let own = problems.find(|problem| problem.column == *column);
    own.map(|problem| problem.text)
}

fn problems_of(fields: &Fields) -> Vec<FieldProblem> {
    CopyRequest::from_fields(fields).err().unwrap_or_default()
}
