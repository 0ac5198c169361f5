//! Words on standard error: lines for people or one JSON object a line for machines, straight
//! or above a bar. A closed pipe or terminal means that nobody reads; the work goes on.

mod bar;
mod bar_terminal;
mod message;

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

pub use bar::Bar;
pub use message::{Level, Message};

use super::args::{Command, LogFormat, Progress, WorkArgs};
use super::context::Context;
use bar::LinesAboveBar;

/// What was asked for, as typed.
#[derive(Debug, Clone, Copy)]
pub struct OutputOptions {
    /// For people or for machines.
    pub format: LogFormat,
    /// The kind of progress.
    pub progress: Progress,
    /// Only what is wrong.
    pub is_quiet: bool,
    /// Every row and every wait.
    pub is_verbose: bool,
}

impl Default for OutputOptions {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            progress: Progress::None,
            is_quiet: false,
            is_verbose: false,
        }
    }
}

impl OutputOptions {
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
    options: OutputOptions,
    has_color: bool,
    /// Takes the lines while a bar is up.
    above: Arc<Mutex<Option<LinesAboveBar>>>,
}

impl Output {
    /// Decides by the options and by what standard error is.
    pub fn new(options: OutputOptions, context: &Context) -> Self {
        let can_draw = context.can_draw && options.format == LogFormat::Text && !options.is_quiet;
        let progress = match options.progress {
            _ if options.is_quiet => Progress::None,
            Progress::Auto | Progress::Bar if can_draw => Progress::Bar,
            Progress::Auto | Progress::Bar => Progress::Plain,
            said => said,
        };
        Self {
            options: OutputOptions {
                progress,
                ..options
            },
            has_color: context.can_draw && !context.no_color,
            above: Arc::default(),
        }
    }

    /// The kind of progress, never `Auto`.
    pub fn progress(&self) -> Progress {
        self.options.progress
    }

    /// Whether programs read it.
    pub fn is_log(&self) -> bool {
        self.options.format == LogFormat::Json
    }

    /// Whether every row and every wait is told.
    pub fn is_verbose(&self) -> bool {
        self.options.is_verbose
    }

    /// Whether colours may be used.
    pub fn has_color(&self) -> bool {
        self.has_color
    }

    /// Tells a message, if it is of interest.
    pub fn emit(&self, message: &Message) {
        let least = match self.options {
            OutputOptions { is_quiet: true, .. } => Level::Warn,
            OutputOptions {
                is_verbose: true, ..
            } => Level::Debug,
            _ => Level::Info,
        };
        if message.level() >= least {
            self.write(match self.options.format {
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
