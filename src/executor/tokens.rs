//! Credentials, and the tokens that they are exchanged for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex};
use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::limiter::Priority;
use super::run_control::RunControl;
use super::sender::Sender;
use super::{Stop, Transport};
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

/// A token, and what the calls made with it have shown.
#[derive(Clone)]
pub(super) struct Token {
    secret: SecretString,
    shown: Arc<TokenUse>,
}

#[derive(Default)]
struct TokenUse {
    is_accepted: AtomicBool,
    is_refused: AtomicBool,
}

/// Gives out tokens: a fresh one for every call, as the service documents, or one that is
/// reused for a while.
pub struct Tokens<T> {
    sender: Sender<T>,
    control: Arc<RunControl>,
    source: Source,
    reuse: Duration,
    kept: Mutex<Option<Kept>>,
    failed_calls: StdMutex<FailedCalls>,
}

enum Source {
    Key {
        encrypted: SecretString,
        salt: SecretString,
    },
    Ready(Token),
}

struct Kept {
    token: Token,
    since: Instant,
}

/// What token calls have met since the last token.
#[derive(Default)]
struct FailedCalls {
    nulls: u32,
    /// Changes with what is counted: a call that was out meanwhile tells nothing new.
    epoch: u64,
    text: String,
}

/// The service refuses the credentials, in these words: the run stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialsRefused(pub(super) String);

/// So many null answers refuse the credentials.
const NULLS: u32 = 3;

impl Token {
    fn new(secret: SecretString) -> Self {
        let shown = Arc::default();
        Self { secret, shown }
    }

    /// As it stands in a request.
    pub(super) fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// The service took a call with it.
    pub(super) fn accept(&self) {
        self.shown.is_accepted.store(true, Ordering::Relaxed);
    }

    /// Whether the service took a call with it.
    pub(super) fn is_accepted(&self) -> bool {
        self.shown.is_accepted.load(Ordering::Relaxed)
    }

    /// The service takes it no longer: it is not given out again.
    pub(super) fn refuse(&self) {
        self.shown.is_refused.store(true, Ordering::Relaxed);
    }

    fn is_refused(&self) -> bool {
        self.shown.is_refused.load(Ordering::Relaxed)
    }
}

impl<T: Transport> Tokens<T> {
    pub(super) fn new(
        sender: Sender<T>,
        control: Arc<RunControl>,
        credentials: Credentials,
        reuse: Duration,
    ) -> Self {
        let source = match credentials {
            Credentials::Key { encrypted, salt } => Source::Key { encrypted, salt },
            Credentials::Token(token) => Source::Ready(Token::new(token)),
        };
        Self {
            sender,
            control,
            source,
            reuse,
            kept: Mutex::new(None),
            failed_calls: StdMutex::default(),
        }
    }

    /// Whether another token can be had after this one was refused.
    pub(super) fn are_renewable(&self) -> bool {
        matches!(self.source, Source::Key { .. })
    }

    /// The text without anything that authorises: a service may repeat what it was sent.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.control.secrets.scrub(text)
    }

    /// Why there has been no token, since the last one; empty if nothing went wrong.
    pub(super) fn why_no_token(&self) -> String {
        self.failed_calls
            .lock()
            .expect("no holder panics")
            .text
            .clone()
    }

    /// A token for one call, however long that takes: until the run stops. One that is fresh was
    /// never used before.
    pub(super) async fn take(&self, is_fresh: bool) -> Result<Token, CredentialsRefused> {
        let (encrypted, salt) = match &self.source {
            Source::Ready(token) => return Ok(token.clone()),
            Source::Key { encrypted, salt } => (encrypted, salt),
        };
        if self.reuse.is_zero() {
            return self.fetch(encrypted, salt).await;
        }
        // Held across the call, so that many waiters cause one GetToken and not many.
        let mut kept = self.kept.lock().await;
        let may_serve =
            |kept: &&Kept| kept.since.elapsed() < self.reuse && !kept.token.is_refused();
        if let Some(kept) = kept.as_ref().filter(may_serve)
            && !is_fresh
        {
            return Ok(kept.token.clone());
        }
        let token = self.fetch(encrypted, salt).await?;
        *kept = Some(Kept {
            token: token.clone(),
            since: Instant::now(),
        });
        Ok(token)
    }

    /// A token for one call, with a slot for it: until both are there and no pause is on.
    pub(super) async fn take_with_slot(&self, is_fresh: bool) -> Result<Token, CredentialsRefused> {
        loop {
            self.control.pause.wait().await;
            let token = self.take(is_fresh).await?;
            if self.sender.slot_unless_paused(Priority::First).await {
                return Ok(token);
            }
        }
    }

    /// Asks until there is a token, with the pauses of the run between.
    async fn fetch(
        &self,
        encrypted: &SecretString,
        salt: &SecretString,
    ) -> Result<Token, CredentialsRefused> {
        loop {
            if self.control.switch.ends_reads() {
                // Whoever waits for the token is stopped too, and drops this.
                std::future::pending::<()>().await;
            }
            self.sender.slot(Priority::Second).await;
            let epoch = self.failed_calls.lock().expect("no holder panics").epoch;
            let exchange = self.sender.send(session_token(encrypted, salt)).await;
            let verdict = classify_token(exchange, SystemTime::now());
            match verdict.map_text(|text| self.scrub(text)) {
                TokenVerdict::Token(token) => {
                    self.control.secrets.add(&token);
                    self.has_come();
                    return Ok(Token::new(token));
                }
                TokenVerdict::Refused(words) => return Err(CredentialsRefused(words)),
                TokenVerdict::Null => {
                    if self.count_null(epoch) >= NULLS {
                        let text =
                            format!("GetToken answered null {NULLS} times and never gave a token");
                        return Err(CredentialsRefused(text));
                    }
                    self.none_yet(&RetryAfter::Unsaid, "GetToken answered null");
                }
                TokenVerdict::NotNow { wait, text } => self.none_yet(&wait, &text),
                TokenVerdict::NotTrusted(text) => {
                    self.note(&format!("no connection: {text}"));
                    self.control.stop(Stop::NotTrusted(text));
                }
                TokenVerdict::NotConnected(text) => {
                    self.none_yet(&RetryAfter::Unsaid, &format!("no connection: {text}"));
                }
            }
        }
    }

    fn has_come(&self) {
        self.control.health.record_token();
        let mut failed = self.failed_calls.lock().expect("no holder panics");
        if !failed.text.is_empty() {
            let epoch = failed.epoch + 1;
            *failed = FailedCalls {
                epoch,
                ..FailedCalls::default()
            };
        }
    }

    /// Counts a null answer to a call that began at an epoch. Those of calls that were out
    /// together are one: between two that count there is a pause.
    fn count_null(&self, epoch: u64) -> u32 {
        let mut failed = self.failed_calls.lock().expect("no holder panics");
        if failed.epoch == epoch {
            failed.nulls += 1;
            failed.epoch += 1;
        }
        failed.nulls
    }

    fn none_yet(&self, wait: &RetryAfter, text: &str) {
        self.note(text);
        self.control.no_token(wait, text);
    }

    fn note(&self, text: &str) {
        let mut failed = self.failed_calls.lock().expect("no holder panics");
        text.clone_into(&mut failed.text);
    }
}
