//! What can go wrong, and for which request it does.

pub(super) mod chooser;
mod duration;
pub(super) mod fault;
mod names;
pub(super) mod retry_after;
pub(super) mod rules;
pub(super) mod target;
