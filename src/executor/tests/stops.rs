//! What stops a run, and what comes after it.

use super::*;

/// Runs with three copies that hang and one that brings the stop, and signals at the times said.
async fn stopped_then_signalled(first: Reply, signals: &[u64]) -> (RunEnd, FakeJournal, Duration) {
    let replies = [first, Reply::Hang, Reply::Hang, Reply::Hang];
    let (service, journal) = (FakeService::new(replies), FakeJournal::with_rows(50));
    let (stop, start) = (StopSwitch::default(), Instant::now());
    let (sending, signals) = (stop.clone(), signals.to_vec());
    let signaller = tokio::spawn(async move {
        for at in signals {
            tokio::time::sleep_until(start + Duration::from_secs(at)).await;
            sending.signal(Signal::Interrupt);
        }
    });
    let strict = RunSettings {
        max_failures: MaxFailures::Rows(1),
        ..settings()
    };
    let end = run_stoppable(&service, &journal, &strict, stop).await;
    signaller.abort();
    (end, journal, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_signal_during_another_stop_only_shortens_its_drain() {
    let no = Reply::Body(r#"{"Message":"Error","Details":["no such session"]}"#);
    let refused = Reply::Status(401, None);
    for (first, is_it) in [
        (
            no,
            (|stop| matches!(stop, Stop::Failures(1))) as fn(&Stop) -> bool,
        ),
        (refused.clone(), |stop| matches!(stop, Stop::Signal(_))),
    ] {
        let (end, journal, took) = stopped_then_signalled(first, &[10]).await;
        assert!(end.stop.as_ref().is_some_and(is_it), "{end:?}");
        assert!(!end.is_urgent);
        assert_eq!(took.as_secs(), 40, "the grace of a signal");
        assert_eq!(journal.count(|row| *row == RowState::Uncertain), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_during_another_stop_ends_it_at_once() {
    let no = Reply::Body(r#"{"Message":"Error","Details":["no such session"]}"#);
    let (end, journal, took) = stopped_then_signalled(no, &[10, 12]).await;
    assert_eq!(end.stop, Some(Stop::Failures(1)));
    assert!(end.is_urgent);
    assert_eq!(took.as_secs(), 12);
    assert_eq!(journal.count(|row| *row == RowState::Uncertain), 3);
}

#[test]
fn the_first_reason_stays_unless_nothing_can_be_recorded() {
    let stop = StopSwitch::default();
    let canary = Stop::Canary("it differs".into());
    stop.stop(canary.clone());
    stop.stop(Stop::Failures(3));
    stop.signal(Signal::Terminate);
    assert_eq!(stop.reason(), Some(canary));
    let full = Stop::Journal("disk full".into());
    stop.stop(full.clone());
    stop.stop(Stop::Journal("again".into()));
    assert_eq!(stop.reason(), Some(full));
}
