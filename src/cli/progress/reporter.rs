//! Progress as a run goes: events are counted and, where somebody wants to see them, emitted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::event_message::event_message;
use super::tally::Tally;
use crate::cli::output::{Bar, ProgressStyle};
use crate::cli::{Message, Output};
use crate::executor::{Event, Observer};
use crate::support::{counted, singular_or};

/// Time between two lines.
pub(super) const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// Counts the events of a run, and shows them as its output is to show progress.
pub struct ProgressReporter {
    output: Output,
    tally: Mutex<Tally>,
    settle_window: Duration,
}

fn counted_are(rows: u64) -> String {
    let are = singular_or(rows, "is", "are");
    format!("{} {are}", counted(rows, "uncertain row"))
}

impl ProgressReporter {
    /// Starts to count a run over so many rows.
    pub fn new(total: u64, settle_window: Duration, output: Output) -> Arc<Self> {
        let tally = Mutex::new(Tally::new(total, Instant::now()));
        Arc::new(Self {
            output,
            tally,
            settle_window,
        })
    }

    /// What takes the executor's events.
    pub fn observer(self: &Arc<Self>) -> Observer {
        let progress = Arc::clone(self);
        Arc::new(move |event| progress.observe(&event))
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

    /// Emits lines as time goes by, until dropped.
    pub async fn emit_lines(self: Arc<Self>) {
        tokio::join!(self.emit_progress(), self.explain_stall());
    }

    /// Says once, also under `-q`, why nothing moves while rows are looked up.
    async fn explain_stall(&self) {
        let rows = loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if let Some(rows) = self.tally().stalled_by_lookups(Instant::now()) {
                break rows;
            }
        };
        let (rows_are, window) = (
            counted_are(rows),
            humantime::format_duration(self.settle_window),
        );
        let text = format!(
            "{rows_are} being looked up. A copy can take a while to show, so the run waits until --settle-window \
             ({window}) is over before it says that there is none"
        );
        self.output
            .emit(&Message::warn("stalled", text).with("settling", rows));
        std::future::pending::<()>().await;
    }

    /// Emits a line every ten seconds, if lines are asked for.
    async fn emit_progress(&self) {
        if self.output.progress() != ProgressStyle::Plain {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(LINE_INTERVAL).await;
            let snapshot = self.tally().snapshot(Instant::now());
            self.output.emit(&snapshot.plain());
        }
    }

    fn observe(&self, event: &Event) {
        let is_news = self.tally().add(event, Instant::now());
        let is_shown = match event {
            Event::Finished { .. } => false,
            Event::Paused { .. } => is_news && self.output.progress() != ProgressStyle::None,
            _ => true,
        };
        if is_shown || self.output.is_verbose() {
            self.output.emit(&event_message(event));
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
