//! The flags of standard error.

use clap::Args;

use super::OUTPUT;
use crate::cli::output::LogFormat;

/// How the program speaks on standard error.
#[derive(Debug, Clone, Copy, Args)]
pub struct LogArgs {
    /// The format of messages
    #[arg(long, env = "ESIGN_COPY_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text,
          help_heading = OUTPUT)]
    pub log_format: LogFormat,
    /// Print only what is wrong
    #[arg(long, short, env = "ESIGN_COPY_QUIET", help_heading = OUTPUT)]
    pub quiet: bool,
}
