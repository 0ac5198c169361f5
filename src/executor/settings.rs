//! How a run goes about its rows, and its requests.

use std::time::Duration;

use jiff::civil::Date;

use super::MaxFailures;
use crate::support::Rate;

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
