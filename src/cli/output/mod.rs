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

use super::args::{Command, LogFormat, Progress, WorkArgs};
use super::context::Context;
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

impl Wishes {
    /// What a command asks for.
    pub fn of(command: &Command) -> Self {
        let sending = |work: &WorkArgs| Self {
            format: work.log.log_format,
            progress: work.progress,
            is_quiet: work.log.quiet,
            is_verbose: work.verbose,
        };
        match command {
            Command::Run(args) => sending(&args.work),
            Command::Retry(args) => sending(&args.work),
            Command::Check(args) => Self {
                format: args.log.log_format,
                is_quiet: args.log.quiet,
                ..Self::default()
            },
            Command::Audit(args) => Self {
                format: args.log.log_format,
                is_quiet: args.log.quiet,
                ..Self::default()
            },
            Command::Status(_)
            | Command::Report(_)
            | Command::Resolve(_)
            | Command::Sandbox(_)
            | Command::Completions(_)
            | Command::Man(_) => Self::default(),
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

    /// Whether programs read it.
    pub fn is_log(&self) -> bool {
        self.wishes.format == LogFormat::Json
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
