use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use super::health::Health;
use super::pause::Pause;
use super::reads::{NotRead, Reads};
use super::tokens::{Credentials, NoToken, Tokens};
use super::{Event, Limiter, LinkSettings, Observer, Stop, StopSwitch, Transport};
use crate::request::{RetryAfter, Unread};
use crate::support::one_line;

/// The way to the service, and what is known of how it is: everything that is sent goes through
/// its limiter and its pause, and every answer is noted here.
pub(super) struct Link<T> {
    pub(super) transport: T,
    pub(super) limiter: Arc<Limiter>,
    pub(super) pause: Arc<Pause>,
    pub(super) tokens: Arc<Tokens<T>>,
    pub(super) reads: Reads<T>,
    pub(super) health: Health,
    pub(super) stop: StopSwitch,
    max_pause: Duration,
    /// Whether it was said that a `Retry-After` can't be read.
    has_warned: AtomicBool,
    observer: Observer,
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
        let pause = Arc::new(Pause::default());
        let tokens = Arc::new(Tokens::new(
            transport.clone(),
            Arc::clone(&limiter),
            Arc::clone(&pause),
            credentials,
            settings.token_reuse,
        ));
        let reads = Reads::new(
            transport.clone(),
            Arc::clone(&limiter),
            Arc::clone(&pause),
            Arc::clone(&tokens),
            settings.username.clone(),
        );
        Self {
            transport,
            limiter,
            pause,
            tokens,
            reads,
            health,
            stop,
            max_pause: settings.max_pause,
            has_warned: AtomicBool::new(false),
            observer,
        }
    }

    pub(super) fn tell(&self, event: Event) {
        (self.observer)(event);
    }

    /// Pauses the whole run, or stops it where the service asks for more than is allowed.
    pub(super) fn pause_for(&self, wait: &RetryAfter, text: &str) {
        let until = match wait {
            RetryAfter::Wait(wait) if *wait > self.max_pause => {
                let wait =
                    jiff::SignedDuration::try_from(*wait).unwrap_or(jiff::SignedDuration::MAX);
                let until = Timestamp::now().checked_add(wait).unwrap_or(Timestamp::MAX);
                self.stop.stop(Stop::ComeBack(until));
                return;
            }
            RetryAfter::Wait(wait) => self.pause.obey(*wait),
            RetryAfter::Unsaid => self.pause.back_off(self.health.patience()),
            RetryAfter::Unreadable(value) => {
                self.warn_of_retry_after(value);
                self.pause.back_off(self.health.patience())
            }
        };
        let wait = until.saturating_duration_since(tokio::time::Instant::now());
        self.tell(Event::Paused {
            wait,
            text: text.to_owned(),
        });
    }

    /// Said once: a service that writes it one way goes on to.
    fn warn_of_retry_after(&self, value: &str) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            let text = format!(
                "the service asks to wait, but its Retry-After can't be read: '{}'. Pauses grow \
                 from half a second instead",
                one_line(value, 100)
            );
            self.tell(Event::Notice { text });
        }
    }

    pub(super) fn not_connected(&self, text: &str) {
        if let Some(stop) = self.health.not_connected(text) {
            self.stop.stop(stop);
        }
    }

    /// What a read brings, unless the run stops first: to drop a read does no harm.
    pub(super) async fn unless_stopped<R>(&self, read: impl Future<Output = R>) -> Option<R> {
        tokio::select! {
            biased;
            () = self.stop.requested() => None,
            read = read => Some(read),
        }
    }

    /// What a read that brought nothing means for the run. Gives the words for it.
    pub(super) async fn not_read(&self, not_read: NotRead) -> String {
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
                self.pause_for(&RetryAfter::Unsaid, &unread.to_string());
                return;
            }
            Unread::NotNow { wait } => self.pause_for(wait, &unread.to_string()),
            // A ready token has no successor.
            Unread::TokenRefused(words) if !self.tokens.are_renewable() => {
                let words = self.tokens.scrub(words, None);
                self.stop.stop(Stop::Credentials(words));
            }
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
                self.pause_for(&RetryAfter::Unsaid, &text);
                text
            }
            NoToken::NotNow(wait) => {
                let text = "the service asked to wait".to_owned();
                self.pause_for(&wait, &text);
                text
            }
            NoToken::NoAnswer(text) => {
                self.health.connected();
                text
            }
        }
    }
}
