//! The counts of a run as its events come, and the rate and the time left that follow from them.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::snapshot::ProgressSnapshot;
use crate::executor::Event;
use crate::job::{RowCounts, RowId};

/// The rate is that of so many seconds.
const RATE_WINDOW: Duration = Duration::from_secs(10);
/// With fewer rows than that lately, the time left is judged by the whole run.
const MIN_ROWS: u64 = 5;
/// Without an event for so long, a run that looks rows up seems to stand still.
const STALLED_AFTER: Duration = Duration::from_secs(5);
/// A pause that ends later than the one that is on by less than that is no news.
const SAME_PAUSE: Duration = Duration::from_secs(1);

/// The counts of a run, with what its rate and its pause are worked out from.
pub(super) struct Tally {
    total: u64,
    /// Rows that this run is through with, pending those that it put off.
    ended: RowCounts,
    /// Rows that are looked up.
    settling: HashSet<RowId>,
    pause: Option<(Instant, String)>,
    started: Instant,
    /// When something happened last.
    last_event: Instant,
    /// How many rows had ended at instants of late, oldest first.
    lately: VecDeque<(Instant, u64)>,
}

impl Tally {
    pub(super) fn new(total: u64, now: Instant) -> Self {
        Self {
            total,
            ended: RowCounts::default(),
            settling: HashSet::new(),
            pause: None,
            started: now,
            last_event: now,
            lately: VecDeque::from([(now, 0)]),
        }
    }

    /// Counts an event; whether it is news to somebody who looks at the bar.
    pub(super) fn add(&mut self, event: &Event, now: Instant) -> bool {
        self.last_event = now;
        match event {
            Event::Settling { row, .. } => {
                self.settling.insert(row.row_id.clone());
            }
            Event::Retrying { row, .. } => {
                self.settling.remove(&row.row_id);
            }
            Event::Finished { row, became, .. } => {
                self.settling.remove(&row.row_id);
                *self.ended.of_mut(became.status()) += 1;
            }
            Event::Notice { .. } => {}
            Event::Paused { wait, text } => {
                let until = now + *wait;
                let current = self.pause.as_ref().map(|(until, _)| *until);
                let current = current.filter(|current| *current > now);
                if current.is_some_and(|current| current >= until) {
                    return false;
                }
                self.pause = Some((until, text.clone()));
                return current.is_none_or(|current| until - current >= SAME_PAUSE);
            }
        }
        true
    }

    /// How many rows are looked up, where nothing else has happened for some time.
    pub(super) fn stalled_by_lookups(&self, now: Instant) -> Option<u64> {
        let is_still = now.saturating_duration_since(self.last_event) >= STALLED_AFTER;
        let settling = self.settling.len() as u64;
        Some(settling).filter(|settling| is_still && *settling > 0)
    }

    /// How the run stands now.
    pub(super) fn snapshot(&mut self, now: Instant) -> ProgressSnapshot {
        let ended = self.ended.total();
        let (rate, is_enough) = self.rate(now, ended);
        let pause = self
            .pause
            .as_ref()
            .map(|(until, why)| (until.saturating_duration_since(now), why.clone()))
            .filter(|(wait, _)| !wait.is_zero());
        let elapsed = now.saturating_duration_since(self.started).as_secs_f64();
        let pace = if is_enough {
            rate
        } else {
            ended as f64 / elapsed.max(0.001)
        };
        // How long rows take that are looked up, no pace says.
        let settling = self.settling.len() as u64;
        let rows_left = self.total.saturating_sub(ended + settling);
        let left = (ended > 0 && pace > 0.0 && (rows_left > 0 || settling == 0))
            .then(|| Duration::try_from_secs_f64(rows_left as f64 / pace).ok())
            .flatten()
            .map(|left| left + pause.as_ref().map_or(Duration::ZERO, |(wait, _)| *wait));
        let mut counts = self.ended;
        counts.pending += rows_left;
        ProgressSnapshot {
            total: self.total,
            counts,
            settling,
            rate,
            left,
            pause,
        }
    }

    /// Rows ended in a second, of late, and whether they are enough to judge by.
    fn rate(&mut self, now: Instant, ended: u64) -> (f64, bool) {
        self.lately.push_back((now, ended));
        // The oldest is at least that long ago, once there is one.
        while self
            .lately
            .get(1)
            .is_some_and(|(then, _)| now.saturating_duration_since(*then) >= RATE_WINDOW)
        {
            self.lately.pop_front();
        }
        let (then, before) = self.lately[0];
        let seconds = now.saturating_duration_since(then).as_secs_f64();
        let rows = ended - before;
        (rows as f64 / seconds.max(0.2), rows >= MIN_ROWS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::NamedRow;
    use crate::job::{ErrorClass, RowState};

    fn row(name: &str) -> NamedRow {
        NamedRow {
            row_id: RowId::parse(name).unwrap(),
            name: name.into(),
        }
    }

    fn finished(name: &str, row_state: RowState) -> Event {
        Event::Finished {
            row: row(name),
            became: row_state,
            text: String::new(),
        }
    }

    fn retrying(name: &str) -> Event {
        let (row, text) = (row(name), String::new());
        Event::Retrying { row, text }
    }

    #[test]
    fn every_row_is_counted_once() {
        let start = Instant::now();
        let mut tally = Tally::new(9, start);
        let (settling, text) = (row("d"), String::new());
        for event in [
            retrying("a"),
            retrying("a"),
            retrying("b"),
            finished("c", RowState::Pending(ErrorClass::NotSent)),
            finished("b", RowState::Uncertain),
            Event::Settling {
                row: settling,
                text,
            },
        ] {
            tally.add(&event, start);
        }
        let snapshot = tally.snapshot(start + Duration::from_secs(1));
        assert_eq!((snapshot.done(), snapshot.counts.uncertain), (1, 1));
        assert_eq!((snapshot.settling, snapshot.counts.pending), (1, 7));
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let start = Instant::now();
        let mut tally = Tally::new(1000, start);
        let mut snapshot = ProgressSnapshot::default();
        for second in 1..=40_u64 {
            let rows = if second <= 20 { 10 } else { 2 };
            for _ in 0..rows {
                tally.add(&finished("x", RowState::Uncertain), start);
            }
            snapshot = tally.snapshot(start + Duration::from_secs(second));
        }
        assert!((snapshot.rate - 2.0).abs() < 0.3, "{}", snapshot.rate);
        let left = snapshot.left.unwrap().as_secs();
        assert!((330..=430).contains(&left), "{left}");
    }

    #[test]
    fn a_pause_counts_down_and_is_news_once() {
        let start = Instant::now();
        let mut tally = Tally::new(5, start);
        let paused = |seconds| Event::Paused {
            wait: Duration::from_secs(seconds),
            text: "later".into(),
        };
        assert!(tally.add(&paused(12), start));
        assert!(!tally.add(&paused(12), start + Duration::from_millis(20)));
        assert!(!tally.add(&paused(2), start));
        assert!(tally.add(&paused(30), start));
        let pause = |tally: &mut Tally, seconds| {
            let snapshot = tally.snapshot(start + Duration::from_secs(seconds));
            snapshot.pause.map(|(wait, _)| wait.as_secs())
        };
        assert_eq!(pause(&mut tally, 10), Some(20));
        assert_eq!(pause(&mut tally, 30), None);
    }
}
