//! How a run gets on: events are tallied, and a snapshot is shown as a bar, a line or an object.

mod event_message;
mod reporter;
mod snapshot;
mod step_progress;
mod tally;

pub use reporter::ProgressReporter;
pub use step_progress::StepProgress;
