//! A service in memory.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::time::Instant;

use crate::executor::ports::Transport;
use crate::request::{Answer, Body, Exchange, Failure, HttpRequest, Operation};

/// What the service does with a copy.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    Copy,
    Status(u16, Option<&'static str>),
    Body(&'static str),
    Fail(Failure),
    /// Makes the copy after so long, but the connection breaks at once.
    LostAfterCommit(Duration),
    /// Makes the copy, and answers with this status and nothing else.
    WordlessAfterCommit(u16),
    Hang,
    Panic,
}

#[derive(Default)]
pub(super) struct Seen {
    pub(super) copies: Vec<Duration>,
    pub(super) tokens: Vec<Duration>,
    pub(super) look_ups: Vec<Duration>,
    pub(super) reads: Vec<Duration>,
    /// When each session was made, with its transaction id.
    pub(super) commits: Vec<(Duration, String, String)>,
    pub(super) in_flight: usize,
    pub(super) most_in_flight: usize,
}

/// A service in memory: each copy meets the next reply, then `Copy` for ever.
#[derive(Clone)]
pub(super) struct FakeService {
    pub(super) start: Instant,
    pub(super) latency: Duration,
    pub(super) replies: Arc<Mutex<VecDeque<Reply>>>,
    pub(super) token_replies: Arc<Mutex<VecDeque<Reply>>>,
    pub(super) look_replies: Arc<Mutex<VecDeque<Reply>>>,
    pub(super) read_replies: Arc<Mutex<VecDeque<Reply>>>,
    /// Look-ups show a session only after so long.
    pub(super) lag: Duration,
    /// The title that every session is shown with.
    pub(super) title: Option<&'static str>,
    pub(super) seen: Arc<Mutex<Seen>>,
}

pub(super) fn answer(status: u16, retry_after: Option<&str>, body: impl Into<Vec<u8>>) -> Exchange {
    let retry_after = retry_after.map(str::to_owned);
    Ok(Answer {
        status,
        retry_after,
        date: None,
        body: Body::Whole(body.into()),
    })
}

static IDS: AtomicUsize = AtomicUsize::new(1);

impl FakeService {
    pub(super) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            start: Instant::now(),
            latency: Duration::from_millis(10),
            replies: Arc::new(Mutex::new(replies.into_iter().collect())),
            token_replies: Arc::default(),
            look_replies: Arc::default(),
            read_replies: Arc::default(),
            lag: Duration::ZERO,
            title: None,
            seen: Arc::default(),
        }
    }

    fn commit(&self, reply: &Reply, id: &str, body: &[u8]) {
        let delay = match reply {
            Reply::Copy | Reply::WordlessAfterCommit(_) => Duration::ZERO,
            Reply::LostAfterCommit(delay) => *delay,
            _ => return,
        };
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        let transaction = &body["session"]["SessionInfo"]["TransactionId"];
        let transaction = transaction.as_str().unwrap().to_owned();
        let commit = (self.start.elapsed() + delay, transaction, id.to_owned());
        self.seen.lock().unwrap().commits.push(commit);
    }

    async fn get(&self, path: &str) -> Exchange {
        let (reply, good) = self.read(path);
        Self::reply(reply, good).await
    }

    /// What a read meets, and what it shows if that is nothing else.
    fn read(&self, path: &str) -> (Reply, String) {
        let now = self.start.elapsed();
        let parts: Vec<&str> = path.split('/').collect();
        let next = |replies: &Mutex<VecDeque<Reply>>| {
            let reply = replies.lock().unwrap().pop_front();
            reply.unwrap_or(Reply::Copy)
        };
        let mut seen = self.seen.lock().unwrap();
        match parts.as_slice() {
            ["", "v1", "gettoken", _] => {
                seen.tokens.push(now);
                let good = r#"{"ReturnValue":"token"}"#.to_owned();
                (next(&self.token_replies), good)
            }
            ["", "v1", "sessions", "lite", _, transaction, ..] => {
                seen.look_ups.push(now);
                let is_shown = |commit: &&(Duration, String, String)| {
                    commit.1 == *transaction && commit.0 + self.lag <= now
                };
                let shown = seen.commits.iter().filter(is_shown);
                let shown: Vec<_> = shown
                    .map(|commit| serde_json::json!({ "SigningSessionId": commit.2 }))
                    .collect();
                let page = serde_json::json!({ "TotalCount": shown.len(), "Sessions": shown });
                (next(&self.look_replies), page.to_string())
            }
            ["", "v1", "sessions", id] => {
                seen.reads.push(now);
                let made = seen.commits.iter().find(|commit| commit.2 == *id);
                let transaction = made.map(|commit| commit.1.clone());
                let mut session = serde_json::json!({
                    "SigningSessionId": id, "SessionInfo": { "TransactionId": transaction },
                });
                if let Some(title) = self.title {
                    session["Title"] = title.into();
                }
                let session = serde_json::json!({ "Sessions": [session] });
                (next(&self.read_replies), session.to_string())
            }
            other => panic!("an unknown route: {other:?}"),
        }
    }

    async fn reply(reply: Reply, good: String) -> Exchange {
        match reply {
            Reply::Copy => answer(200, None, good),
            Reply::Status(status, wait) => answer(status, wait, ""),
            Reply::Body(body) => answer(200, None, body),
            Reply::Fail(failure) => Err(failure),
            Reply::LostAfterCommit(_) => Err(Failure::Unknown("reset".into())),
            Reply::WordlessAfterCommit(status) => answer(status, None, ""),
            Reply::Hang => std::future::pending().await,
            Reply::Panic => panic!("a panic in an attempt"),
        }
    }
}

impl Transport for FakeService {
    async fn send(&self, request: HttpRequest) -> Exchange {
        let now = self.start.elapsed();
        if request.operation != Operation::Copy {
            return self.get(request.path.expose_secret()).await;
        }
        {
            let mut seen = self.seen.lock().unwrap();
            seen.copies.push(now);
            seen.in_flight += 1;
            seen.most_in_flight = seen.most_in_flight.max(seen.in_flight);
        }
        let reply = self
            .replies
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or(Reply::Copy);
        tokio::time::sleep(self.latency).await;
        let id = format!(
            "aaaaaaaa-0000-4000-8000-{:012}",
            IDS.fetch_add(1, Ordering::Relaxed)
        );
        self.commit(&reply, &id, &request.body);
        let good = format!(r#"{{"SigningSessionId":"{id}"}}"#);
        let exchange = Self::reply(reply, good).await;
        self.seen.lock().unwrap().in_flight -= 1;
        exchange
    }
}
