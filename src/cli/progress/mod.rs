//! How a run gets on: events are counted, and a snapshot is told as a bar, a line or an object.

mod snapshot;
mod tally;

pub use snapshot::ProgressSnapshot;
pub use tally::ProgressReporter;
