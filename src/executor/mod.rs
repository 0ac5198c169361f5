//! Jobs become attempts, attempts become outcomes. The executor does no file, terminal, database
//! or environment work: it calls two ports, [`Transport`] and [`Journal`], and tells [`Event`]s.
//!
//! No request leaves before its attempt is committed to the journal. Everything sent goes through
//! one limiter and one pause; every wait runs on the tokio clock.

mod attempt;
mod canary;
mod decide;
mod events;
mod health;
mod limiter;
mod pause;
mod ports;
mod reads;
mod run;
mod settle;
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
pub use ports::{
    AttemptKey, Job, Journal, JournalError, KnownCopy, RowKey, Settled, Trace, Transport,
};
pub use run::{RunEnd, run};
pub use stop::{Signal, Stop, StopSwitch};
pub use tokens::Credentials;

use crate::job::{Ending, RowState};
use crate::request::Unread;
use crate::support::Rate;
use health::Health;
use pause::Pause;
use reads::{NotRead, Reads};
use settle::Proofs;
use tokens::{NoToken, Tokens};

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
    /// Stop once so many rows of this run could not be settled.
    pub max_uncertain: Option<u64>,
    /// The owner whose sessions are looked up.
    pub username: Option<String>,
    /// Whether uncertain rows are looked up. Without a username they can't be.
    pub settles: bool,
    /// How long an absent copy must stay absent before its row may be sent again.
    pub settle_window: Duration,
    /// Whether copies go one at a time until one is copied and read back.
    pub has_canary: bool,
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
    tokens: Arc<Tokens<T>>,
    reads: Reads<T>,
    proofs: Proofs,
    health: Health,
    limits: Limits,
    settles: bool,
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

    /// What a read brings, unless the run stops first: to drop a read does no harm.
    async fn unless_stopped<R>(&self, read: impl Future<Output = R>) -> Option<R> {
        tokio::select! {
            biased;
            () = self.stop.requested() => None,
            read = read => Some(read),
        }
    }

    /// Whether uncertain rows can be looked up, as far as is known.
    fn can_settle(&self) -> bool {
        self.settles && self.reads.username().is_some()
    }

    /// What a read that brought nothing means for the run. Gives the words for it.
    async fn not_read(&self, not_read: NotRead) -> String {
        let text = match not_read {
            NotRead::Unread(unread) => {
                self.unread(&unread).await;
                unread.to_string()
            }
            NotRead::NoToken(no_token) => self.no_token(no_token),
        };
        self.tokens.scrub(&text, None)
    }

    async fn unread(&self, unread: &Unread) {
        match unread {
            Unread::NotConnected(text) => {
                self.not_connected(text);
                self.pause_for(None, &unread.to_string());
                return;
            }
            Unread::NotNow { wait } => self.pause_for(*wait, &unread.to_string()),
            Unread::TokenRefused(_) => self.tokens.discard().await,
            Unread::UsernameNotFound(words) => self.no_look_ups(words),
            Unread::Refused(_) | Unread::NoAnswer(_) => {}
        }
        self.health.connected();
    }

    fn no_look_ups(&self, words: &str) {
        if let Some(username) = self.reads.username() {
            let text = format!(
                "the service knows no {username} ({words}): nothing more is looked up in this \
                 run. --username must be the e-mail address of the sessions' owner"
            );
            if self.reads.turn_look_ups_off() {
                self.tell(Event::Notice { text });
            }
        }
    }

    fn no_token(&self, no_token: NoToken) -> String {
        match no_token {
            NoToken::Refused(words) => {
                let words = self.tokens.scrub(&words, None);
                self.stop.stop(Stop::Credentials(words.clone()));
                words
            }
            NoToken::Silent(text) => {
                self.stop.stop(Stop::Unreachable(text.clone()));
                text
            }
            NoToken::NotConnected(text) => {
                self.not_connected(&text);
                self.pause_for(None, &text);
                text
            }
            NoToken::NotNow(wait) => {
                let text = "the service asked to wait".to_owned();
                self.pause_for(wait, &text);
                text
            }
            NoToken::NoAnswer(text) => {
                self.health.connected();
                text
            }
        }
    }

    /// A row of this run has its outcome.
    fn finished(&self, job: &Job, ending: &Ending) {
        let likeness = attempt::likeness(ending);
        if let Some(stop) = self.health.finished(&ending.row, &likeness) {
            self.stop.stop(stop);
        }
        self.tell_finished(job, ending.row.clone(), ending.text.clone());
    }

    fn tell_finished(&self, job: &Job, row: RowState, text: String) {
        let row_id = job.row_id.clone();
        self.tell(Event::Finished { row_id, row, text });
    }
}
