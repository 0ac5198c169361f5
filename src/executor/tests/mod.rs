//! The loop against a service and a journal in memory, on a paused clock.

mod reported;
mod settling;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::*;
use crate::job::{
    CopyRequest, Ending, ErrorClass, Fields, RowId, RowState, SessionId, TransactionId,
};
use crate::request::{Answer, Body, Exchange, Failure, HttpRequest, Operation};

const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";

/// What the service does with a copy.
#[derive(Clone, Debug)]
enum Reply {
    Copy,
    Status(u16, Option<&'static str>),
    Body(&'static str),
    Fail(Failure),
    /// Makes the copy after so long, but the connection breaks at once.
    LostAfterCommit(Duration),
    /// Makes the copy, and answers null.
    NullAfterCommit,
    Hang,
    Panic,
}

#[derive(Default)]
struct Seen {
    copies: Vec<Duration>,
    tokens: Vec<Duration>,
    look_ups: Vec<Duration>,
    reads: Vec<Duration>,
    /// When each session was made, with its transaction id.
    commits: Vec<(Duration, String, String)>,
    in_flight: usize,
    most_in_flight: usize,
}

/// A service in memory: each copy meets the next reply, then `Copy` for ever.
#[derive(Clone)]
struct FakeService {
    start: Instant,
    latency: Duration,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    token_replies: Arc<Mutex<VecDeque<Reply>>>,
    look_replies: Arc<Mutex<VecDeque<Reply>>>,
    read_replies: Arc<Mutex<VecDeque<Reply>>>,
    /// Look-ups show a session only after so long.
    lag: Duration,
    seen: Arc<Mutex<Seen>>,
}

fn answer(status: u16, retry_after: Option<&str>, body: impl Into<Vec<u8>>) -> Exchange {
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
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            start: Instant::now(),
            latency: Duration::from_millis(10),
            replies: Arc::new(Mutex::new(replies.into_iter().collect())),
            token_replies: Arc::default(),
            look_replies: Arc::default(),
            read_replies: Arc::default(),
            lag: Duration::ZERO,
            seen: Arc::default(),
        }
    }

