//! The loop against a service and a journal in memory, on a paused clock.

mod canary;
mod earlier_runs;
mod journal;
mod nulls;
mod panics;
mod reported;
mod service;
mod settling;
mod stops;
mod tokens;
mod unsendable;
mod waits;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::*;
use crate::job::{
    AttemptOutcome, CopyRequest, ErrorClass, Fields, RowId, RowState, SessionId, TransactionId,
};
use crate::request::Failure;
use crate::support::Rate;
use journal::FakeJournal;
use service::{FakeService, Reply};

const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";

fn client() -> ClientSettings {
    ClientSettings {
        rate: Rate::Max,
        concurrency: 4,
        max_pause: Duration::from_secs(900),
        token_reuse: Duration::ZERO,
        username: None,
    }
}

fn one_at_a_time() -> ClientSettings {
    ClientSettings {
        concurrency: 1,
        ..client()
    }
}

fn settings() -> RunSettings {
    RunSettings {
        client: client(),
        max_attempts: 5,
        max_failures: MaxFailures::None,
        max_uncertain: None,
        settles: false,
        settle_window: Duration::from_secs(60),
        has_canary: false,
        limit: None,
        grace: Duration::from_secs(30),
        today: unsendable::today,
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
    assert_eq!(end, RunEnd::default());
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
        client: ClientSettings {
            token_reuse: Duration::from_millis(100),
            ..client()
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
        client: ClientSettings {
            rate: "10/s".parse().unwrap(),
            ..client()
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
        client: one_at_a_time(),
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
            "Error: Invalid API key (last for row 1)".into()
        ))
    );
    let copies = service.seen.lock().unwrap().copies.len();
    assert_eq!(journal.copied(), copies);
    assert!(copies <= 3, "{copies}");
}

/// A ready token has no successor, whatever it was refused for.
#[tokio::test(start_paused = true)]
async fn a_ready_token_that_a_read_refuses_stops_the_run() {
    for refusal in [Reply::Status(401, None), Reply::Body("null")] {
        let service = FakeService::new([]);
        service.read_replies.lock().unwrap().push_back(refusal);
        let journal = FakeJournal::with_rows(5);
        let (with_canary, ready) = (canary::with_canary(), "ready".to_owned().into());
        let end = super::run(
            service.clone(),
            journal.clone(),
            Credentials::Token(ready),
            &with_canary,
            StopSwitch::default(),
            Arc::new(|_| {}),
        );
        let end = end.await;
        assert!(matches!(end.stop, Some(Stop::Credentials(_))), "{end:?}");
        let seen = service.seen.lock().unwrap();
        assert_eq!((seen.copies.len(), seen.reads.len()), (1, 1));
    }
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
            only_limited: true,
            ..RunEnd::default()
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
