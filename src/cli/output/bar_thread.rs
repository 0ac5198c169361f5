//! The bar at the bottom of a terminal, drawn by a thread of its own.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::bar_terminal::BarTerminal;

/// Time between two drawings.
const DRAW_INTERVAL: Duration = Duration::from_millis(100);
/// Messages that wait for the next drawing. A terminal that takes no more (Ctrl-S) holds up
/// neither the run nor its memory: what does not fit is counted.
const QUEUE_LENGTH: usize = 1024;
/// So much is gathered for one drawing.
const MAX_GATHERED: usize = 64 * 1024;

/// The way to the lines above the bar.
#[derive(Debug, Clone)]
pub struct LinesAboveBar {
    lines: SyncSender<String>,
    missed: Arc<AtomicU64>,
}

impl LinesAboveBar {
    /// Has the text printed above the bar; gives it back if there is no bar any more.
    pub fn put(&self, text: String) -> Option<String> {
        match self.lines.try_send(text) {
            Ok(()) => None,
            Err(TrySendError::Full(_)) => {
                self.missed.fetch_add(1, Ordering::Relaxed);
                None
            }
            Err(TrySendError::Disconnected(text)) => Some(text),
        }
    }
}

/// A bar at the bottom of the terminal, drawn by a thread of its own, so that no terminal can
/// hold up the run. Gone when dropped.
#[derive(Debug)]
pub struct Bar {
    above: Arc<Mutex<Option<LinesAboveBar>>>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// Puts it up; without a thread there is none, and lines go straight to standard error.
    pub(super) fn new(
        above: Arc<Mutex<Option<LinesAboveBar>>>,
        text: impl Fn(usize) -> String + Send + Sync + 'static,
    ) -> Self {
        let (sender, lines) = sync_channel(QUEUE_LENGTH);
        let missed = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&missed);
        let thread = Builder::new()
            .name("bar".into())
            .spawn(move || draw(&lines, &counter, text))
            .ok();
        if thread.is_some() {
            let lines = sender;
            *above.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(LinesAboveBar { lines, missed });
        }
        Self { above, thread }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.above
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn draw(
    lines: &Receiver<String>,
    missed: &AtomicU64,
    text: impl Fn(usize) -> String + Send + Sync + 'static,
) {
    let text = Arc::new(text);
    let status = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = out.write_str(&text(BarTerminal::width_of_lines()));
    };
    let style = ProgressStyle::with_template("{status}").expect("the template is well formed");
    // We pace the drawing ourselves; indicatif's own pace, a little faster, never skips one.
    let target = ProgressDrawTarget::term_like_with_hz(Box::<BarTerminal>::default(), 20);
    let bar =
        ProgressBar::with_draw_target(None, target).with_style(style.with_key("status", status));
    loop {
        bar.tick();
        let (mut gathered, is_over) = gather(lines);
        let missed = missed.swap(0, Ordering::Relaxed);
        if missed > 0 {
            gathered.push_str(&format!("... {missed} messages were not shown\n"));
        }
        if !gathered.is_empty() {
            // Not by indicatif's println, which pads each line to the width it reckons: names
            // may be wider or narrower than anybody reckons.
            bar.suspend(|| {
                let _ = std::io::stderr().lock().write_all(gathered.as_bytes());
            });
        }
        if is_over {
            bar.finish_and_clear();
            return;
        }
    }
}

/// The lines until the next drawing, and whether they were the last.
fn gather(lines: &Receiver<String>) -> (String, bool) {
    let mut gathered = String::new();
    let next = Instant::now() + DRAW_INTERVAL;
    while gathered.len() < MAX_GATHERED {
        match lines.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(text) => gathered.push_str(&text),
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return (gathered, true),
        }
    }
    (gathered, false)
}
