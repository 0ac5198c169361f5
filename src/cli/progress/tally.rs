use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::ProgressSnapshot;

use crate::cli::output::{Bar, Message, Output, ProgressStyle};
use crate::executor::{Event, Observer};
use crate::job::{RowId, RowState, Status};
use crate::support::one_line;

/// Counts what a run tells of itself, and tells it on.
pub struct ProgressReporter {
    output: Output,
    tally: Mutex<Tally>,
}

/// Time between two lines.
const EVERY: Duration = Duration::from_secs(10);
/// The rate is that of so many seconds.
const LATELY: Duration = Duration::from_secs(10);
/// With fewer rows than that lately, the time left is judged by the whole run.
const FEW: u64 = 5;
/// A pause that is longer than the one that is on by less than that is not told again.
const SAME_PAUSE: Duration = Duration::from_secs(1);

impl ProgressReporter {
    /// Starts to count a run over so many rows.
    pub fn new(total: u64, output: Output) -> Arc<Self> {
        let tally = Mutex::new(Tally::new(total, Instant::now()));
        Arc::new(Self { output, tally })
    }

    /// What the executor tells its events to.
    pub fn observer(self: &Arc<Self>) -> Observer {
        let progress = Arc::clone(self);
        Arc::new(move |event| progress.take(&event))
    }

    /// Puts up the bar, if there is to be one.
    pub fn bar(self: &Arc<Self>) -> Option<Bar> {
        (self.output.progress() == ProgressStyle::Bar).then(|| {
            let progress = Arc::clone(self);
            self.output.show_bar(move |width| {
                let snapshot = progress.tally().snapshot(Instant::now());
                snapshot.bar(width, progress.output.has_color())
            })
        })
    }

    /// Tells a line every ten seconds, if lines are asked for, until dropped.
    pub async fn emit_lines(self: Arc<Self>) {
        if self.output.progress() != ProgressStyle::Plain {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(EVERY).await;
            let snapshot = self.tally().snapshot(Instant::now());
            self.output.emit(&snapshot.plain());
        }
    }

