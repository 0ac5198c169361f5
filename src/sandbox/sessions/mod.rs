//! The sessions that the service has, kept in a file so that a rehearsal of any size fits into
//! memory.

pub(super) mod record_file;
pub(super) mod session;
pub(super) mod state_file;
pub(super) mod store;
