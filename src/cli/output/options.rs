//! How the program reports on standard error.

use clap::ValueEnum;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressStyle {
    /// A bar on a terminal, else plain
    Auto,
    /// A bar, where standard error can draw one
    Bar,
    /// A line every 10 s
    Plain,
    /// Neither
    #[default]
    None,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct OutputOptions {
    /// For people or for machines.
    pub format: LogFormat,
    /// The kind of progress.
    pub progress: ProgressStyle,
    /// Only what is wrong.
    pub is_quiet: bool,
    /// Every row and every wait.
    pub is_verbose: bool,
    /// Whether warnings are kept, for a result that has them.
    pub is_recorded: bool,
}

/// What standard error is.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Whether it is a terminal that can do more than print.
    pub can_draw: bool,
    /// Whether a person can be asked: standard input and standard error are terminals.
    pub can_ask: bool,
    /// Whether the user wants no colours.
    pub no_color: bool,
}
