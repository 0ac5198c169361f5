//! What the columns of any list probably are ([`ListFacts`]), and the mapping file that says so with its reasons
//! ([`draft_mapping`]). Pure: nothing here reads a file.

mod column_facts;
mod draft;
mod draft_signers;
mod draft_text;
mod expression;
mod header_words;
mod key_check;
mod key_names;
mod keys;
mod list_facts;
mod name_cells;
mod role_words;
mod signers;
mod source_session;
#[cfg(test)]
mod tests;

pub use draft::{DraftNames, MappingDraft, draft_mapping};
pub use list_facts::ListFacts;
pub use source_session::{SourceSession, SourceSigner};
