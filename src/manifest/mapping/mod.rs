//! A list with any columns becomes a manifest: a mapping file ([`Mapping`]) has a template or a constant for
//! each known column, and fills it from the list's own cells.

mod cells;
mod file;
mod list_mapping;
mod list_problems;
mod mapped_column;
mod template;
#[cfg(test)]
mod tests;

pub use file::{Mapping, MappingError};
pub(super) use list_mapping::is_taken_in_report;
pub use list_mapping::{FilledCell, ListMapping, list_header};
