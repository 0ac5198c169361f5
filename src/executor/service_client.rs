//! The one client of the service: what is sent goes out here, and what comes back is noted here.

use std::sync::Arc;

use super::health::Health;
use super::reads::Reads;
use super::run_control::RunControl;
use super::secrets::Secrets;
use super::sender::Sender;
use super::tokens::{Credentials, Tokens};
use super::{ClientSettings, Event, Limiter, Observer, Stop, StopSwitch, Transport};
use crate::request::{ReadError, RetryAfter};

/// The one client of the service: sender, tokens and reads, with the control of the run.
pub(super) struct ServiceClient<T> {
    pub(super) sender: Sender<T>,
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
        switch: StopSwitch,
        observer: Observer,
    ) -> Self {
        let secrets = Secrets::of(&credentials);
        let control = RunControl::new(health, settings.max_pause, switch, secrets, observer);
        let sender = Sender::new(transport, Limiter::new(settings.rate), &control);
        let reuse = settings.token_reuse;
        let tokens = Tokens::new(sender.clone(), Arc::clone(&control), credentials, reuse);
        let tokens = Arc::new(tokens);
        let reads = Reads::new(
            sender.clone(),
            Arc::clone(&control),
            Arc::clone(&tokens),
            settings.username.clone(),
        );
        Self {
            sender,
            control,
            tokens,
            reads,
        }
    }

    /// What a read that brought nothing means for the run. Gives the words for it.
    pub(super) fn note_read_error(&self, error: &ReadError) -> String {
        let text = error.to_string();
        match error {
            ReadError::NotConnected(reason) => {
                self.control.not_connected(reason);
                self.control.pause_for(&RetryAfter::Unsaid, &text);
                return text;
            }
            ReadError::NotTrusted(reason) => {
                self.control.stop(Stop::NotTrusted(reason.clone()));
                return text;
            }
            ReadError::NotNow { wait } => self.control.pause_for(wait, &text),
            // A ready token has no successor.
            ReadError::TokenRefused(words) if !self.tokens.are_renewable() => {
                self.control.stop(Stop::Credentials(words.clone()));
            }
            ReadError::UsernameNotFound(words) => self.turn_look_ups_off(words),
            ReadError::TokenRefused(_) | ReadError::Refused(_) | ReadError::NoAnswer(_) => {}
        }
        self.control.health.record_answer();
        text
    }

    fn turn_look_ups_off(&self, words: &str) {
        if let Some(username) = self.reads.username() {
            let text = format!(
                "the service does not know {username} ({words}), so nothing more is looked up in this \
                 run. --username must be the e-mail address of the sessions' owner"
            );
            if self.reads.turn_look_ups_off() {
                self.control.emit(Event::Notice { text });
            }
        }
    }
}
