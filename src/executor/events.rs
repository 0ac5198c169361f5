//! The events that the executor emits.

use std::sync::Arc;
use std::time::Duration;

use crate::job::{RowId, RowState};

/// A row, with what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRow {
    /// Its identity.
    pub row_id: RowId,
    /// What people call it: `row 17 (ana@example.com)`.
    pub name: String,
}

/// What happens in a run as it goes. Progress and logs are made of these.
#[derive(Debug, Clone)]
pub enum Event {
    /// A row reached an outcome, or gave up for this run.
    Finished {
        /// The row.
        row: NamedRow,
        /// What it became.
        became: RowState,
        /// The service's words or the error; empty for a copy.
        text: String,
    },
    /// A row is tried again.
    Retrying {
        /// The row.
        row: NamedRow,
        /// Why.
        text: String,
    },
    /// A copy of the row may exist; it is looked up.
    Settling {
        /// The row.
        row: NamedRow,
        /// Why nobody knows.
        text: String,
    },
    /// Something about the run that its user should know.
    Notice {
        /// What it is.
        text: String,
    },
    /// The whole run pauses.
    Paused {
        /// For how long from now.
        wait: Duration,
        /// Why.
        text: String,
    },
}

/// Takes events. Called from the executor's tasks, so it must be quick.
pub type Observer = Arc<dyn Fn(Event) + Send + Sync>;
