//! The flags that `run` and `retry` share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::service::ServiceArgs;
use super::values::{MaxCount, count, count_or_none, duration_or_zero, max_attempts, max_failures};
use super::{COPY, ERRORS, FILES, FaultArgs, LogArgs, MEANT_ONCE, OF_RETRY, OUTPUT, SERVICE};
use crate::cli::output::ProgressStyle;
use crate::executor::MaxFailures;

/// How rows are sent: the flags that `run` and `retry` share.
#[derive(Debug, Args)]
pub struct SendingArgs {
    /// sandbox (a rehearsal), stage, production, or a URL ending in /rest
    #[arg(long, env = "ESIGN_COPY_ENDPOINT", value_name = "ENDPOINT", help_heading = SERVICE)]
    pub endpoint: String,
    #[command(flatten)]
    pub files: FileArgs,
    #[command(flatten)]
    pub service: ServiceArgs,
    /// Attempts for one row in one run
    #[arg(long, env = "ESIGN_COPY_MAX_ATTEMPTS", value_name = "N", default_value_t = 5,
          value_parser = max_attempts, help_heading = ERRORS)]
    pub max_attempts: u32,
    /// What to do with a row that may have been copied [default: settle with --username, else hold]
    #[arg(long, env = "ESIGN_COPY_ON_UNCERTAIN", value_enum, help_heading = ERRORS)]
    pub on_uncertain: Option<OnUncertain>,
    /// How long look-ups must find no copy before a row may be sent again
    #[arg(long, group = OF_RETRY, env = "ESIGN_COPY_SETTLE_WINDOW", value_name = "DURATION",
          default_value = "60s", value_parser = duration_or_zero, help_heading = ERRORS)]
    pub settle_window: Duration,
    /// Stop after N rows that could not be settled; none: never
    #[arg(long, env = "ESIGN_COPY_MAX_UNCERTAIN", value_name = "N|none", default_value = "5",
          value_parser = count_or_none, help_heading = ERRORS)]
    pub max_uncertain: MaxCount,
    /// Stop after N failed rows, or N% (counted after 20 rows); none: never
    #[arg(long, env = "ESIGN_COPY_MAX_FAILURES", value_name = "N|N%|none", default_value = "none",
          value_parser = max_failures, help_heading = ERRORS)]
    pub max_failures: MaxFailures,
    /// Send at most N rows in this run, as a pilot
    #[arg(long, value_name = "N", value_parser = count, group = MEANT_ONCE, help_heading = COPY)]
    pub limit: Option<u64>,
    /// Do not ask before the first run to production
    #[arg(long, group = MEANT_ONCE, help_heading = COPY)]
    pub yes: bool,
    /// Do not copy one row first to check the result
    #[arg(long, help_heading = ERRORS)]
    pub no_canary: bool,
    /// Use a new connection for every copy
    #[arg(long, group = OF_RETRY, env = "ESIGN_COPY_FRESH_CONNECTIONS", help_heading = SERVICE)]
    pub fresh_connections: bool,
    /// After Ctrl-C: how long requests in flight may still finish
    #[arg(long, env = "ESIGN_COPY_GRACE", value_name = "DURATION", default_value = "30s",
          value_parser = duration_or_zero, help_heading = ERRORS)]
    pub grace: Duration,
    /// If another run holds the ledger, wait this long for it to end
    #[arg(long, env = "ESIGN_COPY_WAIT", value_name = "DURATION", default_value = "0s",
          value_parser = duration_or_zero, help_heading = ERRORS)]
    pub wait: Duration,
    /// How progress is shown
    #[arg(long, env = "ESIGN_COPY_PROGRESS", value_enum, default_value_t = ProgressStyle::Auto,
          help_heading = OUTPUT)]
    pub progress: ProgressStyle,
    /// Also report every row and every wait
    #[arg(long, short, env = "ESIGN_COPY_VERBOSE", help_heading = OUTPUT)]
    pub verbose: bool,
    #[command(flatten)]
    pub log: LogArgs,
    #[command(flatten, next_help_heading = "In a rehearsal")]
    pub faults: FaultArgs,
}

/// The files of a run that are named.
#[derive(Debug, Clone, Args)]
pub struct FileArgs {
    /// The ledger [default: NAME.ledger, next to NAME.csv]
    ///
    /// On stage it is NAME.stage.ledger, in a rehearsal NAME.rehearsal.ledger. The ledger of
    /// NAME.results.csv is NAME.ledger.
    #[arg(long, env = "ESIGN_COPY_LEDGER", value_name = "FILE", help_heading = FILES)]
    pub ledger: Option<PathBuf>,
    /// The report [default: NAME.results.csv, next to NAME.csv]
    ///
    /// On stage it is NAME.stage.results.csv, in a rehearsal NAME.rehearsal.results.csv. `retry` writes
    /// NAME.results.csv again.
    #[arg(long, env = "ESIGN_COPY_REPORT", value_name = "FILE", help_heading = FILES)]
    pub report: Option<PathBuf>,
    /// Write Prometheus metrics to FILE: at the start, every 15 s and at the end
    #[arg(long, env = "ESIGN_COPY_METRICS", value_name = "FILE", help_heading = FILES)]
    pub metrics: Option<PathBuf>,
    /// Also write the report as a web page
    #[arg(long, env = "ESIGN_COPY_HTML", value_name = "FILE", help_heading = FILES)]
    pub html: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnUncertain {
    /// Look it up until it is clear
    Settle,
    /// Leave it uncertain
    Hold,
}
