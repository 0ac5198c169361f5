//! The program is ended at every phase of its work, and at any instant: it goes on from its
//! ledger, and the service has made each copy once. Broken builds show that the judge notices.
//!
//! `ESIGN_COPY_LONG=1` kills at least 300 times. `ESIGN_COPY_SEED` repeats a loop's instants.

#[path = "../judge/mod.rs"]
mod judge;

mod broken;
mod durable;
mod kills;
mod points;
mod release;
