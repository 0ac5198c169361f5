//! What the service asks to wait, and how long it is waited for when it asks for nothing.

use super::settling::{seconds, settling};
use super::*;

/// Runs, and gives the notices.
pub(super) async fn noticed(
    service: &FakeService,
    journal: &FakeJournal,
    settings: &RunSettings,
) -> (RunEnd, Vec<String>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let observer: Observer = Arc::new(move |event| {
        if let Event::Notice { text } = event {
            sink.lock().unwrap().push(text);
        }
    });
    let (service, journal) = (service.clone(), journal.clone());
    let stop = StopSwitch::default();
    let end = super::super::run(service, journal, key(), settings, stop, observer).await;
    let events = events.lock().unwrap().clone();
    (end, events)
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_second_and_the_longest_of_a_list_are_waited_for() {
    for (asked, expected) in [("5.5", 6), ("2, 1", 2), ("+2", 2)] {
        let service = FakeService::new([Reply::Status(429, Some(asked))]);
        let journal = FakeJournal::with_rows(1);
        let (end, events) = noticed(&service, &journal, &settings()).await;
        assert_eq!((end.stop, events), (None, vec![]), "{asked}");
        let copies = seconds(&service.seen.lock().unwrap().copies);
        assert_eq!(copies, [0, expected], "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_t_be_read_is_said_once_and_backed_off_from() {
    let asked = [Some("soon"), Some("in a \u{7f}while"), None];
    let service = FakeService::new(asked.map(|asked| Reply::Status(429, asked)));
    let soon = Some("soon");
    *service.token_replies.lock().unwrap() = [Reply::Status(503, soon)].into();
    *service.look_replies.lock().unwrap() = [Reply::Status(429, soon)].into();
    let journal = FakeJournal::with_rows(1);
    let start = Instant::now();
    let (end, events) = noticed(&service, &journal, &settling()).await;
    assert_eq!(end.stop, None);
    assert_eq!(journal.copied(), 1);
    let [text] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert!(text.contains("can't be read: 'soon'"), "{text}");
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(1_500), "{took:?}");
}
