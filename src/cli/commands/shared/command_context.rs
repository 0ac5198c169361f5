//! What every command has at hand.

use crate::cli::environment::Environment;
use crate::cli::output::Output;

/// The environment, and where to report.
#[derive(Clone, Copy)]
pub struct CommandContext<'a> {
    /// The environment and the terminal.
    pub environment: &'a Environment,
    /// Standard error.
    pub output: &'a Output,
}
