//! Jobs become attempts, attempts become outcomes. The executor does no file, terminal, database
//! or environment work: it calls two ports, [`Transport`] and [`Journal`], and emits [`Event`]s.
//!
//! No request leaves before its attempt is committed to the journal. Everything sent goes through
//! one limiter and one pause; every wait runs on the tokio clock.

mod attempt;
mod audit;
mod canary;
mod compare;
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
mod run_control;
mod secrets;
mod service_client;
mod settle;
mod sources;
mod stop;
mod tokens;
mod unsendable;

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::civil::Date;

pub use audit::{AuditRow, Difference, Transaction, audit};
pub use decide::Limits;
pub use events::{Event, Observer};
pub use health::MaxFailures;
pub use limiter::Limiter;
pub use ports::{
    AttemptEnd, AttemptKey, AttemptStart, InvalidRow, Job, Journal, JournalError, KnownCopy,
    ManifestPresence, RowKey, SendHistory, Settlement, Transport, UncertainJob,
};
pub use run::{RunEnd, run};
pub use sources::{misfits, read_sources};
pub use stop::{Signal, Stop, StopSwitch};
pub use tokens::Credentials;

use crate::job::{Ending, RowId, RowState};
use crate::support::Rate;
use service_client::ServiceClient;
use settle::Proofs;

/// How requests go to the service.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Ceiling on all requests.
    pub rate: Rate,
    /// Requests in flight.
    pub concurrency: usize,
    /// The longest `Retry-After` obeyed.
    pub max_pause: Duration,
    /// How long a token is reused; zero asks for a fresh one for every call.
    pub token_reuse: Duration,
    /// The owner whose sessions are looked up.
    pub username: Option<String>,
}

/// How a run goes about its rows.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// How its requests go.
    pub client: ClientSettings,
    /// Tries of one row in this run.
    pub max_attempts: u32,
    /// When to give up.
    pub max_failures: MaxFailures,
    /// Stop once so many rows of this run could not be settled.
    pub max_uncertain: Option<u64>,
    /// Whether uncertain rows are looked up. Without a username they can't be.
    pub settles: bool,
    /// How long an absent copy must stay absent before its row may be sent again.
    pub settle_window: Duration,
    /// Whether copies go one at a time until one is copied and read back.
    pub has_canary: bool,
    /// At most so many rows are sent.
    pub limit: Option<u64>,
    /// On a signal: how long requests in flight may still finish.
    pub grace: Duration,
    /// The day, in UTC.
    pub today: fn() -> Date,
}

/// What every task of a run has in common.
struct RunContext<T, J> {
    service: ServiceClient<T>,
    journal: J,
    proofs: Proofs,
    limits: Limits,
    settles: bool,
    today: fn() -> Date,
}

impl<T: Transport, J: Journal> RunContext<T, J> {
    /// Whether uncertain rows can be looked up, as far as is known.
    fn can_settle(&self) -> bool {
        self.settles && self.service.reads.username().is_some()
    }

    /// A row of this run has its outcome.
    fn finished(&self, job: &Job, ending: &Ending) {
        let likeness = attempt::likeness(ending);
        if let Some(stop) = self.service.control.health.finished(&ending.row, &likeness) {
            self.service.control.stop.stop(stop);
        }
        let row_id = job.row_id.clone();
        self.emit_finished(row_id, ending.row.clone(), ending.text.clone());
    }

    fn emit_finished(&self, row_id: RowId, row: RowState, text: String) {
        self.service.emit(Event::Finished { row_id, row, text });
    }
}
