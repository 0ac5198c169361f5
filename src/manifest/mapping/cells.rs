//! The cells of one row as a template sees them, and which of them it takes.

use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value;
use minijinja::value::{Enumerator, Object};

/// The name under which a template finds every cell, also those whose header is no name:
/// `row["E-Mail"]`.
pub(super) const ROW: &str = "row";

/// The cells of one row, by header. It notes what is asked for.
#[derive(Debug)]
pub(super) struct Cells(Arc<Row>);

#[derive(Debug)]
struct Row {
    headers: Arc<[String]>,
    values: Vec<String>,
    asked: Mutex<Asked>,
}

/// What a template asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The positions of the cells that it was given, in the order of the first time.
    pub(super) taken: Vec<usize>,
    /// A header that the list does not have.
    pub(super) missing: Option<String>,
}

impl Cells {
    /// The cells of a row, in the order of the headers.
    pub(super) fn new(headers: Arc<[String]>, values: Vec<String>) -> Self {
        Self(Arc::new(Row {
            headers,
            values,
            asked: Mutex::default(),
        }))
    }

    /// What a template sees: each header that is a name, and `row`.
    pub(super) fn context(&self) -> Value {
        Value::from_object(Context(Arc::clone(&self.0)))
    }

    /// What was asked for since the last time.
    pub(super) fn asked(&self) -> Asked {
        std::mem::take(&mut *self.0.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The text of the cell at a position.
    pub(super) fn text(&self, position: usize) -> &str {
        &self.0.values[position]
    }
}

impl Row {
    fn cell(&self, header: &str) -> Option<Value> {
        let position = self.headers.iter().position(|one| one == header)?;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !asked.taken.contains(&position) {
            asked.taken.push(position);
        }
        Some(Value::from(self.values[position].as_str()))
    }
}

/// `row`, in a template.
impl Object for Row {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let header = key.as_str()?;
        let found = self.cell(header);
        if found.is_none() {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.missing.get_or_insert_with(|| header.to_owned());
        }
        found
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

/// The top level of a template.
#[derive(Debug)]
struct Context(Arc<Row>);

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            // A column of that name is found in it.
            ROW => Some(Value::from_dyn_object(Arc::clone(&self.0))),
            // What is no column may be a function.
            header => self.0.cell(header),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}
