//! The first copy of a run.

use super::settling::{assert_each_once, lost, seconds, settling};
use super::*;
use crate::job::Column;

pub(super) fn with_canary() -> RunSettings {
    RunSettings {
        has_canary: true,
        ..settling()
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_copy_goes_alone_and_is_read_back() {
    let service = FakeService::new([]);
    let journal = FakeJournal::with_rows(20);
    let mut many = with_canary();
    many.client.concurrency = 8;
    run_with(&service, &journal, &many).await;
    assert_eq!(journal.copied(), 20);
    {
        let seen = service.seen.lock().unwrap();
        assert_eq!(seen.reads.len(), 1);
        assert!(seen.copies[1] >= seen.reads[0]);
        assert!(*journal.is_proven.lock().unwrap());
    }
    // The next run has the proof and needs no canary.
    *journal.pending.lock().unwrap() = FakeJournal::with_rows(20).pending.lock().unwrap().clone();
    run_with(&service, &journal, &many).await;
    assert_eq!(service.seen.lock().unwrap().reads.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_first_copy_that_differs_stops_the_run() {
    let service = FakeService::new([]);
    let other = r#"{"SigningSessionId":null,"Sessions":[]}"#;
    *service.read_replies.lock().unwrap() = (0..3).map(|_| Reply::Body(other)).collect();
    let journal = FakeJournal::with_rows(20);
    let end = run_with(&service, &journal, &with_canary()).await;
    assert!(matches!(end.stop, Some(Stop::Canary(_))), "{end:?}");
    let seen = service.seen.lock().unwrap();
    assert_eq!((seen.copies.len(), seen.reads.len()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_first_row_without_answer_is_settled_before_the_next_goes() {
    let service = FakeService::new([Reply::LostAfterCommit(Duration::from_secs(4))]);
    let journal = FakeJournal::with_rows(5);
    run_with(&service, &journal, &with_canary()).await;
    assert_each_once(&service, &journal);
    let seen = service.seen.lock().unwrap();
    assert_eq!(seconds(&seen.copies), [0, 5, 5, 5, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_first_row_that_can_t_be_settled_waits_for_a_proof() {
    let service = FakeService::new([lost()]);
    let journal = FakeJournal::with_rows(5);
    run_with(&service, &journal, &with_canary()).await;
    assert_each_once(&service, &journal);
    assert_eq!(journal.copied(), 5);
    let seen = service.seen.lock().unwrap();
    assert_eq!(seconds(&seen.copies), [0, 60, 60, 60, 60, 61]);
}

#[tokio::test(start_paused = true)]
async fn three_rows_refused_at_the_start_stop_the_run() {
    let no = r#"{"Message":"Error","Details":["no such session"]}"#;
    let service = FakeService::new((0..50).map(|_| Reply::Body(no)));
    let journal = FakeJournal::with_rows(20);
    let end = run_with(&service, &journal, &with_canary()).await;
    assert!(matches!(end.stop, Some(Stop::RefusedFirst(_))), "{end:?}");
    assert_eq!(service.seen.lock().unwrap().copies.len(), 3);
}

/// Runs for a few minutes, and gives the notices with the second in which each was emitted.
async fn noticed(
    service: &FakeService,
    journal: &FakeJournal,
    settings: &RunSettings,
) -> Vec<(u64, String)> {
    let events = Arc::new(Mutex::new(Vec::new()));
    let (sink, start) = (Arc::clone(&events), Instant::now());
    let observer: Observer = Arc::new(move |event| {
        if let Event::Notice { text } = event {
            let second = start.elapsed().as_secs_f64().round() as u64;
            sink.lock().unwrap().push((second, text));
        }
    });
    let mut slow = settings.clone();
    slow.client.rate = "1/s".parse().unwrap();
    let (service, journal) = (service.clone(), journal.clone());
    let stop = StopSwitch::default();
    super::super::run(service, journal, key(), &slow, stop, observer).await;
    Arc::into_inner(events).unwrap().into_inner().unwrap()
}

#[tokio::test(start_paused = true)]
async fn look_ups_that_do_not_find_the_first_copy_are_told_once_the_window_is_over() {
    let mut service = FakeService::new([]);
    service.lag = Duration::from_secs(1_000);
    let events = noticed(&service, &FakeJournal::with_rows(100), &with_canary()).await;
    let [(second, text)] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(text.contains("owner@example.com did not find the first copy within 1m"));
    assert!((60..70).contains(second), "{second}");
    let look_ups = service.seen.lock().unwrap().look_ups.len();
    assert!(look_ups < 12, "{look_ups} look-ups in a minute");
}

#[tokio::test(start_paused = true)]
async fn look_ups_that_find_the_first_copy_late_are_not_worth_a_word() {
    let mut service = FakeService::new([]);
    service.lag = Duration::from_secs(40);
    assert_eq!(
        noticed(&service, &FakeJournal::with_rows(100), &with_canary()).await,
        []
    );
}

#[tokio::test(start_paused = true)]
async fn members_that_the_first_copy_does_not_show_are_told() {
    let journal = FakeJournal::with_rows(100);
    for job in journal.pending.lock().unwrap().iter_mut() {
        job.request.values.insert(Column::Title, "Lease".into());
    }
    let events = noticed(&FakeService::new([]), &journal, &with_canary()).await;
    let [(_, text)] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(
        text.contains("does not show Title of the first copy"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_title_that_is_only_written_otherwise_is_told_and_stops_nothing() {
    let journal = FakeJournal::with_rows(5);
    for job in journal.pending.lock().unwrap().iter_mut() {
        job.request
            .values
            .insert(Column::Title, "Lease 2027".into());
    }
    let mut service = FakeService::new([]);
    service.title = Some("Lease\u{a0}2027");
    let events = noticed(&service, &journal, &with_canary()).await;
    assert_eq!(journal.copied(), 5);
    let [(_, text)] = events.as_slice() else {
        panic!("{events:?}");
    };
    let expected =
        r#"its title is "Lease\u{a0}2027", not "Lease 2027" (character 6 is U+00A0, not U+0020)"#;
    assert!(text.ends_with(expected), "{text}");
}
