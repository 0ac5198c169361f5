#![allow(missing_docs)]
pub mod executor;
pub mod job;
pub mod ledger;
pub mod manifest;
pub mod request;
pub mod support;
pub mod transport;
