//! What every command has at hand.

use crate::cli::context::Context;
use crate::cli::output::Output;

/// The environment, and where to report.
#[derive(Clone, Copy)]
pub struct CommandContext<'a> {
    /// The environment and the terminal.
    pub environment: &'a Context,
    /// Standard error.
    pub output: &'a Output,
}