    fn take(&self, event: &Event) {
        let is_news = self.tally().take(event, Instant::now());
        match event {
            Event::Finished { row_id, row, text } => {
                if self.output.is_verbose() {
                    self.output.emit(&told_row(row_id, row, text));
                }
            }
            Event::Paused { wait, text } => {
                let is_told = is_news && self.output.progress() != ProgressStyle::None;
                if is_told || self.output.is_verbose() {
                    // Rounded up: a wait of 12 s has lost some microseconds on its way here.
                    let rounded = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                    let words = humantime::format_duration(Duration::from_secs(rounded));
                    let message = Message::info("paused", format!("pausing for {words}: {text}"));
                    let seconds = (wait.as_secs_f64() * 1000.0).round() / 1000.0;
                    self.output.emit(
                        &message
                            .with("wait_seconds", seconds)
                            .with("error", text.as_str()),
                    );
                }
            }
            Event::Retrying { row_id, text } => {
                let words = format!("row '{row_id}' is tried again: {}", one_line(text, 1000));
                let message = Message::debug("retrying", words)
                    .with("row_id", row_id.as_str())
                    .with("error", text.as_str());
                self.output.emit(&message);
            }
            Event::Settling { row_id, text } => {
                let words = format!("row '{row_id}' is looked up: {}", one_line(text, 1000));
                let message = Message::debug("settling", words)
                    .with("row_id", row_id.as_str())
                    .with("error", text.as_str());
                self.output.emit(&message);
            }
            Event::Notice { text } => self.output.emit(&Message::warn("notice", text)),
            Event::Sending { .. } => {}
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told_row(row_id: &RowId, row: &RowState, text: &str) -> Message {
    let (whole, text) = (text, one_line(text, 1000));
    let (message, status) = match row {
        RowState::Copied(id) => (
            Message::debug("row", format!("row '{row_id}' copied: {id}"))
                .with("new_session_id", id.to_string()),
            Status::Copied,
        ),
        RowState::Failed(_) => (
            Message::warn("row", format!("row '{row_id}' failed: {text}")),
            Status::Failed,
        ),
        RowState::Uncertain => (
            Message::warn("row", format!("row '{row_id}' is uncertain: {text}")),
            Status::Uncertain,
        ),
        RowState::Pending(_) => (
            Message::warn("row", format!("row '{row_id}' stays pending: {text}")),
            Status::Pending,
        ),
    };
    let message = message
        .with("row_id", row_id.as_str())
        .with("status", status.as_str());
    match row {
        RowState::Copied(_) => message,
        RowState::Failed(_) | RowState::Uncertain | RowState::Pending(_) => {
            message.with("error", whole)
        }
    }
}

/// The counts of a run, with what its rate and its pause are told from.
struct Tally {
    total: u64,
    copied: u64,
    failed: u64,
    uncertain: u64,
    postponed: u64,
    /// Rows that are looked up.
    settling: HashSet<RowId>,
    pause: Option<(Instant, String)>,
    started: Instant,
    /// How many rows were done at instants of late, oldest first.
    lately: VecDeque<(Instant, u64)>,
}

impl Tally {
    fn new(total: u64, now: Instant) -> Self {
        Self {
            total,
            copied: 0,
            failed: 0,
            uncertain: 0,
            postponed: 0,
            settling: HashSet::new(),
            pause: None,
            started: now,
            lately: VecDeque::from([(now, 0)]),
        }
    }

    /// Counts an event; whether it is news to somebody who looks at the bar.
    fn take(&mut self, event: &Event, now: Instant) -> bool {
        match event {
            Event::Settling { row_id, .. } => {
                self.settling.insert(row_id.clone());
            }
            Event::Retrying { row_id, .. } => {
                self.settling.remove(row_id);
            }
            Event::Finished { row_id, row, .. } => {
                self.settling.remove(row_id);
                *self.count(row) += 1;
            }
            Event::Sending { .. } | Event::Notice { .. } => {}
            Event::Paused { wait, text } => {
                let until = now + *wait;
                let known = self.pause.as_ref().map(|(until, _)| *until);
                let known = known.filter(|known| *known > now);
                if known.is_some_and(|known| known >= until) {
                    return false;
                }
                self.pause = Some((until, text.clone()));
                return known.is_none_or(|known| until - known >= SAME_PAUSE);
            }
        }
        true
    }

    fn count(&mut self, row: &RowState) -> &mut u64 {
        match row {
            RowState::Copied(_) => &mut self.copied,
            RowState::Failed(_) => &mut self.failed,
            RowState::Uncertain => &mut self.uncertain,
            RowState::Pending(_) => &mut self.postponed,
        }
    }

    fn snapshot(&mut self, now: Instant) -> ProgressSnapshot {
        let ended = self.copied + self.failed + self.uncertain + self.postponed;
        let (rate, has_clear_pair) = self.rate(now, ended);
        let pause = self
            .pause
            .as_ref()
            .map(|(until, why)| (until.saturating_duration_since(now), why.clone()))
            .filter(|(wait, _)| !wait.is_zero());
        let elapsed = now.saturating_duration_since(self.started).as_secs_f64();
        let pace = if has_clear_pair {
            rate
        } else {
            ended as f64 / elapsed.max(0.001)
        };
        // How long rows take that are looked up, no pace tells.
        let settling = self.settling.len() as u64;
        let rows_left = self.total.saturating_sub(ended + settling);
        let left = (ended > 0 && pace > 0.0 && (rows_left > 0 || settling == 0))
            .then(|| Duration::try_from_secs_f64(rows_left as f64 / pace).ok())
            .flatten()
            .map(|left| left + pause.as_ref().map_or(Duration::ZERO, |(wait, _)| *wait));
        ProgressSnapshot {
            total: self.total,
            copied: self.copied,
            failed: self.failed,
            uncertain: self.uncertain,
            waiting: rows_left + self.postponed,
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
            .is_some_and(|(then, _)| now.saturating_duration_since(*then) >= LATELY)
        {
            self.lately.pop_front();
        }
        let (then, before) = self.lately[0];
        let seconds = now.saturating_duration_since(then).as_secs_f64();
        let rows = ended - before;
        (rows as f64 / seconds.max(0.2), rows >= FEW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::ErrorClass;

    fn row(name: &str) -> RowId {
        RowId::parse(name).unwrap()
    }

    fn finished(name: &str, row_state: RowState) -> Event {
        Event::Finished {
            row_id: row(name),
            row: row_state,
            text: String::new(),
        }
    }

    fn retrying(name: &str) -> Event {
        let (row_id, text) = (row(name), String::new());
        Event::Retrying { row_id, text }
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
            Event::Sending { row_id: row("b") },
            finished("c", RowState::Pending(ErrorClass::NotSent)),
            finished("b", RowState::Uncertain),
            Event::Settling {
                row_id: settling,
                text,
            },
        ] {
            tally.take(&event, start);
        }
        let snapshot = tally.snapshot(start + Duration::from_secs(1));
        assert_eq!((snapshot.done(), snapshot.uncertain), (1, 1));
        assert_eq!((snapshot.settling, snapshot.waiting), (1, 7));
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let start = Instant::now();
        let mut tally = Tally::new(1000, start);
        let mut snapshot = ProgressSnapshot::default();
        for second in 1..=40_u64 {
            let rows = if second <= 20 { 10 } else { 2 };
            for _ in 0..rows {
                tally.take(&finished("x", RowState::Uncertain), start);
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
        assert!(tally.take(&paused(12), start));
        assert!(!tally.take(&paused(12), start + Duration::from_millis(20)));
        assert!(!tally.take(&paused(2), start));
        assert!(tally.take(&paused(30), start));
        let pause = |tally: &mut Tally, seconds| {
            let snapshot = tally.snapshot(start + Duration::from_secs(seconds));
            snapshot.pause.map(|(wait, _)| wait.as_secs())
        };
        assert_eq!(pause(&mut tally, 10), Some(20));
        assert_eq!(pause(&mut tally, 30), None);
    }
}
