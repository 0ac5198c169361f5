//! Jobs become attempts, attempts become outcomes. The executor does no file, terminal, database
//! or environment work: it calls two ports, [`Transport`] and [`Journal`], and emits [`Event`]s.
//!
//! No request leaves before its attempt is committed to the journal. Everything sent goes through
//! one limiter and one pause; every wait runs on the tokio clock.

mod attempt;
mod audit;
mod canary;
mod compare_copy;
mod decide;
mod events;
mod health;
mod limiter;
mod null_answers;
mod pause;
mod ports;
mod read_with_retries;
mod reads;
mod run;
mod run_context;
mod run_control;
mod secrets;
mod sender;
mod service_client;
mod settings;
mod settle;
mod sources;
mod stop;
mod tokens;
mod unsendable;

#[cfg(test)]
mod tests;

pub use audit::{AuditRow, Difference, TransactionRows, audit};
pub use decide::Limits;
pub use events::{Event, NamedRow, Observer};
pub use health::MaxFailures;
pub use limiter::Limiter;
pub use ports::{
    AttemptEnd, AttemptKey, AttemptStart, InvalidRow, Job, Journal, JournalError, KnownCopy,
    ManifestPresence, RowKey, SendHistory, Settlement, Transport, UncertainJob,
};
pub use run::{RunEnd, run};
pub use settings::{ClientSettings, RunSettings};
pub use sources::{misfits, read_sources};
pub use stop::{Signal, Stop, StopSwitch};
pub use tokens::Credentials;
