//! Rows that an earlier run left uncertain, and what stops a run that settles.

use super::settling::*;
use super::*;

/// An earlier run left the first two rows uncertain, the first of them copied.
fn left_uncertain(service: &FakeService, journal: &FakeJournal) {
    let left: VecDeque<Job> = journal.pending.lock().unwrap().drain(..2).collect();
    let made = (
        NOW,
        "t1".to_owned(),
        "bbbbbbbb-0000-4000-8000-000000000001".to_owned(),
    );
    service.seen.lock().unwrap().commits.push(made);
    *journal.uncertain.lock().unwrap() = left;
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_left_is_settled() {
    let service = FakeService::new([]);
    let journal = FakeJournal::with_rows(6);
    left_uncertain(&service, &journal);
    run_with(&service, &journal, &settling()).await;
    assert_each_once(&service, &journal);
    assert_eq!(journal.copied(), 6);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_left_its_manifest_is_looked_up_but_not_sent() {
    let service = FakeService::new([]);
    let mut journal = FakeJournal::with_rows(6);
    journal.is_manifest_replaced = true;
    left_uncertain(&service, &journal);
    run_with(&service, &journal, &settling()).await;
    assert_each_once(&service, &journal);
    assert_eq!(journal.copied(), 5);
    let failed = |row: &RowState| *row == RowState::Failed(ErrorClass::Unknown);
    assert_eq!(journal.count(failed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_signal_does_not_wait_for_the_window() {
    let service = FakeService::new([Reply::Copy, lost()]);
    let journal = FakeJournal::with_rows(3);
    let stop = StopSwitch::default();
    let later = stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        later.signal(Signal::Terminate);
    });
    let start = Instant::now();
    let settings = settling();
    run_stoppable(&service, &journal, &settings, stop).await;
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
}

#[tokio::test(start_paused = true)]
async fn too_many_unsettled_rows_stop_the_run() {
    let service = FakeService::new((0..50).map(|_| lost()));
    let held = RunSettings {
        max_uncertain: Some(5),
        client: one_at_a_time(),
        ..settings()
    };
    let journal = FakeJournal::with_rows(20);
    let end = run_with(&service, &journal, &held).await;
    assert_eq!(end.stop, Some(Stop::Uncertain(5)));
    assert_eq!(service.seen.lock().unwrap().copies.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn lost_answers_in_a_row_hold_new_copies_back() {
    let service = FakeService::new([Reply::Copy].into_iter().chain((0..5).map(|_| lost())));
    *service.read_replies.lock().unwrap() = (0..3).map(|_| Reply::Status(500, None)).collect();
    let journal = FakeJournal::with_rows(20);
    let held = RunSettings {
        client: one_at_a_time(),
        ..settings()
    };
    run_with(&service, &journal, &held).await;
    let seen = service.seen.lock().unwrap();
    assert_eq!(seen.reads.len(), 4);
    assert!(seen.copies[6] >= seen.reads[3]);
    assert!(seen.copies[5] < seen.reads[0]);
    assert_eq!(journal.copied(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_only_loses_answers_stops_the_run() {
    let service = FakeService::new((0..50).map(|_| lost()));
    *service.read_replies.lock().unwrap() = (0..900).map(|_| Reply::Status(500, None)).collect();
    let journal = FakeJournal::with_rows(20);
    let start = Instant::now();
    let end = run_with(&service, &journal, &settings()).await;
    assert!(matches!(end.stop, Some(Stop::Unreachable(_))), "{end:?}");
    assert!(
        (600..640).contains(&start.elapsed().as_secs()),
        "{:?}",
        start.elapsed()
    );
    assert!(service.seen.lock().unwrap().copies.len() <= 8);
}
