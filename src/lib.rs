//! esign-copy copies e-signature signing sessions in bulk.
//!
//! The way of a row:
//!
//! ```text
//! manifest ──► ledger.import ──► ledger.claim ──► executor ──► ledger.finish ──► report
//!  a file       rows, validated   pending rows     attempts      outcomes          rendered from the ledger alone
//! ```
//!
//! One direction, no way back. The ledger is the spine: everything before it only adds rows,
//! everything after it only reads them. The modules, in reading order:

#![warn(missing_docs)]

#[cfg(feature = "failpoints")]
mod broken;
pub mod cli;
pub mod executor;
pub mod job;
pub mod ledger;
pub mod manifest;
pub mod report;
pub mod request;
pub mod sandbox;
pub mod support;
pub mod transport;
