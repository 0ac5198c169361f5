//! Token calls that bring no token.

use super::canary::with_canary;
use super::settling::{lost, settling};
use super::*;

fn meets(service: &FakeService, replies: impl IntoIterator<Item = Reply>) {
    *service.token_replies.lock().unwrap() = replies.into_iter().collect();
}

fn down() -> Reply {
    Reply::Status(503, None)
}

/// Every way for a token call to fail that is no word about the key.
fn troubles() -> Vec<Reply> {
    vec![
        down(),
        Reply::Status(502, None),
        Reply::Status(429, None),
        Reply::Status(404, None),
        Reply::Fail(Failure::Unknown("connection reset".into())),
        Reply::Fail(Failure::NotConnected("refused".into())),
        Reply::Body(r#"{"ReturnValue":"tok"#),
        Reply::Body("<html></html>"),
        Reply::Body("null"),
        Reply::Status(503, Some("2")),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_passing_outage_costs_no_row_and_no_attempt() {
    for trouble in troubles() {
        let service = FakeService::new([]);
        let outage = std::iter::repeat_n(trouble.clone(), 2);
        meets(
            &service,
            [Reply::Copy, Reply::Copy].into_iter().chain(outage),
        );
        let journal = FakeJournal::with_rows(20);
        let once = RunSettings {
            max_attempts: 1,
            ..settings()
        };
        let end = run_with(&service, &journal, &once).await;
        assert_eq!(end.stop, None, "{trouble:?}");
        assert_eq!(journal.copied(), 20, "{trouble:?}");
        assert_eq!(service.seen.lock().unwrap().copies.len(), 20);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_token_the_run_stops_in_time() {
    // The service's first answer may be that it has none.
    for (good, patience) in [(0, 30), (1, 300)] {
        for trouble in [down(), no_connection(), Reply::Body("{}x")] {
            let service = FakeService::new([]);
            let goods = std::iter::repeat_n(Reply::Copy, good);
            meets(&service, goods.chain(vec![trouble.clone(); 10_000]));
            let journal = FakeJournal::with_rows(10);
            let start = Instant::now();
            let end = run_with(&service, &journal, &settings()).await;
            let Some(Stop::Unreachable(text)) = &end.stop else {
                panic!("{end:?}");
            };
            assert!(text.starts_with("no token for "), "{text}");
            let seconds = start.elapsed().as_secs();
            assert!((patience..=patience + 1).contains(&seconds), "{seconds}");
            let calls = service.seen.lock().unwrap().tokens.len();
            assert!(calls < 120, "{calls} calls are no backoff");
            let not_sent = RowState::Pending(ErrorClass::NotSent);
            assert!(journal.count(|row| *row == not_sent) > 0, "{trouble:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_asked_for_is_longer_than_our_patience() {
    let service = FakeService::new([]);
    meets(&service, [Reply::Status(503, Some("40"))]);
    let journal = FakeJournal::with_rows(1);
    let end = run_with(&service, &journal, &settings()).await;
    assert_eq!((end.stop, journal.copied()), (None, 1));
    let copied_at = service.seen.lock().unwrap().copies[0];
    assert!(copied_at >= Duration::from_secs(40), "{copied_at:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_nothing_is_still_a_pause() {
    let service = FakeService::new([]);
    meets(&service, vec![Reply::Status(429, Some("0")); 10_000]);
    let end = run_with(&service, &FakeJournal::with_rows(9), &settings()).await;
    assert!(matches!(end.stop, Some(Stop::Unreachable(_))), "{end:?}");
    let calls = service.seen.lock().unwrap().tokens.len();
    assert!(calls < 120, "{calls} calls are no backoff");
}

#[tokio::test(start_paused = true)]
async fn a_word_about_the_key_stops_the_run_at_once() {
    let text = r#"{"Message":"Error","Details":["Error: Something."]}"#;
    for refusal in [
        Reply::Status(401, None),
        Reply::Status(403, None),
        Reply::Body(text),
    ] {
        let service = FakeService::new([]);
        meets(&service, vec![refusal; 4]);
        let journal = FakeJournal::with_rows(10);
        let start = Instant::now();
        let end = run_with(&service, &journal, &settings()).await;
        assert!(matches!(end.stop, Some(Stop::Credentials(_))), "{end:?}");
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(service.seen.lock().unwrap().copies.len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn nulls_count_with_a_pause_between_them() {
    // Four calls are out at once: their nulls are one.
    let service = FakeService::new([]);
    meets(&service, vec![Reply::Body("null"); 100]);
    let start = Instant::now();
    let end = run_with(&service, &FakeJournal::with_rows(10), &settings()).await;
    assert!(matches!(end.stop, Some(Stop::Credentials(_))), "{end:?}");
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(750), "{took:?}");
    assert!(took <= Duration::from_millis(1_500), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_first_copy_is_read_back_once_there_is_a_token() {
    let service = FakeService::new([]);
    meets(&service, [Reply::Copy].into_iter().chain(vec![down(); 6]));
    let journal = FakeJournal::with_rows(3);
    let end = run_with(&service, &journal, &with_canary()).await;
    assert_eq!((end.stop, journal.copied()), (None, 3));
}

#[tokio::test(start_paused = true)]
async fn a_row_is_looked_up_once_there_is_a_token() {
    let service = FakeService::new([Reply::Copy, lost()]);
    // Two minutes: longer than look-ups without an answer are gone on with.
    let outage = vec![down(); 8];
    meets(
        &service,
        [Reply::Copy, Reply::Copy].into_iter().chain(outage),
    );
    let journal = FakeJournal::with_rows(2);
    let end = run_with(&service, &journal, &settling()).await;
    assert_eq!((end.stop, journal.copied()), (None, 2));
}

#[tokio::test(start_paused = true)]
async fn words_of_a_read_are_told_without_its_token() {
    let service = FakeService::new([]);
    let words = r#"{"Message":"Error","Details":["Who is token, and where is the salt?"]}"#;
    *service.read_replies.lock().unwrap() = vec![Reply::Body(words); 3].into();
    let journal = FakeJournal::with_rows(1);
    let end = run_with(&service, &journal, &with_canary()).await;
    let Some(Stop::Canary(text)) = end.stop else {
        panic!("{end:?}");
    };
    let expected = "the service said: Who is [secret], and where is the [secret]?";
    assert!(text.ends_with(expected), "{text}");
}

#[tokio::test(start_paused = true)]
async fn words_that_refuse_a_token_are_told_without_it() {
    let words = r#"{"Message":"Error","Details":["Error: Bad Token token"]}"#;
    let service = FakeService::new(vec![Reply::Body(words); 3]);
    let end = run_with(&service, &FakeJournal::with_rows(1), &settings()).await;
    let expected = "Error: Bad Token [secret] (last for row 1)";
    assert_eq!(end.stop, Some(Stop::Credentials(expected.into())));
}
