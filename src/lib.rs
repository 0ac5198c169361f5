#![allow(missing_docs)]
pub mod job;
