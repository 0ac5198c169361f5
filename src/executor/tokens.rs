use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::limiter::Lane;
use super::pause::Pause;
use super::{Limiter, Transport};
use crate::request::{RetryAfter, TokenVerdict, classify_token, session_token};

/// What requests are authorised with. Its parts appear in no log and no debug output.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// The encrypted API key and its salt, from which GetToken makes tokens.
    Key {
        /// The already encrypted key.
        encrypted: SecretString,
        /// The salt that encrypted it.
        salt: SecretString,
    },
    /// A ready token for every call.
    Token(SecretString),
}

/// Gives out tokens: a fresh one for every call, as the service documents, or one that is
/// reused for a while.
pub struct Tokens<T> {
    transport: T,
    limiter: Arc<Limiter>,
    pause: Arc<Pause>,
    credentials: Credentials,
    reuse: Duration,
    kept: Mutex<Option<Kept>>,
    nulls: AtomicU32,
    silences: AtomicU32,
}

struct Kept {
    token: SecretString,
    since: Instant,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoToken {
    /// The service refuses the credentials: the run stops.
    Refused(String),
    /// Asked again and again without a usable answer: the run stops.
    Silent(String),
    /// No connection.
    NotConnected(String),
    /// The service asks to wait.
    NotNow(RetryAfter),
    /// No usable answer this time.
    NoAnswer(String),
}

/// So many null answers in a row refuse the credentials.
const NULLS: u32 = 3;
/// So many calls in a row without a usable answer are enough.
const SILENCES: u32 = 5;

impl<T: Transport> Tokens<T> {
    pub(super) fn new(
        transport: T,
        limiter: Arc<Limiter>,
        pause: Arc<Pause>,
        credentials: Credentials,
        reuse: Duration,
    ) -> Self {
        let (nulls, silences) = (AtomicU32::new(0), AtomicU32::new(0));
        let kept = Mutex::new(None);
        Self {
            transport,
            limiter,
            pause,
            credentials,
            reuse,
            kept,
            nulls,
            silences,
        }
    }

    /// Whether another token can be had after this one was refused.
    pub(super) fn are_renewable(&self) -> bool {
        matches!(self.credentials, Credentials::Key { .. })
    }

    /// The text without anything that authorises: a service may repeat what it was sent.
    pub(super) fn scrub(&self, text: &str, token: Option<&SecretString>) -> String {
        let of_key = match &self.credentials {
            Credentials::Key { encrypted, salt } => [Some(encrypted), Some(salt)],
            Credentials::Token(token) => [Some(token), None],
        };
        let secrets = of_key
            .into_iter()
            .chain([token])
            .flatten()
            .map(ExposeSecret::expose_secret);
        // Something as short as that is no secret, and would tear words apart.
        secrets
            .filter(|secret| secret.len() >= 4)
            .fold(text.to_owned(), |text, secret| {
                if text.contains(secret) {
                    text.replace(secret, "[secret]")
                } else {
                    text
                }
            })
    }

    /// A token for one call.
    pub(super) async fn take(&self) -> Result<SecretString, NoToken> {
        let (encrypted, salt) = match &self.credentials {
            Credentials::Token(token) => return Ok(token.clone()),
            Credentials::Key { encrypted, salt } => (encrypted, salt),
        };
        if self.reuse.is_zero() {
            return self.fetch(encrypted, salt).await;
        }
        // Held across the call, so that many waiters cause one GetToken and not many.
        let mut kept = self.kept.lock().await;
        match &*kept {
            Some(kept) if kept.since.elapsed() < self.reuse => Ok(kept.token.clone()),
            _ => {
                let token = self.fetch(encrypted, salt).await?;
                *kept = Some(Kept {
                    token: token.clone(),
                    since: Instant::now(),
                });
                Ok(token)
            }
        }
    }

    /// Forgets a kept token that the service no longer accepts.
    pub(super) async fn discard(&self) {
        *self.kept.lock().await = None;
    }

    async fn fetch(
        &self,
        encrypted: &SecretString,
        salt: &SecretString,
    ) -> Result<SecretString, NoToken> {
        loop {
            self.pause.wait().await;
            self.limiter.slot(Lane::Second).await;
            if self.pause.deadline().is_some() {
                continue;
            }
            self.limiter.wire().await;
            let exchange = self.transport.send(session_token(encrypted, salt)).await;
            match classify_token(exchange, SystemTime::now()) {
                TokenVerdict::Token(token) => {
                    self.nulls.store(0, Ordering::Relaxed);
                    self.silences.store(0, Ordering::Relaxed);
                    return Ok(token);
                }
                TokenVerdict::Null if count(&self.nulls) >= NULLS => {
                    let text = format!("GetToken was answered null {NULLS} times in a row");
                    return Err(NoToken::Refused(text));
                }
                TokenVerdict::Null => {}
                TokenVerdict::Refused(words) => return Err(NoToken::Refused(words)),
                TokenVerdict::NotNow { wait } => return Err(NoToken::NotNow(wait)),
                TokenVerdict::NotConnected(text) => return Err(NoToken::NotConnected(text)),
                TokenVerdict::NoAnswer(text) if count(&self.silences) >= SILENCES => {
                    return Err(NoToken::Silent(text));
                }
                TokenVerdict::NoAnswer(text) => return Err(NoToken::NoAnswer(text)),
            }
        }
    }
}

fn count(counter: &AtomicU32) -> u32 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}
