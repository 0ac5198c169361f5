//! The one way to the service: limiter, pause and transport.

use std::sync::Arc;

use super::health::Health;
use super::reads::Reads;
use super::run_control::RunControl;
use super::secrets::Secrets;
use super::tokens::{Credentials, Tokens};
use super::{ClientSettings, Event, Limiter, Observer, Stop, StopSwitch, Transport};
use crate::request::{ReadError, RetryAfter};

/// The way to the service: everything that is sent goes through its limiter and the run's pause,
/// and every answer is noted here.
pub(super) struct ServiceClient<T> {
    pub(super) transport: T,
    pub(super) limiter: Arc<Limiter>,
    pub(super) control: Arc<RunControl>,
    pub(super) tokens: Arc<Tokens<T>>,
    pub(super) reads: Reads<T>,
}

impl<T: Transport> ServiceClient<T> {
    pub(super) fn new(
        transport: T,
        credentials: Credentials,
        settings: &ClientSettings,
        health: Health,
        stop: StopSwitch,
        observer: Observer,
    ) -> Self {
        let limiter = Arc::new(Limiter::new(settings.rate));
        let secrets = Arc::new(Secrets::of(&credentials));
        let known = Arc::clone(&secrets);
        let control = RunControl::new(health, settings.max_pause, stop, known, observer);
        let tokens = Arc::new(Tokens::new(
            transport.clone(),
            Arc::clone(&limiter),
            Arc::clone(&control),
            secrets,
            credentials,
            settings.token_reuse,
        ));
        let reads = Reads::new(
            transport.clone(),
            Arc::clone(&limiter),
            Arc::clone(&control),
            Arc::clone(&tokens),
            settings.username.clone(),
        );
        Self {
            transport,
            limiter,
            control,
            tokens,
            reads,
        }
    }

    pub(super) fn emit(&self, event: Event) {
        self.control.emit(event);
    }

    /// What a read that brought nothing means for the run. Gives the words for it.
    pub(super) fn note_read_error(&self, unread: &ReadError) -> String {
        let text = unread.to_string();
        match unread {
            ReadError::NotConnected(reason) => {
                self.control.not_connected(reason);
                self.control.pause_for(&RetryAfter::Unsaid, &text);
                return text;
            }
            ReadError::NotTrusted(reason) => {
                self.control.stop.stop(Stop::NotTrusted(reason.clone()));
                return text;
            }
            ReadError::NotNow { wait } => self.control.pause_for(wait, &text),
            // A ready token has no successor.
            ReadError::TokenRefused(words) if !self.tokens.are_renewable() => {
                self.control.stop.stop(Stop::Credentials(words.clone()));
            }
            ReadError::UsernameNotFound(words) => self.turn_look_ups_off(words),
            ReadError::TokenRefused(_) | ReadError::Refused(_) | ReadError::NoAnswer(_) => {}
        }
        self.control.health.connected();
        text
    }

    fn turn_look_ups_off(&self, words: &str) {
        if let Some(username) = self.reads.username() {
            let text = format!(
                "the service knows no {username} ({words}): nothing more is looked up in this \
                 run. --username must be the e-mail address of the sessions' owner"
            );
            if self.reads.turn_look_ups_off() {
                self.emit(Event::Notice { text });
            }
        }
    }
}
