//! Words on standard error: lines for people or one JSON object a line for machines, straight
//! or above a bar. A closed pipe or terminal means that nobody reads; the work goes on.

mod bar_terminal;
mod bar_thread;
mod message;
mod options;

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

pub use bar_thread::Bar;
pub use message::{Level, Message};
pub use options::{LogFormat, OutputOptions, ProgressStyle, Terminal};

use bar_thread::LinesAboveBar;

/// Where messages are emitted. Copies of it emit to the same place.
#[derive(Debug, Clone)]
pub struct Output {
    options: OutputOptions,
    has_color: bool,
    /// Takes the lines while a bar is up.
    above: Arc<Mutex<Option<LinesAboveBar>>>,
    recorded: Arc<Mutex<Vec<Message>>>,
}

/// So many warnings are kept.
const RECORDED: usize = 1_000;

impl Output {
    /// Decides by the options and by what standard error is.
    pub fn new(options: OutputOptions, terminal: Terminal) -> Self {
        let can_draw = terminal.can_draw && options.format == LogFormat::Text && !options.is_quiet;
        let progress = match options.progress {
            _ if options.is_quiet => ProgressStyle::None,
            ProgressStyle::Auto | ProgressStyle::Bar if can_draw => ProgressStyle::Bar,
            ProgressStyle::Auto | ProgressStyle::Bar => ProgressStyle::Plain,
            said => said,
        };
        Self {
            options: OutputOptions {
                progress,
                ..options
            },
            has_color: terminal.can_draw && !terminal.no_color,
            above: Arc::default(),
            recorded: Arc::default(),
        }
    }

    /// The kind of progress, never `Auto`.
    pub fn progress(&self) -> ProgressStyle {
        self.options.progress
    }

    /// Whether programs read it.
    pub fn is_log(&self) -> bool {
        self.options.format == LogFormat::Json
    }

    /// Whether every row and every wait is reported.
    pub fn is_verbose(&self) -> bool {
        self.options.is_verbose
    }

    /// Whether colours may be used.
    pub fn has_color(&self) -> bool {
        self.has_color
    }

    /// Emits a message, if it is of interest.
    pub fn emit(&self, message: &Message) {
        let least = match (self.options.is_quiet, self.options.is_verbose) {
            (true, _) => Level::Warn,
            (_, true) => Level::Debug,
            _ => Level::Info,
        };
        if self.options.is_recorded && message.level() == Level::Warn {
            let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
            if recorded.len() < RECORDED {
                recorded.push(message.clone());
            }
        }
        if message.level() >= least {
            self.write(match self.options.format {
                LogFormat::Text => message.in_text(self.has_color),
                LogFormat::Json => message.in_json(Timestamp::now()),
            });
        }
    }

    /// The warnings so far, if they are kept.
    pub fn recorded(&self) -> Vec<Message> {
        let recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        recorded.clone()
    }

    /// Puts up a bar of the lines that `text` makes for a width, until the bar is dropped.
    pub fn show_bar(&self, text: impl Fn(usize) -> String + Send + Sync + 'static) -> Bar {
        Bar::new(Arc::clone(&self.above), text)
    }

    fn write(&self, text: String) {
        // Cloned out of the lock, so that a panic's message never waits for another's.
        let above = self.above.lock();
        let above = above.unwrap_or_else(PoisonError::into_inner).clone();
        let left = match above {
            Some(above) => above.put(text),
            None => Some(text),
        };
        if let Some(text) = left {
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
        }
    }
}
