//! How a run gets on: events are tallied, and a snapshot is shown as a bar, a line or an object.

mod event_message;
mod reporter;
mod snapshot;
mod tally;

pub use reporter::ProgressReporter;
