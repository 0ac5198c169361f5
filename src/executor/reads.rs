use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::limiter::Lane;
use super::pause::Pause;
use super::tokens::{NoToken, Tokens};
use super::{Limiter, Transport};
use crate::job::{SessionId, TransactionId};
use crate::request::assumptions::{MOST_PAGES, PAGE_SIZE};
use crate::request::{
    Exchange, HttpRequest, SeenSession, Unread, classify_page, classify_session, read_session,
    sessions_of_transaction,
};

/// Reads from the service: GetSession, and look-ups by transaction id. Each takes a token and a
/// slot of the limiter as every request does.
pub(super) struct Reads<T> {
    transport: T,
    limiter: Arc<Limiter>,
    pause: Arc<Pause>,
    tokens: Arc<Tokens<T>>,
    username: Option<String>,
    /// Set once the service says that it knows no such username.
    are_look_ups_off: AtomicBool,
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The sessions that carry the transaction id, each once.
    pub sessions: Vec<SeenSession>,
    /// By how much the service's clock is ahead of ours.
    pub skew: SignedDuration,
}

/// Why a read brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRead {
    /// There was no token to read with.
    NoToken(NoToken),
    /// The answer is none.
    Unread(Unread),
}

impl<T: Transport> Reads<T> {
    pub(super) fn new(
        transport: T,
        limiter: Arc<Limiter>,
        pause: Arc<Pause>,
        tokens: Arc<Tokens<T>>,
        username: Option<String>,
    ) -> Self {
        let are_look_ups_off = AtomicBool::new(username.is_none());
        Self {
            transport,
            limiter,
            pause,
            tokens,
            username,
            are_look_ups_off,
        }
    }

    /// The owner whose sessions are looked up, as long as look-ups are possible.
    pub(super) fn username(&self) -> Option<&str> {
        let are_off = self.are_look_ups_off.load(Ordering::Relaxed);
        self.username.as_deref().filter(|_| !are_off)
    }

    /// No look-up is made any more. Whether any was possible before.
    pub(super) fn turn_look_ups_off(&self) -> bool {
        !self.are_look_ups_off.swap(true, Ordering::Relaxed)
    }

    /// Every session of the owner that carries the transaction id.
    pub(super) async fn look_up(&self, transaction_id: &TransactionId) -> Result<Found, NotRead> {
        let username = self.username.as_deref().unwrap_or_default();
        let mut found = Found {
            sessions: Vec::new(),
            skew: SignedDuration::ZERO,
        };
        for number in 0..MOST_PAGES {
            let build = |token: &SecretString| {
                sessions_of_transaction(username, transaction_id, number, token)
            };
            let exchange = self.send(build).await?;
            let page = classify_page(&exchange, SystemTime::now()).map_err(NotRead::Unread)?;
            found.skew = skew(&exchange);
            let before = found.sessions.len();
            let is_full = page.sessions.len() >= PAGE_SIZE;
            for session in page.sessions {
                if found.sessions.iter().all(|known| known.id != session.id) {
                    found.sessions.push(session);
                }
            }
            // Without a count, a page that is not full is the last one.
            if page
                .total
                .map_or(!is_full, |total| found.sessions.len() >= total)
            {
                return Ok(found);
            }
            // Also where the service counts records instead of pages (esign-api.md 7.2, 24).
            if found.sessions.len() == before {
                break;
            }
        }
        let text = "the answer is not usable: the list is shorter than its TotalCount";
        Err(NotRead::Unread(Unread::NoAnswer(text.into())))
    }

    /// GetSession.
    pub(super) async fn session(&self, id: SessionId) -> Result<SeenSession, NotRead> {
        let exchange = self.send(|token| read_session(id, token)).await?;
        classify_session(&exchange, id, SystemTime::now()).map_err(NotRead::Unread)
    }

    async fn send(
        &self,
        build: impl Fn(&SecretString) -> HttpRequest,
    ) -> Result<Exchange, NotRead> {
        loop {
            self.pause.wait().await;
            let token = self.tokens.take().await.map_err(NotRead::NoToken)?;
            self.limiter.slot(Lane::First).await;
            if self.pause.deadline().is_none() {
                self.limiter.wire().await;
                return Ok(self.transport.send(build(&token)).await);
            }
        }
    }
}

/// By how much the `Date` of an answer is ahead of this machine's clock.
fn skew(exchange: &Exchange) -> SignedDuration {
    let date = exchange
        .as_ref()
        .ok()
        .and_then(|answer| answer.date.as_deref());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let date = date.and_then(|date| Timestamp::try_from(date).ok());
    date.map_or(SignedDuration::ZERO, |date| {
        date.duration_since(Timestamp::now())
    })
}
