//! How a run gets on: events are counted, and a standing is told as a bar, a line or an object.

mod standing;
mod tally;

pub use standing::Standing;
pub use tally::Progress;
