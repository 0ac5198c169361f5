//! Words on standard error: lines for people or one JSON object a line for machines, straight
//! or above a bar. A closed pipe or terminal means that nobody reads; the work goes on.

mod message;
mod screen;
mod surface;

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

pub use message::{Level, Message};
pub use screen::Bar;

use super::args::{LogFormat, Progress};
use super::context::Context;
use super::exit::Failure;
use screen::Above;

/// What was asked for, as typed.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    /// For people or for machines.
    pub format: LogFormat,
    /// The kind of progress.
    pub progress: Progress,
    /// Only what is wrong.
    pub is_quiet: bool,
    /// Every row and every wait.
    pub is_verbose: bool,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            progress: Progress::None,
            is_quiet: false,
            is_verbose: false,
        }
    }
}

/// Where everything is told. Copies of it tell to the same place.
#[derive(Debug, Clone)]
pub struct Output {
    wishes: Wishes,
    has_color: bool,
    /// Takes the lines while a bar is up.
    above: Arc<Mutex<Option<Above>>>,
}

impl Output {
    /// Decides by the wishes and by what standard error is.
    pub fn new(wishes: Wishes, context: &Context) -> Self {
        let can_draw = context.can_draw && wishes.format == LogFormat::Text && !wishes.is_quiet;
        let progress = match wishes.progress {
            _ if wishes.is_quiet => Progress::None,
            Progress::Auto | Progress::Bar if can_draw => Progress::Bar,
            Progress::Auto | Progress::Bar => Progress::Plain,
            said => said,
        };
        Self {
            wishes: Wishes { progress, ..wishes },
            has_color: context.can_draw && !context.no_color,
            above: Arc::default(),
        }
    }

    /// The kind of progress, never `Auto`.
    pub fn progress(&self) -> Progress {
        self.wishes.progress
    }

    /// Whether every row and every wait is told.
    pub fn is_verbose(&self) -> bool {
        self.wishes.is_verbose
    }

    /// Whether colours may be used.
    pub fn has_color(&self) -> bool {
        self.has_color
    }

    /// Tells a message, if it is of interest.
    pub fn tell(&self, message: &Message) {
        let least = match self.wishes {
            Wishes { is_quiet: true, .. } => Level::Warn,
            Wishes {
                is_verbose: true, ..
            } => Level::Debug,
            _ => Level::Info,
        };
        if message.level() >= least {
            self.write(match self.wishes.format {
                LogFormat::Text => message.in_text(self.has_color),
                LogFormat::Json => message.in_json(Timestamp::now()),
            });
        }
    }

    /// Tells why a command failed. Problems of a file stand on lines of their own, each beginning
    /// with its place, and end with their number.
    pub fn fail(&self, failure: &Failure) {
        let is_log = self.wishes.format == LogFormat::Json;
        let (before, last) = failure.text.rsplit_once('\n').unzip();
        let last = last.unwrap_or(&failure.text);
        let text = match last.strip_prefix("error: ") {
            // In a log, the problems are objects of their own.
            Some(last) if is_log => last.to_owned(),
            None if is_log => failure.text.clone(),
            Some(_) => {
                if let Some(before) = before {
                    self.tell(&Message::error("problems", before));
                }
                last.to_owned()
            }
            None => format!("error: {}", failure.text),
        };
        if is_log {
            failure
                .problems
                .iter()
                .for_each(|problem| self.tell(problem));
        }
        self.tell(&Message::error("failed", text).with("exit_code", failure.exit.code()));
    }

    /// Puts up a bar of the lines that `text` makes for a width, until the bar is dropped.
    pub fn show_bar(&self, text: impl Fn(usize) -> String + Send + Sync + 'static) -> Bar {
        Bar::new(Arc::clone(&self.above), text)
    }

    fn write(&self, text: String) {
        // Cloned out of the lock, so that a panic's message never waits for another's.
        let above = self
            .above
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let left = match above {
            Some(above) => above.put(text),
            None => Some(text),
        };
        if let Some(text) = left {
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
        }
    }
}
