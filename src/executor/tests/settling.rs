//! Uncertain rows, the first copy, and the stops that protect them.

use super::canary::with_canary;
use super::*;

pub(super) const NOW: Duration = Duration::ZERO;

pub(super) fn lost() -> Reply {
    Reply::Fail(Failure::Unknown("reset".into()))
}

/// The words of a token that is not taken.
pub(super) fn bad_token() -> Reply {
    Reply::Body(r#"{"Message":"Error","Details":["Error: Bad Token Information."]}"#)
}

pub(super) fn settling() -> RunSettings {
    let username = Some("owner@example.com".into());
    RunSettings {
        client: ClientSettings {
            username,
            ..one_at_a_time()
        },
        settles: true,
        ..settings()
    }
}

/// No transaction id was committed twice, and every commit is known as a copy.
pub(super) fn assert_each_once(service: &FakeService, journal: &FakeJournal) {
    let seen = service.seen.lock().unwrap();
    let mut made: Vec<&String> = seen.commits.iter().map(|commit| &commit.1).collect();
    let count = made.len();
    made.sort();
    made.dedup();
    assert_eq!(made.len(), count, "{:?}", seen.commits);
    assert_eq!(journal.copied(), count);
}

pub(super) fn seconds(times: &[Duration]) -> Vec<u64> {
    times
        .iter()
        .map(|time| time.as_secs_f64().round() as u64)
        .collect()
}

/// Runs, and gives the events of the rows' outcomes besides.
pub(super) async fn run_with_events(
    service: &FakeService,
    journal: &FakeJournal,
    settings: &RunSettings,
) -> (RunEnd, Vec<(RowState, String)>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let observer: Observer = Arc::new(move |event| {
        if let Event::Finished { became, text, .. } = event {
            sink.lock().unwrap().push((became, text));
        }
    });
    let (service, journal) = (service.clone(), journal.clone());
    let stop = StopSwitch::default();
    let end = super::super::run(service, journal, key(), settings, stop, observer).await;
    let events = events.lock().unwrap().clone();
    (end, events)
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_found_by_looking_up() {
    let service = FakeService::new([Reply::Copy, Reply::LostAfterCommit(NOW)]);
    let journal = FakeJournal::with_rows(10);
    run_with(&service, &journal, &settling()).await;
    assert_each_once(&service, &journal);
    assert_eq!(journal.copied(), 10);
    assert_eq!(seconds(&service.seen.lock().unwrap().look_ups), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_shows_late_is_waited_for() {
    let mut service = FakeService::new([Reply::Copy, Reply::LostAfterCommit(NOW)]);
    service.lag = Duration::from_secs(20);
    let journal = FakeJournal::with_rows(3);
    run_with(&service, &journal, &settling()).await;
    assert_each_once(&service, &journal);
    assert_eq!(
        seconds(&service.seen.lock().unwrap().look_ups),
        [1, 2, 5, 15, 30]
    );
}

#[tokio::test(start_paused = true)]
async fn a_copy_made_after_the_connection_broke_is_not_made_again() {
    let late = Reply::LostAfterCommit(Duration::from_secs(40));
    let service = FakeService::new([Reply::Copy, late]);
    let journal = FakeJournal::with_rows(3);
    run_with(&service, &journal, &settling()).await;
    assert_each_once(&service, &journal);
}

#[tokio::test(start_paused = true)]
async fn an_absent_copy_is_made_again_after_the_window() {
    let service = FakeService::new([Reply::Copy, lost()]);
    let journal = FakeJournal::with_rows(3);
    run_with(&service, &journal, &settling()).await;
    assert_each_once(&service, &journal);
    assert_eq!(journal.copied(), 3);
    let seen = service.seen.lock().unwrap();
    assert_eq!(seconds(&seen.copies), [0, 0, 0, 60]);
    // The last but one is that of the known copy.
    assert_eq!(seconds(&seen.look_ups), [1, 2, 5, 15, 30, 45, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn without_a_known_copy_nothing_is_proven_and_nothing_sent_again() {
    let service = FakeService::new([lost()]);
    let journal = FakeJournal::with_rows(1);
    run_with(&service, &journal, &settling()).await;
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn look_ups_that_see_nothing_prove_nothing() {
    let mut service = FakeService::new([Reply::Copy, lost()]);
    service.lag = Duration::from_secs(3600);
    let journal = FakeJournal::with_rows(3);
    run_with(&service, &journal, &settling()).await;
    assert_eq!(journal.copied(), 2);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_older_proof_does_not_stand_for_what_comes_later() {
    let service = FakeService::new([Reply::Copy, Reply::LostAfterCommit(NOW)]);
    // The first copy is found, and proves look-ups as of now. Then they see nothing any more.
    let none = (0..40).map(|_| Reply::Body(r#"{"TotalCount":0}"#));
    let replies = [Reply::Copy].into_iter().chain(none);
    *service.look_replies.lock().unwrap() = replies.collect();
    let journal = FakeJournal::with_rows(3);
    run_with(&service, &journal, &with_canary()).await;
    assert!(*journal.is_proven.lock().unwrap());
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn one_proof_serves_every_row_that_has_no_newer_copy() {
    let service = FakeService::new([Reply::Copy, lost(), lost()]);
    let journal = FakeJournal::with_rows(3);
    run_with(&service, &journal, &settling()).await;
    assert_each_once(&service, &journal);
    // Seven of each row, and one of the known copy.
    assert_eq!(service.seen.lock().unwrap().look_ups.len(), 15);
}

#[tokio::test(start_paused = true)]
async fn an_absent_row_whose_day_is_over_is_not_sent_again() {
    let service = FakeService::new([Reply::Copy, lost()]);
    let journal = FakeJournal::with_rows(2);
    unsendable::expire_next_day(&mut journal.pending.lock().unwrap()[1]);
    let past_midnight = RunSettings {
        today: unsendable::until_midnight(1),
        ..settling()
    };
    let (_, events) = run_with_events(&service, &journal, &past_midnight).await;
    let (became, text) = &events[1];
    assert_eq!(*became, RowState::Failed(ErrorClass::Invalid));
    assert!(
        text.contains("no copy exists; column expires_on: "),
        "{text}"
    );
    assert_eq!(service.seen.lock().unwrap().copies.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_fits_in_part_is_neither_taken_nor_overlooked() {
    let other = r#"{"Sessions":[{"SigningSessionId":"bbbbbbbb-0000-4000-8000-000000000002",
        "TransactionId":"other"}]}"#;
    let service = FakeService::new([Reply::Copy, lost()]);
    *service.look_replies.lock().unwrap() = (0..40).map(|_| Reply::Body(other)).collect();
    let journal = FakeJournal::with_rows(2);
    let strict = RunSettings {
        max_uncertain: Some(1),
        ..settling()
    };
    let (end, events) = run_with_events(&service, &journal, &strict).await;
    assert_eq!(end.stop, Some(Stop::Uncertain(1)));
    let text = &events[1].1;
    assert!(
        text.contains("in part: bbbbbbbb-0000-4000-8000-000000000002"),
        "{text}"
    );
    let seen = service.seen.lock().unwrap();
    assert_eq!(seen.copies.len(), 2);
    // It may still turn out to be another's, until the window is over.
    assert_eq!(seconds(&seen.look_ups), [1, 2, 5, 15, 30, 45, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_was_looked_up_spares_no_canary() {
    let found = r#"{"Sessions":[{"SigningSessionId":"bbbbbbbb-0000-4000-8000-000000000001",
        "TransactionId":"t1","CreatedOn":"2025-01-01T00:00:00Z"}]}"#;
    for is_given in [true, false] {
        let service = FakeService::new([lost()]);
        service
            .look_replies
            .lock()
            .unwrap()
            .push_back(Reply::Body(found));
        let journal = FakeJournal::with_rows(1);
        if is_given {
            let mut fields = Fields::default();
            fields.set(crate::job::Column::SourceSessionId, SOURCE);
            fields.set(crate::job::Column::TransactionId, "t1");
            let request = CopyRequest::from_fields(&fields).unwrap();
            journal.pending.lock().unwrap()[0].request = request;
        }
        run_with(&service, &journal, &settling()).await;
        assert_eq!(journal.copied(), 1);
        assert!(!*journal.is_proven.lock().unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_left_no_copy_needs_no_proof() {
    let service = FakeService::new([bad_token()]);
    let journal = FakeJournal::with_rows(1);
    run_with(&service, &journal, &settling()).await;
    assert_eq!(journal.copied(), 1);
    assert_eq!(seconds(&service.seen.lock().unwrap().copies), [0, 60]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_row_out_of_tries_is_left_pending() {
    let service = FakeService::new([bad_token()]);
    let journal = FakeJournal::with_rows(2);
    let once = RunSettings {
        max_attempts: 1,
        limit: Some(1),
        ..settling()
    };
    let end = run_with(&service, &journal, &once).await;
    let pending = RowState::Pending(ErrorClass::Refused);
    assert_eq!(journal.count(|row| *row == pending), 1);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 1);
    assert!(!end.only_limited, "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn only_this_run_s_rows_without_proof_count_as_too_many() {
    let strict = RunSettings {
        max_uncertain: Some(3),
        ..with_canary()
    };
    let service = FakeService::new((0..4).map(|_| lost()));
    let journal = FakeJournal::with_rows(4);
    let end = run_with(&service, &journal, &strict).await;
    assert_eq!(end.stop, Some(Stop::Uncertain(3)));
    assert_eq!(service.seen.lock().unwrap().copies.len(), 3);
    let journal = FakeJournal::with_rows(4);
    let left = std::mem::take(&mut *journal.pending.lock().unwrap());
    *journal.uncertain.lock().unwrap() = left;
    let end = run_with(&FakeService::new([]), &journal, &strict).await;
    assert_eq!(end.stop, None);
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 4);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_proof_until_the_end_is_told_as_uncertain() {
    let service = FakeService::new([lost()]);
    let journal = FakeJournal::with_rows(1);
    let (_, events) = run_with_events(&service, &journal, &settling()).await;
    let [(RowState::Uncertain, text)] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(
        text.starts_with("reset; not settled: look-ups find no copy"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_row_is_sent_again_at_most_twice() {
    let service = FakeService::new([Reply::Copy, lost(), Reply::Copy, lost(), lost()]);
    let journal = FakeJournal::with_rows(3);
    run_with(&service, &journal, &settling()).await;
    assert_eq!(journal.copied(), 2);
    let failed = |row: &RowState| *row == RowState::Failed(ErrorClass::Unknown);
    assert_eq!(journal.count(failed), 1);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_null_answer_is_looked_up_like_a_lost_one() {
    let null = Reply::Status(200, None);
    let service = FakeService::new([Reply::Copy, Reply::WordlessAfterCommit(200), null]);
    let journal = FakeJournal::with_rows(4);
    run_with(&service, &journal, &settling()).await;
    assert_each_once(&service, &journal);
    assert_eq!(journal.copied(), 4);
}

#[tokio::test(start_paused = true)]
async fn look_ups_that_fail_decide_nothing() {
    let service = FakeService::new([Reply::Copy, lost()]);
    let bad = [
        Reply::Status(200, None),
        Reply::Status(500, None),
        Reply::Body(r#"{"Message":"Error","Details":[],"TotalCount":0,"Sessions":[]}"#),
        Reply::Body(r#"{"Details":[]}"#),
    ];
    let replies = (0..40).flat_map(|_| bad.clone());
    *service.look_replies.lock().unwrap() = replies.collect();
    let journal = FakeJournal::with_rows(3);
    run_with(&service, &journal, &settling()).await;
    assert_eq!(
        service.seen.lock().unwrap().copies.len(),
        3,
        "nothing is sent again"
    );
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_username_ends_look_ups() {
    let service = FakeService::new([Reply::Copy, lost(), lost()]);
    let words = r#"{"Message":"Error","Details":["Error: Username not found."]}"#;
    service
        .look_replies
        .lock()
        .unwrap()
        .push_back(Reply::Body(words));
    let journal = FakeJournal::with_rows(4);
    run_with(&service, &journal, &settling()).await;
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 2);
    assert_eq!(service.seen.lock().unwrap().look_ups.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn rows_that_share_id_and_title_are_not_settled() {
    let service = FakeService::new([Reply::Copy, Reply::LostAfterCommit(NOW)]);
    let mut journal = FakeJournal::with_rows(3);
    journal.is_shared = true;
    run_with(&service, &journal, &settling()).await;
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
    assert_eq!(service.seen.lock().unwrap().look_ups.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_look_ups_a_refusal_is_believed() {
    let service = FakeService::new([Reply::Copy, bad_token()]);
    let words = r#"{"Message":"Error","Details":["Error: Username not found."]}"#;
    let unknown = Reply::Body(words);
    service.look_replies.lock().unwrap().push_back(unknown);
    let journal = FakeJournal::with_rows(3);
    run_with(&service, &journal, &settling()).await;
    assert_eq!(journal.copied(), 3);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_is_held_is_not_even_looked_up() {
    let held = RunSettings {
        settles: false,
        ..settling()
    };
    let nameless = RunSettings {
        settles: true,
        ..settings()
    };
    for settings in [held, nameless] {
        let service = FakeService::new([]);
        let journal = FakeJournal::with_rows(3);
        let left = journal.pending.lock().unwrap().drain(..2).collect();
        *journal.uncertain.lock().unwrap() = left;
        let (_, events) = run_with_events(&service, &journal, &settings).await;
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(journal.copied(), 1);
        assert_eq!(journal.uncertain.lock().unwrap().len(), 2);
        assert_eq!(service.seen.lock().unwrap().look_ups.len(), 0);
    }
}
