//! Internal errors: one row is uncertain, the others go on, and the end says so.

use super::canary::with_canary;
use super::reported::reported;
use super::settling::{run_with_events, settling};
use super::*;

fn panics(replies: &Mutex<VecDeque<Reply>>, count: usize) {
    *replies.lock().unwrap() = vec![Reply::Panic; count].into();
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_one_uncertain_row_and_is_told() {
    let service = FakeService::new([Reply::Panic]);
    let journal = FakeJournal::with_rows(10);
    let (end, events) = run_with_events(&service, &journal, &settings()).await;
    assert_eq!((end.stop, end.has_panicked), (None, true));
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
    assert_eq!(journal.copied(), 9);
    let uncertain = events.iter().filter(|(row, _)| *row == RowState::Uncertain);
    let texts: Vec<&String> = uncertain.map(|(_, text)| text).collect();
    assert_eq!(texts, ["an internal error ended the attempt"]);
    assert_eq!(events.len(), 10, "every row has its end");
}

#[tokio::test(start_paused = true)]
async fn panics_count_among_the_rows_that_could_not_be_settled() {
    let strict = RunSettings {
        max_uncertain: Some(3),
        client: one_at_a_time(),
        ..settings()
    };
    let service = FakeService::new(vec![Reply::Panic; 50]);
    let journal = FakeJournal::with_rows(20);
    let end = run_with(&service, &journal, &strict).await;
    assert_eq!(end.stop, Some(Stop::Uncertain(3)));
    assert!(end.has_panicked);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn five_panics_in_a_row_hold_new_copies_back() {
    let alone = RunSettings {
        client: one_at_a_time(),
        ..settings()
    };
    let service = FakeService::new(vec![Reply::Panic; 5]);
    let journal = FakeJournal::with_rows(10);
    run_with(&service, &journal, &alone).await;
    let seen = service.seen.lock().unwrap();
    assert_eq!(seen.reads.len(), 1);
    assert!(seen.copies[4] <= seen.reads[0] && seen.reads[0] <= seen.copies[5]);
    assert_eq!(journal.copied(), 5);
}

/// The token call comes before the attempt: nothing was sent, and nothing is uncertain.
#[tokio::test(start_paused = true)]
async fn a_panic_before_the_attempt_leaves_its_row_pending() {
    let service = FakeService::new([]);
    panics(&service.token_replies, 1);
    let journal = FakeJournal::with_rows(10);
    let end = run_with(&service, &journal, &settings()).await;
    assert_eq!((end.stop, end.has_panicked), (None, true));
    assert_eq!(journal.copied(), 9);
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_row_that_goes_alone_lets_the_next_go() {
    let service = FakeService::new([Reply::Panic]);
    let journal = FakeJournal::with_rows(5);
    let end = run_with(&service, &journal, &with_canary()).await;
    assert_eq!(end.stop, None);
    assert_eq!(journal.copied(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_look_up_that_panics_is_told_and_counted() {
    let service = FakeService::new([Reply::Fail(Failure::Unknown("reset".into()))]);
    panics(&service.look_replies, 1);
    let journal = FakeJournal::with_rows(1);
    let strict = RunSettings {
        max_uncertain: Some(1),
        ..settling()
    };
    let (end, events) = run_with_events(&service, &journal, &strict).await;
    assert_eq!(end.stop, Some(Stop::Uncertain(1)));
    assert!(end.has_panicked);
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
    let expected = "an internal error ended its look-up".to_owned();
    assert_eq!(events, [(RowState::Uncertain, expected)]);
}

#[tokio::test(start_paused = true)]
async fn a_reported_row_whose_look_up_panics_holds_up_no_other() {
    let service = FakeService::new([]);
    panics(&service.look_replies, 1);
    let journal = reported(4);
    let end = run_with(&service, &journal, &settling()).await;
    assert_eq!((end.stop, end.has_panicked), (None, true));
    assert_eq!(journal.copied(), 3);
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
}

#[tokio::test(start_paused = true)]
async fn a_read_of_the_run_s_own_that_panics_stops_it() {
    let service = FakeService::new([]);
    panics(&service.read_replies, 1);
    let journal = FakeJournal::with_rows(5);
    let end = run_with(&service, &journal, &with_canary()).await;
    assert!(matches!(end.stop, Some(Stop::Internal(_))), "{end:?}");
    assert!(end.has_panicked);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 1);
}
