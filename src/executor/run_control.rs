//! What controls a run: its pause, its stop, and how the service is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::health::Health;
use super::pause::Pause;
use super::secrets::Secrets;
use super::{Event, Observer, Stop, StopSwitch};
use crate::request::RetryAfter;
use crate::support::one_line;

/// How the service is, as far as is known, and what that means for the run: it pauses, or stops.
pub(super) struct RunControl {
    pub(super) pause: Pause,
    pub(super) health: Health,
    pub(super) switch: StopSwitch,
    max_pause: Duration,
    /// Whether it was said that a `Retry-After` can't be read.
    has_warned: AtomicBool,
    /// What authorises requests, to be taken out of what the service says.
    pub(super) secrets: Secrets,
    observer: Observer,
}

impl RunControl {
    pub(super) fn new(
        health: Health,
        max_pause: Duration,
        switch: StopSwitch,
        secrets: Secrets,
        observer: Observer,
    ) -> Arc<Self> {
        Arc::new(Self {
            pause: Pause::default(),
            health,
            switch,
            max_pause,
            has_warned: AtomicBool::new(false),
            secrets,
            observer,
        })
    }

    /// Stops the run.
    pub(super) fn stop(&self, stop: Stop) {
        self.switch.stop(stop);
    }

    /// Stops the run if there is a reason.
    pub(super) fn stop_if(&self, stop: Option<Stop>) {
        if let Some(stop) = stop {
            self.stop(stop);
        }
    }

    pub(super) fn emit(&self, event: Event) {
        (self.observer)(self.secrets.scrub_event(event));
    }

    /// Pauses the whole run, or stops it where the service asks for more than is allowed.
    pub(super) fn pause_for(&self, wait: &RetryAfter, text: &str) {
        let until = match wait {
            RetryAfter::Wait(wait) if *wait > self.max_pause => {
                let wait = SignedDuration::try_from(*wait).unwrap_or(SignedDuration::MAX);
                let until = Timestamp::now().checked_add(wait).unwrap_or(Timestamp::MAX);
                self.stop(Stop::ComeBack(until));
                return;
            }
            // No wait at all would use up every row's attempts in an instant.
            RetryAfter::Wait(Duration::ZERO) => self.pause.back_off(self.health.patience()),
            RetryAfter::Wait(wait) => self.pause.pause_for(*wait),
            RetryAfter::Unsaid => self.pause.back_off(self.health.patience()),
            RetryAfter::Unreadable(value) => {
                self.warn_of_retry_after(value);
                self.pause.back_off(self.health.patience())
            }
        };
        let until = self.pause.deadline().unwrap_or(until);
        self.emit(Event::Paused {
            wait: until.saturating_duration_since(Instant::now()),
            text: text.to_owned(),
        });
    }

    /// Said once: a service that writes it one way goes on to.
    fn warn_of_retry_after(&self, value: &str) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            let text = format!(
                "the service asks us to wait, but its Retry-After can't be read: '{}'. The run pauses for \
                 half a second, then longer each time",
                one_line(value, 100)
            );
            self.emit(Event::Notice { text });
        }
    }

    pub(super) fn not_connected(&self, text: &str) {
        self.stop_if(self.health.not_connected(text));
    }

    /// There is no token now: the run pauses, until that has lasted too long.
    pub(super) fn no_token(&self, wait: &RetryAfter, text: &str) {
        match self.health.no_token(text) {
            Some(stop) => self.stop(stop),
            None => {
                // Nothing counts these calls: where no wait is asked for, or none that is one, there
                // is one all the same.
                self.pause.back_off(self.health.patience());
                self.pause_for(wait, text);
            }
        }
    }

    /// What a read brings, unless the run stops first: to drop a read does no harm.
    pub(super) async fn unless_stopped<R>(&self, read: impl Future<Output = R>) -> Option<R> {
        tokio::select! {
            biased;
            () = self.switch.reads_end() => None,
            read = read => Some(read),
        }
    }
}
