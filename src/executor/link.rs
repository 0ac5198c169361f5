//! The one way to the service: limiter, pause and transport.

use std::sync::Arc;

use super::contact::Contact;
use super::health::Health;
use super::reads::Reads;
use super::secrets::Secrets;
use super::tokens::{Credentials, Tokens};
use super::{Event, Limiter, LinkSettings, Observer, Stop, StopSwitch, Transport};
use crate::request::{RetryAfter, Unread};

/// The way to the service: everything that is sent goes through its limiter and the run's pause,
/// and every answer is noted here.
pub(super) struct Link<T> {
    pub(super) transport: T,
    pub(super) limiter: Arc<Limiter>,
    pub(super) contact: Arc<Contact>,
    pub(super) tokens: Arc<Tokens<T>>,
    pub(super) reads: Reads<T>,
}

impl<T: Transport> Link<T> {
    pub(super) fn new(
        transport: T,
        credentials: Credentials,
        settings: &LinkSettings,
        health: Health,
        stop: StopSwitch,
        observer: Observer,
    ) -> Self {
        let limiter = Arc::new(Limiter::new(settings.rate));
        let secrets = Arc::new(Secrets::of(&credentials));
        let known = Arc::clone(&secrets);
        let contact = Contact::new(health, settings.max_pause, stop, known, observer);
        let tokens = Arc::new(Tokens::new(
            transport.clone(),
            Arc::clone(&limiter),
            Arc::clone(&contact),
            secrets,
            credentials,
            settings.token_reuse,
        ));
        let reads = Reads::new(
            transport.clone(),
            Arc::clone(&limiter),
            Arc::clone(&contact),
            Arc::clone(&tokens),
            settings.username.clone(),
        );
        Self {
            transport,
            limiter,
            contact,
            tokens,
            reads,
        }
    }

    pub(super) fn tell(&self, event: Event) {
        self.contact.tell(event);
    }

    /// What a read that brought nothing means for the run. Gives the words for it.
    pub(super) fn unread(&self, unread: &Unread) -> String {
        let text = unread.to_string();
        match unread {
            Unread::NotConnected(reason) => {
                self.contact.not_connected(reason);
                self.contact.pause_for(&RetryAfter::Unsaid, &text);
                return text;
            }
            Unread::NotTrusted(reason) => {
                self.contact.stop.stop(Stop::NotTrusted(reason.clone()));
                return text;
            }
            Unread::NotNow { wait } => self.contact.pause_for(wait, &text),
            // A ready token has no successor.
            Unread::TokenRefused(words) if !self.tokens.are_renewable() => {
                self.contact.stop.stop(Stop::Credentials(words.clone()));
            }
            Unread::UsernameNotFound(words) => self.no_look_ups(words),
            Unread::TokenRefused(_) | Unread::Refused(_) | Unread::NoAnswer(_) => {}
        }
        self.contact.health.connected();
        text
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
}
