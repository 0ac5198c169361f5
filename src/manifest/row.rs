use std::collections::BTreeMap;

use super::ColumnName;
use crate::job::{Column, CopyRequest, Fields, Record, RowId};

/// A record's cells before they are judged.
pub(super) struct RawRow {
    pub(super) number: u64,
    pub(super) line: u64,
    pub(super) cells: Vec<(ColumnName, String)>,
    /// What refuses it, if it is about to be sent.
    pub(super) flaws: Vec<String>,
}

/// A field has at most this many characters; a longer one is a lost quote, not a value.
const FIELD_CHARACTERS: usize = 10_000;

/// What no cell and no constant may hold, whatever its column.
pub fn text_problem(text: &str) -> Option<String> {
    if text.contains('\u{fffd}') {
        return Some(
            "holds characters that were lost when the file was converted, or cut off".into(),
        );
    }
    if text.contains('\0') {
        return Some("holds a NUL byte".into());
    }
    // Counting is only worth its while where the bytes leave it open.
    (text.len() > FIELD_CHARACTERS && text.chars().count() > FIELD_CHARACTERS)
        .then(|| format!("has over {FIELD_CHARACTERS} characters; is a quote missing?"))
}

/// A problem of one cell: its column and what is wrong with it.
pub(super) type CellProblem = (Column, String);

/// Turns cells into a record: constants filled in, content hashed, values judged.
pub(super) fn read_row(
    raw: RawRow,
    constants_of: &[(ColumnName, String)],
) -> (Record, Vec<CellProblem>) {
    let mut own = Fields::default();
    let mut other = BTreeMap::new();
    for (name, text) in raw.cells {
        match name {
            ColumnName::Known(column) => own.set(column, &text),
            ColumnName::Other(name) if text.is_empty() => drop(name),
            ColumnName::Other(name) => drop(other.insert(name, text)),
        }
    }
    let mut fields = own.clone();
    let mut constants = Vec::new();
    for (name, value) in constants_of {
        match name {
            ColumnName::Known(column) if fields.text(column).is_none() => {
                fields.set(column.clone(), value);
                constants.push(column.clone());
            }
            ColumnName::Known(_) => {}
            ColumnName::Other(name) => drop(other.entry(name.clone()).or_insert(value.clone())),
        }
    }
    let problems = judge(&fields);
    let record = Record {
        number: raw.number,
        line: raw.line,
        row_id: fields
            .text(&Column::RowId)
            .and_then(|text| RowId::parse(text).ok()),
        hash: own.content_hash(fields.text(&Column::SourceSessionId)),
        problem: joined(&problems),
        fields,
        constants,
        flaws: Vec::new(),
        other: other
            .into_iter()
            .map(|(name, text)| (ColumnName::Other(name).in_report(), text))
            .collect(),
    };
    (record, problems)
}

/// What is wrong with a `--set` constant for a column.
pub fn constant_problem(column: &Column, value: &str) -> Option<String> {
    let mut fields = Fields::default();
    fields.set(column.clone(), value);
    let mut problems = judge(&fields).into_iter();
    let own = problems.find(|(of, _)| of == column);
    own.map(|(_, text)| text)
}

fn judge(fields: &Fields) -> Vec<CellProblem> {
    let problems = CopyRequest::from_fields(fields).err().unwrap_or_default();
    problems
        .into_iter()
        .map(|problem| (problem.column, problem.text))
        .collect()
}

pub(super) fn joined(problems: &[CellProblem]) -> Option<String> {
    let texts = problems
        .iter()
        .map(|(column, text)| format!("column {column}: {text}"));
    let text = texts.collect::<Vec<_>>().join("; ");
    (!text.is_empty()).then_some(text)
}
