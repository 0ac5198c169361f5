//! Jobs become attempts, attempts become outcomes. The executor does no file, terminal, database
//! or environment work: it calls two ports, [`Transport`] and [`Journal`], and tells [`Event`]s.
//!
//! No request leaves before its attempt is committed to the journal. Everything sent goes through
//! one limiter and one pause; every wait runs on the tokio clock.

mod attempt;
mod decide;
mod events;
mod health;
mod limiter;
mod pause;
mod ports;
mod run;
mod stop;
mod tokens;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

pub use decide::Limits;
pub use events::{Event, Observer};
pub use health::MaxFailures;
pub use limiter::Limiter;
pub use ports::{AttemptKey, Job, Journal, JournalError, RowKey, Transport};
pub use run::{RunEnd, run};
pub use stop::{Signal, Stop, StopSwitch};
pub use tokens::Credentials;

use crate::job::Ending;
use crate::support::Rate;
use health::Health;
use pause::Pause;
use tokens::Tokens;

/// How a run goes about its rows.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// Ceiling on all requests.
    pub rate: Rate,
    /// Requests in flight.
    pub concurrency: usize,
    /// Tries of one row in this run.
    pub max_attempts: u32,
    /// The longest `Retry-After` obeyed.
    pub max_pause: Duration,
    /// When to give up.
    pub max_failures: MaxFailures,
    /// Stop once so many rows of this run are uncertain.
    pub max_uncertain: Option<u64>,
    /// At most so many rows are sent.
    pub limit: Option<u64>,
    /// How long a token is reused; zero asks for a fresh one for every call.
    pub token_reuse: Duration,
    /// On a signal: how long requests in flight may still finish.
    pub grace: Duration,
}

/// What every task of a run has in common.
struct Shared<T, J> {
    transport: T,
    journal: J,
    limiter: Arc<Limiter>,
    pause: Arc<Pause>,
    tokens: Tokens<T>,
    health: Health,
    limits: Limits,
    max_pause: Duration,
    stop: StopSwitch,
    observer: Observer,
}

impl<T: Transport, J: Journal> Shared<T, J> {
    fn tell(&self, event: Event) {
        (self.observer)(event);
    }

    /// Pauses the whole run, or stops it where the service asks for more than is allowed.
    fn pause_for(&self, wait: Option<Duration>, text: &str) {
        let until = match wait {
            Some(wait) if wait > self.max_pause => {
                let wait =
                    jiff::SignedDuration::try_from(wait).unwrap_or(jiff::SignedDuration::MAX);
                let until = Timestamp::now().checked_add(wait).unwrap_or(Timestamp::MAX);
                self.stop.stop(Stop::ComeBack(until));
                return;
            }
            Some(wait) => self.pause.obey(wait),
            None => self.pause.back_off(),
        };
        let wait = until.saturating_duration_since(tokio::time::Instant::now());
        self.tell(Event::Paused {
            wait,
            text: text.to_owned(),
        });
    }

    fn not_connected(&self, text: &str) {
        if let Some(stop) = self.health.not_connected(text) {
            self.stop.stop(stop);
        }
    }

    fn finished(&self, job: Job, ending: &Ending) {
        if let Some(stop) = self
            .health
            .finished(&ending.row, &attempt::likeness(ending))
        {
            self.stop.stop(stop);
        }
        let (row, text) = (ending.row.clone(), ending.text.clone());
        self.tell(Event::Finished {
            row_id: job.row_id,
            row,
            text,
        });
    }
}
