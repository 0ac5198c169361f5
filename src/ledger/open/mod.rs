//! A ledger's file: begun aside and put in its place, opened, looked at before it is trusted, set
//! aside.

mod connection;
mod files;
mod ledger;
mod schema;
mod sql_functions;
mod upgrade;

pub(super) use connection::{
    copy, fact, open_other, open_to_read, open_unchecked, require_endpoint,
};
pub(super) use files::{all_files, is_set_aside};
pub use files::{is_ledger, rescued_beside};
pub use ledger::{Ledger, LedgerFacts, set_aside};
