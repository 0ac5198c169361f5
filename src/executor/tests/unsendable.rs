//! Rows of which no request is made: their day is over, or their cells are refused by now.

use std::cell::Cell;

use jiff::civil::{Date, date};

use super::*;
use crate::job::{CellValue, Column};

const FIRST_DAY: Date = date(2026, 3, 1);

thread_local! {
    /// How many more questions are answered with the first day.
    static BEFORE_MIDNIGHT: Cell<u32> = const { Cell::new(0) };
}

/// A calendar that turns to the next day after some questions.
pub(super) fn today() -> Date {
    let left = BEFORE_MIDNIGHT.get();
    BEFORE_MIDNIGHT.set(left.saturating_sub(1));
    match left {
        0 => FIRST_DAY.tomorrow().unwrap(),
        _ => FIRST_DAY,
    }
}

pub(super) fn until_midnight(questions: u32) -> fn() -> Date {
    BEFORE_MIDNIGHT.set(questions);
    today
}

/// The last day on which a copy of such a row may be made.
pub(super) fn expire_next_day(job: &mut Job) {
    let next_day = CellValue::Day(FIRST_DAY.tomorrow().unwrap());
    job.request.values.insert(Column::ExpiresOn, next_day);
}

fn rows(count: i64) -> FakeJournal {
    let journal = FakeJournal::with_rows(count);
    for job in journal.pending.lock().unwrap().iter_mut() {
        expire_next_day(job);
    }
    journal
}

fn one_after_the_other(questions: u32) -> RunSettings {
    RunSettings {
        client: one_at_a_time(),
        today: until_midnight(questions),
        ..settings()
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_whose_day_is_over_is_not_sent_and_stops_nothing() {
    let journal = rows(40);
    let later = FIRST_DAY.checked_add(jiff::Span::new().days(9)).unwrap();
    let expire_later = |job: &mut Job| {
        let values = &mut job.request.values;
        values.insert(Column::ExpiresOn, CellValue::Day(later));
    };
    expire_later(&mut journal.pending.lock().unwrap()[39]);
    let service = FakeService::new([]);
    let end = run_with(&service, &journal, &one_after_the_other(10)).await;
    assert_eq!(end.stop, None, "no service refused anything");
    assert_eq!(
        journal.copied(),
        11,
        "ten before midnight, and one that has time"
    );
    let is_late = |row: &RowState| *row == RowState::Failed(ErrorClass::Invalid);
    assert_eq!(journal.count(is_late), 29);
    assert_eq!(service.seen.lock().unwrap().copies.len(), 11);
    assert_eq!(journal.attempts.load(Ordering::Relaxed), 11);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_is_not_sent_uses_up_no_limit() {
    let journal = rows(3);
    let unlimited = |job: &mut Job| job.request.values.remove(&Column::ExpiresOn);
    unlimited(&mut journal.pending.lock().unwrap()[2]);
    let service = FakeService::new([]);
    let pilot = RunSettings {
        limit: Some(1),
        ..one_after_the_other(0)
    };
    run_with(&service, &journal, &pilot).await;
    assert_eq!(journal.copied(), 1);
    assert_eq!(journal.states.lock().unwrap().len(), 3);
}

/// More of them than one claim gives, and the run goes on behind them.
#[tokio::test(start_paused = true)]
async fn rows_that_today_s_limits_refuse_fail_and_the_others_are_sent() {
    let journal = FakeJournal {
        last_invalid: 300,
        ..FakeJournal::with_rows(310)
    };
    let service = FakeService::new([]);
    let pilot = RunSettings {
        limit: Some(9),
        ..settings()
    };
    let end = run_with(&service, &journal, &pilot).await;
    assert_eq!((end.stop, end.only_limited), (None, true));
    let is_invalid = |row: &RowState| *row == RowState::Failed(ErrorClass::Invalid);
    assert_eq!((journal.count(is_invalid), journal.copied()), (300, 9));
}
