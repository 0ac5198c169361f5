//! Answers without a word, after copies that were made and after such that were not.

use super::canary::with_canary;
use super::settling::{assert_each_once, bad_token, lost, seconds, settling};
use super::*;

const NULL: Reply = Reply::Status(200, None);

/// One token for all calls, one call at a time.
fn reusing() -> RunSettings {
    RunSettings {
        client: ClientSettings {
            token_reuse: Duration::from_secs(3_600),
            ..one_at_a_time()
        },
        ..settings()
    }
}

fn reusing_and_settling() -> RunSettings {
    let mut settings = settling();
    settings.client.token_reuse = Duration::from_secs(3_600);
    settings
}

fn reads_meet(service: &FakeService, replies: impl IntoIterator<Item = Reply>) {
    *service.read_replies.lock().unwrap() = replies.into_iter().collect();
}

fn copies(service: &FakeService) -> usize {
    service.seen.lock().unwrap().copies.len()
}

async fn run_with_ready_token(
    service: &FakeService,
    journal: &FakeJournal,
    settings: &RunSettings,
) -> RunEnd {
    let (service, journal) = (service.clone(), journal.clone());
    let ready = Credentials::Token("ready".to_owned().into());
    let (stop, observer) = (StopSwitch::default(), Arc::new(|_: Event| {}));
    super::super::run(service, journal, ready, settings, stop, observer).await
}

/// No row was copied twice, and every row that may have a copy is uncertain.
fn assert_none_twice(service: &FakeService, journal: &FakeJournal) {
    let seen = service.seen.lock().unwrap();
    let mut made: Vec<&String> = seen.commits.iter().map(|commit| &commit.1).collect();
    made.sort();
    made.dedup();
    assert_eq!(made.len(), seen.commits.len(), "{:?}", seen.commits);
    let uncertain = journal.count(|row| *row == RowState::Uncertain);
    assert_eq!(journal.copied() + uncertain, made.len());
}

