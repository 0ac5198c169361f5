//! The thread that owns the ledger during a run, the executor's way to it, and the statements that it
//! gives.

mod attempts;
mod claims;
mod command;
mod handle;
mod proofs;
mod settling;
mod thread;
mod unrecorded;

pub(super) use attempts::{RUN_DIED, interrupt};
pub(super) use claims::planned;
pub use handle::WriterHandle;
pub(super) use settling::settle;
pub use thread::Writer;
