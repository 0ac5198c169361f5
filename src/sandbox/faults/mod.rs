//! What goes wrong, and when: the faults by name, the rules that choose them, the choice itself.

pub(super) mod chooser;
pub(super) mod fault;
pub(super) mod parameters;
pub(super) mod rules;
pub(super) mod target;
