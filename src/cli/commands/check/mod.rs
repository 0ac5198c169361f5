//! `check`: what `run` or `retry` would do; nothing is sent.

mod estimate;
pub mod manifest;
mod online;
mod report;
mod request_bodies;
mod temporary_ledger;
