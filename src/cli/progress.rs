use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::output;
use crate::executor::{Event, Observer};
use crate::job::RowState;

/// What is told while a run works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling {
    /// A line now and then.
    pub lines: bool,
    /// Every row and every wait.
    pub rows: bool,
}

/// Counts of this run, told as a line every ten seconds.
pub struct Progress {
    total: u64,
    started: Instant,
    telling: Telling,
    copied: AtomicU64,
    failed: AtomicU64,
    uncertain: AtomicU64,
    postponed: AtomicU64,
}

const EVERY: Duration = Duration::from_secs(10);

impl Progress {
    /// Starts to count a run over so many rows.
    pub fn new(total: u64, telling: Telling) -> Arc<Self> {
        let zero = || AtomicU64::new(0);
        Arc::new(Self {
            total,
            started: Instant::now(),
            telling,
            copied: zero(),
            failed: zero(),
            uncertain: zero(),
            postponed: zero(),
        })
    }

    /// What the executor tells its events to.
    pub fn observer(self: &Arc<Self>) -> Observer {
        let progress = Arc::clone(self);
        Arc::new(move |event| progress.take(&event))
    }

    /// Tells a line every ten seconds, until dropped.
    pub async fn tell(self: Arc<Self>) {
        if !self.telling.lines {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(EVERY).await;
            output::line(&self.line());
        }
    }

    fn take(&self, event: &Event) {
        match event {
            Event::Finished { row_id, row, text } => {
                self.count(row).fetch_add(1, Ordering::Relaxed);
                if self.telling.rows {
                    output::line(&told_row(row_id.as_str(), row, text));
                }
            }
            Event::Paused { wait, text } if self.telling.lines => {
                let wait = humantime::format_duration(Duration::from_secs(wait.as_secs().max(1)));
                output::line(&format!("pausing for {wait}: {text}"));
            }
            Event::Retrying { row_id, text } if self.telling.rows => {
                output::line(&format!("row '{row_id}' is tried again: {text}"));
            }
            Event::Sending { .. } | Event::Paused { .. } | Event::Retrying { .. } => {}
        }
    }

    fn count(&self, row: &RowState) -> &AtomicU64 {
        match row {
            RowState::Copied(_) => &self.copied,
            RowState::Failed(_) => &self.failed,
            RowState::Uncertain => &self.uncertain,
            RowState::Pending(_) => &self.postponed,
        }
    }

    fn line(&self) -> String {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (copied, failed, uncertain) = (of(&self.copied), of(&self.failed), of(&self.uncertain));
        let done = copied + failed + uncertain + of(&self.postponed);
        let elapsed = self.started.elapsed().as_secs_f64().max(0.001);
        let pace = done as f64 / elapsed;
        let left = self.total.saturating_sub(done);
        let time_left = if pace > 0.0 {
            let seconds = (left as f64 / pace).min(1e9) as u64;
            format!(
                "about {} left",
                humantime::format_duration(Duration::from_secs(seconds))
            )
        } else {
            "no row done yet".into()
        };
        format!(
            "{done} of {}: {copied} copied, {failed} failed, {uncertain} uncertain; {pace:.1} rows/s, \
             {time_left}",
            self.total
        )
    }
}

fn told_row(row_id: &str, row: &RowState, text: &str) -> String {
    match row {
        RowState::Copied(id) => format!("row '{row_id}' copied: {id}"),
        RowState::Failed(_) => format!("row '{row_id}' failed: {text}"),
        RowState::Uncertain => format!("row '{row_id}' is uncertain: {text}"),
        RowState::Pending(_) => format!("row '{row_id}' stays pending: {text}"),
    }
}