    fn commit(&self, reply: &Reply, id: &str, body: &[u8]) {
        let delay = match reply {
            Reply::Copy | Reply::NullAfterCommit => Duration::ZERO,
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
                let session = serde_json::json!({
                    "SigningSessionId": id, "SessionInfo": { "TransactionId": transaction },
                });
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
            Reply::NullAfterCommit => answer(200, None, ""),
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

/// A journal in memory, which also checks that every request was recorded before it left.
#[derive(Clone, Default)]
struct FakeJournal {
    pending: Arc<Mutex<VecDeque<Job>>>,
    states: Arc<Mutex<HashMap<RowKey, RowState>>>,
    sending: Arc<Mutex<Vec<RowKey>>>,
    attempts: Arc<AtomicUsize>,
    /// What an earlier run left.
    uncertain: Arc<Mutex<VecDeque<Job>>>,
    is_proven: Arc<Mutex<bool>>,
    /// When the last attempt of every row began.
    began_at: Timestamp,
    is_shared: bool,
    is_manifest_replaced: bool,
    is_reported: bool,
    is_full: bool,
}

impl FakeJournal {
    fn with_rows(count: i64) -> Self {
        let mut fields = Fields::default();
        fields.set(crate::job::Column::SourceSessionId, SOURCE);
        let request = CopyRequest::from_fields(&fields).unwrap();
        let job = |number: i64| Job {
            key: RowKey(number),
            row_id: RowId::parse(&number.to_string()).unwrap(),
            request: request.clone(),
            transaction_id: TransactionId::parse(&format!("t{number}")).unwrap(),
        };
        let pending = Arc::new(Mutex::new((1..=count).map(job).collect()));
        Self {
            pending,
            ..Self::default()
        }
    }

    fn count(&self, is_so: impl Fn(&RowState) -> bool) -> usize {
        self.states
            .lock()
            .unwrap()
            .values()
            .filter(|state| is_so(state))
            .count()
    }

    fn copied(&self) -> usize {
        self.count(|state| matches!(state, RowState::Copied(_)))
    }
}

impl Journal for FakeJournal {
    async fn claim(&self, limit: usize) -> Result<Vec<Job>, JournalError> {
        let mut pending = self.pending.lock().unwrap();
        let limit = limit.min(pending.len());
        Ok(pending.drain(..limit).collect())
    }

    async fn begin(&self, row: RowKey, _at: Timestamp) -> Result<AttemptKey, JournalError> {
        if self.is_full {
            return Err(JournalError("disk full".into()));
        }
        self.sending.lock().unwrap().push(row);
        self.attempts.fetch_add(1, Ordering::Relaxed);
        Ok(AttemptKey(row.0))
    }

    async fn finish(
        &self,
        row: RowKey,
        _attempt: AttemptKey,
        ending: Ending,
        _at: Timestamp,
    ) -> Result<RowState, JournalError> {
        self.sending
            .lock()
            .unwrap()
            .retain(|sending| *sending != row);
        self.states.lock().unwrap().insert(row, ending.row.clone());
        Ok(ending.row)
    }

    async fn postpone(
        &self,
        row: RowKey,
        ending: Ending,
        _: Timestamp,
    ) -> Result<(), JournalError> {
        self.states.lock().unwrap().insert(row, ending.row);
        Ok(())
    }

    async fn interrupt(
        &self,
        row: Option<RowKey>,
        _text: &'static str,
        _at: Timestamp,
    ) -> Result<u64, JournalError> {
        let mut sending = self.sending.lock().unwrap();
        let gone: Vec<RowKey> = sending
            .iter()
            .copied()
            .filter(|key| row.is_none_or(|row| row == *key))
            .collect();
        sending.retain(|key| !gone.contains(key));
        let mut states = self.states.lock().unwrap();
        states.extend(gone.iter().map(|key| (*key, RowState::Uncertain)));
        Ok(gone.len() as u64)
    }

    async fn claim_uncertain(&self, limit: usize) -> Result<Vec<FoundUncertain>, JournalError> {
        let mut found = self.uncertain.lock().unwrap();
        let limit = limit.min(found.len());
        let jobs: Vec<Job> = found.drain(..limit).collect();
        let mut states = self.states.lock().unwrap();
        states.extend(jobs.iter().map(|job| (job.key, RowState::Uncertain)));
        let standing = match self.is_manifest_replaced {
            true => Standing::Gone,
            false => Standing::Wanted,
        };
        let found = jobs.into_iter().map(|job| FoundUncertain { job, standing });
        Ok(found.collect())
    }

    async fn trace(&self, _row: RowKey) -> Result<Trace, JournalError> {
        Ok(Trace {
            first_sent_at: Some(Timestamp::UNIX_EPOCH),
            began_at: self.began_at,
            is_shared: self.is_shared,
            is_reported: self.is_reported,
        })
    }

    async fn owned_by_others(
        &self,
        row: RowKey,
        sessions: Vec<SessionId>,
    ) -> Result<Vec<SessionId>, JournalError> {
        let states = self.states.lock().unwrap();
        let is_owned = |id: &SessionId| {
            let owner =
                |(key, state): (&RowKey, &RowState)| *key != row && *state == RowState::Copied(*id);
            states.iter().any(owner)
        };
        Ok(sessions.into_iter().filter(is_owned).collect())
    }

    async fn known_copies(
        &self,
        _source: SessionId,
        _since: Timestamp,
    ) -> Result<Vec<KnownCopy>, JournalError> {
        let states = self.states.lock().unwrap();
        let mut copied: Vec<KnownCopy> = states
            .iter()
            .filter_map(|(key, state)| match state {
                RowState::Copied(session) => Some(KnownCopy {
                    transaction_id: TransactionId::parse(&format!("t{}", key.0)).unwrap(),
                    session: *session,
                }),
                _ => None,
            })
            .collect();
        copied.truncate(3);
        Ok(copied)
    }

    async fn is_proven(&self, _username: String, _: SessionId) -> Result<bool, JournalError> {
        Ok(*self.is_proven.lock().unwrap())
    }

    async fn prove(
        &self,
        _username: String,
        _source: SessionId,
        _copy: SessionId,
        _at: Timestamp,
    ) -> Result<(), JournalError> {
        *self.is_proven.lock().unwrap() = true;
        Ok(())
    }

    async fn settle(
        &self,
        row: RowKey,
        settled: Settled,
        _at: Timestamp,
    ) -> Result<RowState, JournalError> {
        let mut states = self.states.lock().unwrap();
        let before = states.insert(row, settled.row.clone());
        assert_eq!(
            before,
            Some(RowState::Uncertain),
            "only uncertain rows are settled"
        );
        Ok(settled.row)
    }

    async fn believe(&self, row: RowKey, _at: Timestamp) -> Result<(), JournalError> {
        let pending = RowState::Pending(ErrorClass::Refused);
        let before = self.states.lock().unwrap().insert(row, pending);
        assert_eq!(before, Some(RowState::Uncertain));
        Ok(())
    }
}

fn link() -> LinkSettings {
    LinkSettings {
        rate: Rate::Max,
        concurrency: 4,
        max_pause: Duration::from_secs(900),
        token_reuse: Duration::ZERO,
        username: None,
    }
}

fn one_at_a_time() -> LinkSettings {
    LinkSettings {
        concurrency: 1,
        ..link()
    }
}

fn settings() -> RunSettings {
    RunSettings {
        link: link(),
        max_attempts: 5,
        max_failures: MaxFailures::None,
        max_uncertain: None,
        settles: false,
        settle_window: Duration::from_secs(60),
        has_canary: false,
        limit: None,
        grace: Duration::from_secs(30),
    }
}

fn key() -> Credentials {
    Credentials::Key {
        encrypted: "key".to_owned().into(),
        salt: "salt".to_owned().into(),
    }
}

async fn run_with(service: &FakeService, journal: &FakeJournal, settings: &RunSettings) -> RunEnd {
    run_stoppable(service, journal, settings, StopSwitch::default()).await
}

async fn run_stoppable(
    service: &FakeService,
    journal: &FakeJournal,
    settings: &RunSettings,
    stop: StopSwitch,
) -> RunEnd {
    let (service, journal) = (service.clone(), journal.clone());
    super::run(service, journal, key(), settings, stop, Arc::new(|_| {})).await
}

fn no_connection() -> Reply {
    Reply::Fail(Failure::NotConnected("refused".into()))
}

#[tokio::test(start_paused = true)]
async fn every_row_is_copied_once_with_a_fresh_token() {
    let (service, journal) = (FakeService::new([]), FakeJournal::with_rows(300));
    let end = run_with(&service, &journal, &settings()).await;
    assert_eq!(
        end,
        RunEnd {
            stop: None,
            only_limited: false,
            is_urgent: false
        }
    );
    assert_eq!(journal.copied(), 300);
    let seen = service.seen.lock().unwrap();
    assert_eq!(
        (seen.copies.len(), seen.tokens.len(), seen.most_in_flight),
        (300, 300, 4)
    );
    assert_eq!(journal.attempts.load(Ordering::Relaxed), 300);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_reused_as_long_as_was_said() {
    let (service, journal) = (FakeService::new([]), FakeJournal::with_rows(100));
    let reuse = RunSettings {
        link: LinkSettings {
            token_reuse: Duration::from_millis(100),
            ..link()
        },
        ..settings()
    };
    run_with(&service, &journal, &reuse).await;
    let tokens = service.seen.lock().unwrap().tokens.len();
    // 100 copies of 10 ms, 4 at a time, take 250 ms.
    assert!((2..=4).contains(&tokens), "{tokens}");
}

#[tokio::test(start_paused = true)]
async fn the_rate_holds_over_tokens_and_copies_together() {
    let (service, journal) = (FakeService::new([]), FakeJournal::with_rows(50));
    let paced = RunSettings {
        link: LinkSettings {
            rate: "10/s".parse().unwrap(),
            ..link()
        },
        ..settings()
    };
    run_with(&service, &journal, &paced).await;
    let seen = service.seen.lock().unwrap();
    let mut times: Vec<Duration> = seen.copies.iter().chain(&seen.tokens).copied().collect();
    times.sort();
    for (index, start) in times.iter().enumerate() {
        let end = *start + Duration::from_secs(1);
        let within = times[index..]
            .iter()
            .take_while(|time| **time < end)
            .count();
        assert!(within <= 11, "{within} requests within a second");
    }
    assert!(times.last().unwrap().as_secs_f64() < 10.2);
}

#[tokio::test(start_paused = true)]
async fn a_429_pauses_the_whole_run_as_long_as_it_asks() {
    let service = FakeService::new([Reply::Status(429, Some("7"))]);
    let journal = FakeJournal::with_rows(20);
    run_with(&service, &journal, &settings()).await;
    assert_eq!(journal.copied(), 20);
    let seen = service.seen.lock().unwrap();
    let silent = seen.copies.iter().chain(&seen.tokens);
    let within = silent
        .filter(|time| (0.011..7.0).contains(&time.as_secs_f64()))
        .count();
    assert_eq!(within, 0, "{:?}", seen.copies);
}

#[tokio::test(start_paused = true)]
async fn a_longer_wish_than_allowed_stops_the_run() {
    let service = FakeService::new([Reply::Status(503, Some("3600"))]);
    let journal = FakeJournal::with_rows(20);
    let end = run_with(&service, &journal, &settings()).await;
    assert!(matches!(end.stop, Some(Stop::ComeBack(_))), "{end:?}");
    assert!(service.seen.lock().unwrap().copies.len() <= 4);
}

#[tokio::test(start_paused = true)]
async fn a_row_out_of_tries_stays_pending_and_the_others_go_on() {
    let service = FakeService::new(vec![Reply::Status(429, None); 5]);
    let journal = FakeJournal::with_rows(3);
    let alone = RunSettings {
        link: one_at_a_time(),
        ..settings()
    };
    let end = run_with(&service, &journal, &alone).await;
    assert_eq!(end.stop, None);
    assert_eq!(journal.copied(), 2);
    assert_eq!(
        journal.count(|row| *row == RowState::Pending(ErrorClass::Refused)),
        1
    );
    let service = FakeService::new(vec![no_connection(); 15]);
    let journal = FakeJournal::with_rows(3);
    let end = run_with(
        &service,
        &journal,
        &RunSettings {
            max_attempts: 2,
            ..alone
        },
    )
    .await;
    assert_eq!(end.stop, None);
    assert_eq!(
        journal.count(|row| *row == RowState::Pending(ErrorClass::NotSent)),
        3
    );
    assert_eq!(service.seen.lock().unwrap().copies.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_never_sent_again() {
    let lost = || Reply::Fail(Failure::Unknown("reset".into()));
    let service = FakeService::new([lost(), Reply::Status(500, None), Reply::Body("{}")]);
    let journal = FakeJournal::with_rows(10);
    let end = run_with(&service, &journal, &settings()).await;
    assert_eq!(end.stop, None);
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 3);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_one_uncertain_row() {
    let service = FakeService::new([Reply::Panic]);
    let journal = FakeJournal::with_rows(10);
    let end = run_with(&service, &journal, &settings()).await;
    assert_eq!(end.stop, None);
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
    assert_eq!(journal.copied(), 9);
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_stop_the_run() {
    let refused = r#"{"Message":"Error","Details":["Error: Invalid API key"]}"#;
    let service = FakeService::new([]);
    service
        .token_replies
        .lock()
        .unwrap()
        .push_back(Reply::Body(refused));
    let journal = FakeJournal::with_rows(10);
    let end = run_with(&service, &journal, &settings()).await;
    assert_eq!(
        end.stop,
        Some(Stop::Credentials(
            "Error: Invalid API key (last for row '1')".into()
        ))
    );
    let copies = service.seen.lock().unwrap().copies.len();
    assert_eq!(journal.copied(), copies);
    assert!(copies <= 3, "{copies}");
}

#[tokio::test(start_paused = true)]
async fn three_null_tokens_stop_the_run_and_two_do_not() {
    for (nulls, stops) in [(2, false), (3, true)] {
        let service = FakeService::new([]);
        service
            .token_replies
            .lock()
            .unwrap()
            .extend(vec![Reply::Body("null"); nulls]);
        let journal = FakeJournal::with_rows(1);
        let end = run_with(&service, &journal, &settings()).await;
        assert_eq!(
            matches!(end.stop, Some(Stop::Credentials(_))),
            stops,
            "{nulls}"
        );
        assert_eq!(journal.copied(), usize::from(!stops));
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_gone_stops_the_run_after_half_a_minute() {
    let service = FakeService::new([]);
    service
        .token_replies
        .lock()
        .unwrap()
        .extend(vec![no_connection(); 10_000]);
    let journal = FakeJournal::with_rows(1_000);
    let start = Instant::now();
    let end = run_with(&service, &journal, &settings()).await;
    assert!(matches!(end.stop, Some(Stop::Unreachable(_))), "{end:?}");
    let seconds = start.elapsed().as_secs();
    assert!((30..=31).contains(&seconds), "{seconds}");
    assert_eq!(service.seen.lock().unwrap().copies.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_limit_bounds_the_rows_that_are_sent() {
    let (service, journal) = (FakeService::new([]), FakeJournal::with_rows(300));
    let pilot = RunSettings {
        limit: Some(7),
        ..settings()
    };
    let end = run_with(&service, &journal, &pilot).await;
    assert_eq!(
        end,
        RunEnd {
            stop: None,
            only_limited: true,
            is_urgent: false
        }
    );
    assert_eq!(journal.copied(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_sends_nothing_more() {
    let service = FakeService::new([]);
    let journal = FakeJournal {
        is_full: true,
        ..FakeJournal::with_rows(10)
    };
    let end = run_with(&service, &journal, &settings()).await;
    assert_eq!(end.stop, Some(Stop::Journal("disk full".into())));
    assert_eq!(service.seen.lock().unwrap().copies.len(), 0);
}

/// Starts a run whose first copies hang, and gives the signals at the times said.
async fn signalled(replies: Vec<Reply>, signals: &[u64]) -> (RunEnd, FakeJournal, Duration) {
    let (service, journal) = (FakeService::new(replies), FakeJournal::with_rows(50));
    let stop = StopSwitch::default();
    let start = Instant::now();
    let sending = stop.clone();
    let signals = signals.to_vec();
    let signaller = tokio::spawn(async move {
        for at in signals {
            tokio::time::sleep_until(start + Duration::from_millis(at)).await;
            sending.signal(Signal::Terminate);
        }
    });
    let settings = settings();
    let observer = Arc::new(|_: Event| {});
    let end = super::run(service, journal.clone(), key(), &settings, stop, observer).await;
    signaller.abort();
    (end, journal, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_signal_lets_requests_in_flight_finish() {
    let (end, journal, took) = signalled(Vec::new(), &[25]).await;
    assert_eq!(end.stop, Some(Stop::Signal(Signal::Terminate)));
    assert_eq!(journal.copied(), 12, "three rounds of four were out");
    assert!(took < Duration::from_millis(40), "{took:?}");
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 0);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_finish_within_the_grace_is_uncertain() {
    let (end, journal, took) = signalled(vec![Reply::Hang], &[25]).await;
    assert_eq!(end.stop, Some(Stop::Signal(Signal::Terminate)));
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
    assert_eq!(took.as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_ends_at_once() {
    let (end, journal, took) = signalled(vec![Reply::Hang], &[25, 1000]).await;
    assert!(end.is_urgent);
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
    assert_eq!(took.as_millis(), 1000);
}
