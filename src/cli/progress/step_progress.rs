//! How far a step before or after the sending is, for lists that take long: reading, importing, writing.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::reporter::LINE_INTERVAL;
use crate::cli::output::{Bar, ProgressStyle};
use crate::cli::{Message, Output};
use crate::support::counted;

/// A step that takes less is not worth a word.
const SHORT: Duration = Duration::from_secs(1);
/// The clock is asked once for so many rows.
const ROWS_PER_LOOK: u64 = 512;

/// Counts the rows of a step, and shows them as its output is to show progress.
pub struct StepProgress {
    output: Output,
    step: Arc<Step>,
    began: Instant,
    last_line: Cell<Instant>,
    bar: RefCell<Option<Bar>>,
}

struct Step {
    /// What is done: `reading mailing.csv`.
    what: Mutex<String>,
    rows: AtomicU64,
}

impl Step {
    fn describe(&self) -> String {
        let what = self.what.lock().unwrap_or_else(PoisonError::into_inner);
        match self.rows.load(Ordering::Relaxed) {
            0 => format!("{what} ..."),
            rows => format!("{what}: {}", counted(rows, "row")),
        }
    }
}

impl StepProgress {
    /// Begins a step.
    pub fn new(output: &Output, what: String) -> Self {
        let began = Instant::now();
        Self {
            output: output.clone(),
            step: Arc::new(Step {
                what: Mutex::new(what),
                rows: AtomicU64::new(0),
            }),
            began,
            last_line: Cell::new(began),
            bar: RefCell::new(None),
        }
    }

    /// One more row is done.
    pub fn add_row(&self) {
        let rows = self.step.rows.fetch_add(1, Ordering::Relaxed);
        if rows.is_multiple_of(ROWS_PER_LOOK) {
            self.show();
        }
    }

    /// Goes on with what has no rows to count.
    pub fn go_on(&self, what: &str) {
        let mut step = self
            .step
            .what
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        what.clone_into(&mut step);
        drop(step);
        self.step.rows.store(0, Ordering::Relaxed);
        self.show();
    }

    fn show(&self) {
        let now = Instant::now();
        match self.output.progress() {
            ProgressStyle::Bar if now.duration_since(self.began) >= SHORT => {
                let step = Arc::clone(&self.step);
                let mut bar = self.bar.borrow_mut();
                bar.get_or_insert_with(|| {
                    let cut = |text: String, width| text.chars().take(width).collect();
                    self.output
                        .show_bar(move |width| cut(step.describe(), width))
                });
            }
            ProgressStyle::Plain if now.duration_since(self.last_line.get()) >= LINE_INTERVAL => {
                self.last_line.set(now);
                let rows = self.step.rows.load(Ordering::Relaxed);
                let message = Message::info("step", self.step.describe());
                self.output.emit(&message.with("rows", rows));
            }
            _ => {}
        }
    }
}
