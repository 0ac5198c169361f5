//! Rows known only from a report that calls them failed or pending.

use super::settling::settling;
use super::*;
use crate::job::Column;

/// All rows of the journal come from a report.
pub(super) fn reported(count: i64) -> FakeJournal {
    let mut journal = FakeJournal::with_rows(count);
    journal.is_reported = true;
    let all = journal.pending.lock().unwrap().drain(..).collect();
    *journal.uncertain.lock().unwrap() = all;
    journal
}

const MADE: &str = "bbbbbbbb-0000-4000-8000-000000000001";

fn made(service: &FakeService, transaction_id: &str) {
    let commit = (Duration::ZERO, transaction_id.to_owned(), MADE.to_owned());
    service.seen.lock().unwrap().commits.push(commit);
}

#[tokio::test(start_paused = true)]
async fn only_a_look_up_after_the_window_says_absent() {
    let service = FakeService::new([]);
    made(&service, "t2");
    let journal = reported(3);
    let settings = RunSettings {
        max_attempts: 1,
        ..settling()
    };
    run_with(&service, &journal, &settings).await;
    assert_eq!(journal.copied(), 3);
    let seen = service.seen.lock().unwrap();
    assert_eq!(
        seen.copies.len(),
        2,
        "the copy that the report lacks is found"
    );
    let window = settings.settle_window;
    assert!(
        seen.copies.iter().all(|at| *at >= window),
        "a report may be young"
    );
}

#[tokio::test(start_paused = true)]
async fn a_known_copy_that_is_not_found_holds_them_back() {
    let service = FakeService::new([]);
    let journal = reported(2);
    let known = SessionId::parse(MADE).unwrap();
    let copied = RowState::Copied(known);
    journal.states.lock().unwrap().insert(RowKey(9), copied);
    run_with(&service, &journal, &settling()).await;
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 2);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 0);
    made(&service, "t9");
    let journal = reported(2);
    let copied = RowState::Copied(known);
    journal.states.lock().unwrap().insert(RowKey(9), copied);
    run_with(&service, &journal, &settling()).await;
    assert_eq!(journal.copied(), 3);
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_nothing_is_sent() {
    let service = FakeService::new([]);
    let bad = (0..40).map(|_| Reply::Status(500, None));
    *service.look_replies.lock().unwrap() = bad.collect();
    let journal = reported(1);
    run_with(&service, &journal, &settling()).await;
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 0);
}

/// Ids that changed places: what is found is another row's copy, and who knows whose is whose.
#[tokio::test(start_paused = true)]
async fn a_found_copy_that_is_not_the_row_s_stops_the_run() {
    let service = FakeService::new([]);
    made(&service, "t2");
    let journal = reported(3);
    for job in journal.uncertain.lock().unwrap().iter_mut() {
        job.request.values.insert(Column::Title, "Lease".into());
    }
    let other = r#"{"Sessions":[{"SigningSessionId":"bbbbbbbb-0000-4000-8000-000000000001",
        "SessionInfo":{"TransactionId":"t2","Title":"Rent"}}]}"#;
    *service.read_replies.lock().unwrap() = [Reply::Body(other)].into();
    let end = run_with(&service, &journal, &settling()).await;
    let Some(Stop::Report(text)) = &end.stop else {
        panic!("{end:?}");
    };
    assert!(text.contains("its title is 'Rent', not 'Lease'"), "{text}");
    assert_eq!(journal.copied(), 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_all_rows_of_a_report_are_looked_up() {
    let service = FakeService::new([]);
    made(&service, "t300");
    let journal = reported(300);
    let settings = RunSettings {
        max_attempts: 1,
        ..settling()
    };
    run_with(&service, &journal, &settings).await;
    assert_eq!(journal.copied(), 300);
    let seen = service.seen.lock().unwrap();
    assert_eq!(seen.copies.len(), 299);
    let last_look_up = *seen.look_ups.last().unwrap();
    assert!(seen.copies[0] >= last_look_up);
}

#[tokio::test(start_paused = true)]
async fn a_found_copy_that_is_another_row_s_is_no_absence() {
    let service = FakeService::new([]);
    made(&service, "t1");
    let journal = reported(1);
    let copied = RowState::Copied(SessionId::parse(MADE).unwrap());
    journal.states.lock().unwrap().insert(RowKey(9), copied);
    let end = run_with(&service, &journal, &settling()).await;
    assert!(matches!(end.stop, Some(Stop::Report(_))), "{end:?}");
    assert_eq!(service.seen.lock().unwrap().copies.len(), 0);
}

/// A copy that was found is no canary: it may have been made from other cells.
#[tokio::test(start_paused = true)]
async fn a_found_copy_is_no_canary() {
    let service = FakeService::new([]);
    made(&service, "t1");
    let journal = reported(4);
    let settings = RunSettings {
        has_canary: true,
        ..settling()
    };
    run_with(&service, &journal, &settings).await;
    assert_eq!(journal.copied(), 4);
    let seen = service.seen.lock().unwrap();
    assert_eq!((seen.copies.len(), seen.reads.len()), (3, 2));
    let first_made = seen.reads[1];
    assert!(seen.copies[0] < first_made && first_made <= seen.copies[1]);
}
