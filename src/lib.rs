#![allow(missing_docs)]
pub mod job;
pub mod request;
pub mod support;
