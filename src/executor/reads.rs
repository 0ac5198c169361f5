//! Reads from the service: GetSession and look-ups.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::limiter::Priority;
use super::run_control::RunControl;
use super::sender::Sender;
use super::tokens::{CredentialsRefused, Token, Tokens};
use super::{Stop, Transport};
use crate::job::{SessionId, TransactionId};
use crate::request::assumptions::{MOST_PAGES, PAGE_SIZE};
use crate::request::{
    Exchange, HttpRequest, ReadError, RemoteSession, classify_page, classify_session, read_session,
    sessions_of_transaction,
};

/// Reads from the service: GetSession, and look-ups by transaction id. Each takes a token and a
/// slot of the limiter as every request does.
pub(super) struct Reads<T> {
    sender: Sender<T>,
    control: Arc<RunControl>,
    tokens: Arc<Tokens<T>>,
    username: Option<String>,
    /// Set once the service says that it knows no such username.
    are_look_ups_off: AtomicBool,
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The sessions that carry the transaction id, each once.
    pub sessions: Vec<RemoteSession>,
    /// By how much the service's clock is ahead of ours.
    pub skew: SignedDuration,
}

impl<T: Transport> Reads<T> {
    pub(super) fn new(
        sender: Sender<T>,
        control: Arc<RunControl>,
        tokens: Arc<Tokens<T>>,
        username: Option<String>,
    ) -> Self {
        let are_look_ups_off = AtomicBool::new(username.is_none());
        Self {
            sender,
            control,
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
    pub(super) async fn look_up(&self, transaction_id: &TransactionId) -> Result<Found, ReadError> {
        let username = self.username.as_deref().unwrap_or_default();
        let mut found = Found {
            sessions: Vec::new(),
            skew: SignedDuration::ZERO,
        };
        for number in 0..MOST_PAGES {
            let build = |token: &SecretString| {
                sessions_of_transaction(username, transaction_id, number, token)
            };
            let judge = |exchange: &Exchange| {
                let page = classify_page(exchange, SystemTime::now())?;
                Ok((page, skew(exchange)))
            };
            let (page, skew) = self.read(build, judge).await?;
            found.skew = skew;
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
            // Also where the service counts records instead of pages (`docs/service.md`, #24).
            if found.sessions.len() == before {
                break;
            }
        }
        let text = "the answer is not usable: the list is shorter than its TotalCount";
        Err(ReadError::NoAnswer(text.into()))
    }

    /// GetSession.
    pub(super) async fn session(&self, id: SessionId) -> Result<RemoteSession, ReadError> {
        let judge = |exchange: &Exchange| classify_session(exchange, id, SystemTime::now());
        self.read(|token| read_session(id, token), judge).await
    }

    /// GetSession with a token that is in hand already.
    pub(super) async fn session_with(&self, token: &Token, id: SessionId) -> Exchange {
        self.sender.slot(Priority::First).await;
        self.sender.send(read_session(id, token.secret())).await
    }

    /// Reads, notes what the answer shows of the token, and takes the token out of its words.
    async fn read<R>(
        &self,
        build: impl Fn(&SecretString) -> HttpRequest,
        judge: impl Fn(&Exchange) -> Result<R, ReadError>,
    ) -> Result<R, ReadError> {
        let token = match self.tokens.take_with_slot(false).await {
            Ok(token) => token,
            Err(CredentialsRefused(words)) => {
                self.control.stop(Stop::Credentials(words.clone()));
                return Err(ReadError::NoAnswer(words));
            }
        };
        let exchange = self.sender.send(build(token.secret())).await;
        let judged = judge(&exchange);
        match &judged {
            Ok(_) | Err(ReadError::Refused(_) | ReadError::UsernameNotFound(_)) => token.accept(),
            Err(ReadError::TokenRefused(_)) => token.refuse(),
            Err(
                ReadError::NotNow { .. }
                | ReadError::NotConnected(_)
                | ReadError::NotTrusted(_)
                | ReadError::NoAnswer(_),
            ) => {}
        }
        judged.map_err(|error| error.map_text(|text| self.tokens.scrub(text)))
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
