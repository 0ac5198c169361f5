//! The flags of standard error.

use clap::builder::BoolValueParser;
use clap::{ArgAction, Args};

use super::OUTPUT;
use crate::cli::output::LogFormat;

/// How the program speaks on standard error.
#[derive(Debug, Clone, Copy, Args)]
pub struct LogArgs {
    /// What is told on standard error: for people, or for machines
    #[arg(help_heading = OUTPUT)]
    #[arg(long, env = "ESIGN_COPY_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Silent unless something is wrong
    #[arg(long, short, env = "ESIGN_COPY_QUIET", action = ArgAction::SetTrue,
          value_parser = BoolValueParser::new(), help_heading = OUTPUT)]
    pub quiet: bool,
}