#[tokio::test(start_paused = true)]
async fn a_service_that_makes_every_copy_and_says_nothing_makes_none_twice() {
    for status in [200, 201, 202, 204, 206] {
        for settings in [settings(), reusing()] {
            let service = FakeService::new(vec![Reply::WordlessAfterCommit(status); 100]);
            let journal = FakeJournal::with_rows(50);
            let end = run_with(&service, &journal, &settings).await;
            assert!(matches!(end.stop, Some(Stop::Nulls(3..=6))), "{end:?}");
            assert_none_twice(&service, &journal);
            assert!(
                copies(&service) <= 6,
                "three, and what was out with the third"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_null_to_a_token_that_a_read_shows_good_is_unknown() {
    let service = FakeService::new([Reply::Copy, Reply::WordlessAfterCommit(200)]);
    let journal = FakeJournal::with_rows(3);
    let end = run_with(&service, &journal, &reusing()).await;
    assert_eq!((end.stop, copies(&service)), (None, 3));
    assert_none_twice(&service, &journal);
    assert_eq!(service.seen.lock().unwrap().reads.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_a_null_is_a_read_s_word_against_the_token() {
    let nothing = [
        Reply::Status(401, None),
        Reply::Status(204, None),
        Reply::Status(500, None),
        Reply::Fail(Failure::Unknown("reset".into())),
        bad_token(),
    ];
    for read in nothing {
        let service = FakeService::new([Reply::Copy, Reply::WordlessAfterCommit(200)]);
        reads_meet(&service, [read.clone()]);
        let journal = FakeJournal::with_rows(3);
        run_with(&service, &journal, &reusing()).await;
        assert_none_twice(&service, &journal);
        assert_eq!(copies(&service), 3, "{read:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_replaced() {
    let service = FakeService::new([Reply::Copy, NULL]);
    reads_meet(&service, [NULL]);
    let journal = FakeJournal::with_rows(4);
    let end = run_with(&service, &journal, &reusing()).await;
    assert_eq!((end.stop, journal.copied()), (None, 4));
    let seen = service.seen.lock().unwrap();
    assert_eq!((seen.copies.len(), seen.tokens.len()), (5, 2));
}

#[tokio::test(start_paused = true)]
async fn a_row_is_told_so_once() {
    let service = FakeService::new([Reply::Copy, NULL, Reply::WordlessAfterCommit(200)]);
    reads_meet(&service, vec![NULL; 9]);
    let journal = FakeJournal::with_rows(4);
    let end = run_with(&service, &journal, &reusing()).await;
    assert_eq!(end.stop, None);
    assert_none_twice(&service, &journal);
    assert_eq!(journal.copied(), 3);
    assert_eq!(service.seen.lock().unwrap().reads.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_null_is_settled_with_the_proof_of_a_lost_answer() {
    // The row was refused, or it is not known: neither is sent again on a zero that proves nothing.
    let no = Reply::Body(r#"{"Message":"Error","Details":["no such session"]}"#);
    for settings in [reusing_and_settling(), settling()] {
        let service = FakeService::new([no.clone(), NULL]);
        reads_meet(&service, [NULL]);
        let journal = FakeJournal::with_rows(2);
        run_with(&service, &journal, &settings).await;
        assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
        assert_eq!(copies(&service), 2);
    }
    for settings in [reusing_and_settling(), settling()] {
        let service = FakeService::new([Reply::Copy, NULL]);
        reads_meet(&service, [NULL]);
        let journal = FakeJournal::with_rows(2);
        run_with(&service, &journal, &settings).await;
        assert_each_once(&service, &journal);
        assert_eq!(seconds(&service.seen.lock().unwrap().copies), [0, 0, 60]);
    }
}

#[tokio::test(start_paused = true)]
async fn without_look_ups_an_expired_token_is_simply_replaced() {
    let service = FakeService::new([Reply::Copy, NULL]);
    reads_meet(&service, [NULL]);
    let words = r#"{"Message":"Error","Details":["Error: Username not found."]}"#;
    *service.look_replies.lock().unwrap() = [Reply::Body(words)].into();
    let journal = FakeJournal::with_rows(3);
    let end = run_with(&service, &journal, &reusing_and_settling()).await;
    assert_eq!((end.stop, journal.copied(), copies(&service)), (None, 3, 4));
}

#[tokio::test(start_paused = true)]
async fn only_nulls_in_a_row_stop_the_run() {
    let null = || Reply::WordlessAfterCommit(204);
    let held = RunSettings {
        client: one_at_a_time(),
        ..settings()
    };
    // Whatever answer is between them; what is none is not.
    let server_error = Reply::Status(500, None);
    for (between, stops) in [
        (Reply::Copy, false),
        (server_error, false),
        (Reply::Status(429, Some("0")), false),
        (lost(), true),
        (no_connection(), true),
    ] {
        let replies = [null(), null(), between.clone(), null()];
        let service = FakeService::new(replies);
        let journal = FakeJournal::with_rows(9);
        let end = run_with(&service, &journal, &held).await;
        let stop = stops.then_some(Stop::Nulls(3));
        assert_eq!(end.stop, stop, "{between:?}");
        assert!(!stops || copies(&service) == 4);
    }
}

#[tokio::test(start_paused = true)]
async fn a_ready_token_s_first_null_stops_the_run() {
    for (before, read) in [(0, Reply::Copy), (1, Reply::Copy), (1, NULL)] {
        let replies = std::iter::repeat_n(Reply::Copy, before);
        let replies = replies.chain(vec![Reply::WordlessAfterCommit(200); 9]);
        let service = FakeService::new(replies);
        reads_meet(&service, [read.clone()]);
        let journal = FakeJournal::with_rows(9);
        let alone = RunSettings {
            client: one_at_a_time(),
            ..settings()
        };
        let end = run_with_ready_token(&service, &journal, &alone).await;
        match read {
            Reply::Copy => assert_eq!(end.stop, Some(Stop::Nulls(1))),
            _ => assert!(matches!(end.stop, Some(Stop::Credentials(_))), "{end:?}"),
        }
        assert_eq!(copies(&service), before + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn settling_goes_on_after_the_stop() {
    let null = Reply::WordlessAfterCommit(200);
    let service = FakeService::new([Reply::Copy, null.clone(), NULL, null]);
    let journal = FakeJournal::with_rows(9);
    let start = Instant::now();
    let end = run_with(&service, &journal, &settling()).await;
    assert_eq!(end.stop, Some(Stop::Nulls(3)));
    assert_eq!((copies(&service), journal.copied()), (4, 3));
    // The one that was not made is proven absent, and left to the next run.
    let absent = RowState::Pending(ErrorClass::Unknown);
    assert_eq!(journal.count(|row| *row == absent), 1);
    assert_eq!(start.elapsed().as_secs(), 60);
    // With a ready token as well: it is still good for reads.
    let service = FakeService::new([Reply::WordlessAfterCommit(200)]);
    let journal = FakeJournal::with_rows(9);
    let end = run_with_ready_token(&service, &journal, &settling()).await;
    assert_eq!(end.stop, Some(Stop::Nulls(1)));
    assert_eq!((copies(&service), journal.copied()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_the_settling_after_the_stop() {
    let service = FakeService::new([Reply::Copy, NULL, NULL, NULL]);
    let journal = FakeJournal::with_rows(9);
    let (stop, start) = (StopSwitch::default(), Instant::now());
    let later = stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        later.signal(Signal::Interrupt);
    });
    let end = run_stoppable(&service, &journal, &settling(), stop).await;
    assert_eq!((end.stop, end.is_urgent), (Some(Stop::Nulls(3)), false));
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 3);
}

#[tokio::test(start_paused = true)]
async fn a_second_reason_ends_the_settling_too() {
    let service = FakeService::new([Reply::Copy, NULL, NULL, NULL]);
    // The token calls of four copies, then a word about the key.
    let goods = vec![Reply::Copy; 4];
    let refused = Reply::Status(403, None);
    *service.token_replies.lock().unwrap() = goods.into_iter().chain([refused]).collect();
    let journal = FakeJournal::with_rows(9);
    let end = run_with(&service, &journal, &settling()).await;
    assert_eq!(end.stop, Some(Stop::Nulls(3)));
    assert_eq!(service.seen.lock().unwrap().look_ups.len(), 0);
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 3);
}

#[tokio::test(start_paused = true)]
async fn a_first_copy_without_a_word_is_settled_before_the_next_goes() {
    for status in [200, 204] {
        let service = FakeService::new([Reply::WordlessAfterCommit(status)]);
        let journal = FakeJournal::with_rows(5);
        let end = run_with(&service, &journal, &with_canary()).await;
        assert_eq!(end.stop, None);
        assert_each_once(&service, &journal);
        let seen = service.seen.lock().unwrap();
        assert_eq!(seconds(&seen.copies), [0, 1, 1, 1, 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn first_copies_without_a_word_that_are_held_stop_the_run() {
    let held = RunSettings {
        has_canary: true,
        ..settings()
    };
    let service = FakeService::new(vec![Reply::WordlessAfterCommit(204); 9]);
    let journal = FakeJournal::with_rows(9);
    let end = run_with(&service, &journal, &held).await;
    assert_eq!(end.stop, Some(Stop::Nulls(3)));
    assert_eq!(copies(&service), 3, "they go one at a time");
    assert_none_twice(&service, &journal);
}

#[tokio::test(start_paused = true)]
async fn a_guard_of_sending_does_not_end_the_settling() {
    let null = || Reply::WordlessAfterCommit(200);
    let service = FakeService::new([Reply::Copy, null(), null(), null()]);
    let two = r#"{"Sessions":[{"Id":"bbbbbbbb-0000-4000-8000-000000000001"},
        {"Id":"bbbbbbbb-0000-4000-8000-000000000002"}]}"#;
    *service.look_replies.lock().unwrap() = [Reply::Body(two)].into();
    let journal = FakeJournal::with_rows(9);
    let strict = RunSettings {
        max_uncertain: Some(1),
        ..settling()
    };
    let end = run_with(&service, &journal, &strict).await;
    assert_eq!(end.stop, Some(Stop::Nulls(3)));
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 1);
    assert_eq!(journal.copied(), 3);
}
