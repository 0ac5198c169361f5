//! `check`: what `run` or `retry` would do; nothing is sent.

mod estimate;
mod example;
mod json;
mod manifest;
mod online;
mod rehearsal;
mod report;
mod request_bodies;
mod temporary_ledger;

pub use json::refused as refused_check;
pub use manifest::check_manifest;
pub use report::check_report;
