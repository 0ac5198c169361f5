//! The flags of standard error.

use clap::Args;

use super::OUTPUT;
use crate::cli::output::LogFormat;

/// How the program speaks on standard error.
#[derive(Debug, Clone, Copy, Args)]
pub struct LogArgs {
    /// What is told on standard error: for people, or for machines
    #[arg(long, env = "ESIGN_COPY_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text,
          help_heading = OUTPUT)]
    pub log_format: LogFormat,
    /// Silent unless something is wrong
    #[arg(long, short, env = "ESIGN_COPY_QUIET", help_heading = OUTPUT)]
    pub quiet: bool,
}
