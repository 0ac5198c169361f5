use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use super::output::Wishes;
use crate::sandbox::Rate as FaultRate;
use crate::support::Rate;

// What `run --help` groups the flags by.
const COPY: &str = "What to copy";
const SERVICE: &str = "Service";
const FILES: &str = "Ledger and report";
const PACE: &str = "Pace";
const TROUBLE: &str = "When things go wrong";
const OUTPUT: &str = "What is shown";

/// Copies e-signature signing sessions in bulk.
///
/// A manifest (CSV or JSON) lists the copies to make, one a row. The same `run` command starts, resumes
/// after any interruption, and on a finished job does nothing. Credentials come only from the
/// environment: ESIGN_COPY_API_KEY (the encrypted key) with ESIGN_COPY_SALT, or ESIGN_COPY_TOKEN;
/// each also as ..._FILE.
#[derive(Debug, Parser)]
#[command(name = "esign-copy", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Copy what the manifest lists and is not done yet
    Run(RunArgs),
    /// Read and validate a manifest; send nothing
    Check(CheckArgs),
    /// Try a report's failed and pending rows again, with what was corrected in it
    Retry(RetryArgs),
    /// Tell how a job stands, who works on it, and the next command
    Status(StatusArgs),
    /// Write the report again, also while a run works
    Report(ReportArgs),
    /// Serve the embedded eSign stand-in on loopback, with faults on request
    Sandbox(SandboxArgs),
}

#[derive(Debug, Args)]
pub struct RunArgs {
    /// The file that lists the copies to make; - is standard input
    pub manifest: PathBuf,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub work: WorkArgs,
    /// Accept changes to the manifest that could copy somebody twice
    #[arg(help_heading = COPY)]
    #[arg(long)]
    pub accept_changes: bool,
    /// Never begin a new ledger (for cron)
    #[arg(help_heading = FILES)]
    #[arg(long, env = "ESIGN_COPY_REQUIRE_LEDGER", action = ArgAction::SetTrue,
          value_parser = BoolValueParser::new(), conflicts_with = "new_ledger")]
    pub require_ledger: bool,
    /// Set the old ledger aside and begin anew: every row may be sent again
    #[arg(help_heading = FILES)]
    #[arg(long)]
    pub new_ledger: bool,
}

#[derive(Debug, Args)]
pub struct RetryArgs {
    /// The report, with what you corrected in it
    #[arg(value_name = "REPORT")]
    pub results: PathBuf,
    #[command(flatten)]
    pub set: SetArgs,
    #[command(flatten)]
    pub work: WorkArgs,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The manifest (or report) to check; - is standard input
    pub manifest: PathBuf,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Print the first N request bodies
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub show: u64,
    /// The pace for which the time is estimated
    #[arg(long, env = "ESIGN_COPY_RATE", default_value = "5/s")]
    pub rate: Rate,
    /// The ledger of a report [default: NAME.ledger beside NAME.results.csv]
    #[arg(long, env = "ESIGN_COPY_LEDGER", value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    pub place: PlaceArgs,
    /// The form of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Csv)]
    pub format: ReportFormat,
    /// Write it to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    Csv,
    Json,
}

/// Which job is meant.
#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// The manifest, or its ledger
    pub path: PathBuf,
    /// Which service: tells the ledgers of one manifest apart
    #[arg(long, env = "ESIGN_COPY_ENDPOINT", value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    /// The ledger, if it is not beside the manifest
    #[arg(long, env = "ESIGN_COPY_LEDGER", value_name = "FILE")]
    pub ledger: Option<PathBuf>,
}

/// How a manifest is read.
#[derive(Debug, Args)]
pub struct ReadingArgs {
    #[command(flatten)]
    pub set: SetArgs,
    /// The form of the manifest, if its name does not tell
    #[arg(help_heading = COPY)]
    #[arg(long, env = "ESIGN_COPY_FORMAT", value_enum)]
    pub format: Option<ManifestFormat>,
    /// A column of your own whose name looks like a misspelling; repeatable
    #[arg(help_heading = COPY)]
    #[arg(long, value_name = "NAME")]
    pub other_column: Vec<String>,
    /// Two records that are the same row: refuse the manifest, or send the row once
    #[arg(help_heading = COPY)]
    #[arg(long, env = "ESIGN_COPY_DUPLICATES", value_enum, default_value_t = Duplicates::Error)]
    pub duplicates: Duplicates,
    /// Refuse a manifest with any other number of rows
    #[arg(help_heading = COPY)]
    #[arg(long, value_name = "N")]
    pub expect_rows: Option<u64>,
}

#[derive(Debug, Args)]
pub struct SetArgs {
    /// A constant for rows whose cell is empty or missing; repeatable
    #[arg(help_heading = COPY)]
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub set: Vec<String>,
    /// Report rows with bad values as failed and send the others
    #[arg(help_heading = COPY)]
    #[arg(long, env = "ESIGN_COPY_SKIP_INVALID", action = ArgAction::SetTrue,
          value_parser = BoolValueParser::new())]
    pub skip_invalid: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ManifestFormat {
    /// Comma, semicolon or tab separated (.csv .tsv .txt)
    Csv,
    /// One JSON array of records (.json)
    Json,
    /// JSON records, one a line (.jsonl .ndjson)
    Jsonl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Duplicates {
    Error,
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnUncertain {
    Settle,
    Hold,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// A bar on a terminal, else plain
    Auto,
    /// A bar, where standard error can draw one
    Bar,
    /// A line every 10 s
    Plain,
    /// Neither
    None,
}

#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Where to listen, on loopback; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Keep the sessions in FILE over a restart
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// The e-mail address that owns every session
    #[arg(long, value_name = "EMAIL", default_value = "owner@example.com")]
    pub owner: String,
    /// How long a token lives
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub token_life: Duration,
    /// A token is good for one call only
    #[arg(long)]
    pub token_single_use: bool,
    /// How long look-ups don't show a new copy
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration_or_zero)]
    pub visibility_delay: Duration,
    /// How long a copy takes
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration_or_zero)]
    pub latency: Duration,
    /// How answers look, such as session=Sessions[] or null=literal; repeatable
    #[arg(long, value_name = "PART=STYLE")]
    pub answer: Vec<String>,
    #[command(flatten)]
    pub faults: FaultArgs,
    /// List every fault with what it does, and end
    #[arg(long)]
    pub list_faults: bool,
}

/// What the sandbox does wrong on purpose.
#[derive(Debug, Args)]
pub struct FaultArgs {
    /// The sandbox misbehaves at this rate, such as 429=5% or hang-after-commit=1%; repeatable
    #[arg(long, value_name = "FAULT=P%")]
    pub fault: Vec<FaultRate>,
    /// A JSON file that tells what the next copies for an e-mail or source session meet
    #[arg(long, value_name = "FILE")]
    pub fault_script: Option<PathBuf>,
    /// The seed of the faults' draws: the same seed, the same faults
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub fault_seed: u64,
}

impl FaultArgs {
    /// Whether anything was asked for.
    pub fn is_empty(&self) -> bool {
        self.fault.is_empty() && self.fault_script.is_none()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// How the program speaks on standard error.
#[derive(Debug, Clone, Copy, Args)]
pub struct LogArgs {
    /// What is told on standard error: for people, or for machines
    #[arg(help_heading = OUTPUT)]
    #[arg(long, env = "ESIGN_COPY_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Silent unless something is wrong
    #[arg(help_heading = OUTPUT)]
    #[arg(long, short, env = "ESIGN_COPY_QUIET", action = ArgAction::SetTrue,
          value_parser = BoolValueParser::new())]
    pub quiet: bool,
}

/// How rows are sent: the flags that `run` and `retry` share.
#[derive(Debug, Args)]
pub struct WorkArgs {
    /// sandbox (a rehearsal), stage, production, or a base URL that ends in /rest
    #[arg(help_heading = SERVICE)]
    #[arg(long, env = "ESIGN_COPY_ENDPOINT", value_name = "ENDPOINT")]
    pub endpoint: String,
    /// The ledger [default: beside NAME.csv: NAME.ledger, on stage NAME.stage.ledger, in a rehearsal
    /// NAME.rehearsal.ledger]
    #[arg(help_heading = FILES)]
    #[arg(long, env = "ESIGN_COPY_LEDGER", value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// The report [default: beside the ledger: NAME.results.csv, on stage NAME.stage.results.csv, in a
    /// rehearsal NAME.rehearsal.results.csv]
    #[arg(help_heading = FILES)]
    #[arg(long, env = "ESIGN_COPY_REPORT", value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Ceiling on all requests to the service: 5/s, 300/m, max
    #[arg(help_heading = PACE)]
    #[arg(long, env = "ESIGN_COPY_RATE", default_value = "5/s")]
    pub rate: Rate,
    /// Requests in flight
    #[arg(help_heading = PACE)]
    #[arg(long, env = "ESIGN_COPY_CONCURRENCY", value_name = "N", default_value_t = 4,
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub concurrency: u16,
    /// One request in all
    #[arg(help_heading = SERVICE)]
    #[arg(long, env = "ESIGN_COPY_TIMEOUT", value_name = "DURATION", default_value = "120s",
          value_parser = duration)]
    pub timeout: Duration,
    /// DNS, TCP and TLS
    #[arg(help_heading = SERVICE)]
    #[arg(long, env = "ESIGN_COPY_CONNECT_TIMEOUT", value_name = "DURATION",
          default_value = "10s", value_parser = duration)]
    pub connect_timeout: Duration,
    /// Tries for one row in one run
    #[arg(help_heading = TROUBLE)]
    #[arg(long, env = "ESIGN_COPY_MAX_ATTEMPTS", value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub max_attempts: u32,
    /// Longest Retry-After obeyed; a longer one stops the run
    #[arg(help_heading = PACE)]
    #[arg(long, env = "ESIGN_COPY_MAX_PAUSE", value_name = "DURATION", default_value = "15m",
          value_parser = duration_or_zero)]
    pub max_pause: Duration,
    /// The sessions' owner (e-mail address); look-ups need it
    #[arg(help_heading = SERVICE)]
    #[arg(long, env = "ESIGN_COPY_USERNAME", value_name = "EMAIL")]
    pub username: Option<String>,
    /// What to do with a row whose copy may exist: hold leaves it uncertain
    #[arg(help_heading = TROUBLE)]
    #[arg(long, env = "ESIGN_COPY_ON_UNCERTAIN", value_enum)]
    pub on_uncertain: Option<OnUncertain>,
    /// Stop once so many rows of this run are uncertain, or none
    #[arg(help_heading = TROUBLE)]
    #[arg(long, env = "ESIGN_COPY_MAX_UNCERTAIN", value_name = "N|none", default_value = "none",
          value_parser = count_or_none)]
    pub max_uncertain: MaxCount,
    /// 0s fetches a fresh token for every call; more reuses one that long
    #[arg(help_heading = SERVICE)]
    #[arg(long, env = "ESIGN_COPY_TOKEN_REUSE", value_name = "DURATION", default_value = "0s",
          value_parser = duration_or_zero)]
    pub token_reuse: Duration,
    /// Stop once N rows, or N% (after 20 finished rows), failed
    #[arg(help_heading = TROUBLE)]
    #[arg(long, env = "ESIGN_COPY_MAX_FAILURES", value_name = "N|N%|none",
          default_value = "none", value_parser = max_failures)]
    pub max_failures: MaxFailuresArg,
    /// Send at most N rows in this run: a pilot
    #[arg(help_heading = COPY)]
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Do not copy one row first and read it back
    #[arg(help_heading = TROUBLE)]
    #[arg(long)]
    pub no_canary: bool,
    /// A new connection for every copy
    #[arg(help_heading = SERVICE)]
    #[arg(long, env = "ESIGN_COPY_FRESH_CONNECTIONS", action = ArgAction::SetTrue,
          value_parser = BoolValueParser::new())]
    pub fresh_connections: bool,
    /// Go through this proxy; no other is ever used
    #[arg(help_heading = SERVICE)]
    #[arg(
        long,
        env = "ESIGN_COPY_PROXY",
        value_name = "URL",
        hide_env_values = true
    )]
    pub proxy: Option<String>,
    /// Certificates to trust beside the system's
    #[arg(help_heading = SERVICE)]
    #[arg(long, env = "ESIGN_COPY_CA_FILE", value_name = "PEM")]
    pub ca_file: Option<PathBuf>,
    /// On a signal: how long requests in flight may still finish
    #[arg(help_heading = TROUBLE)]
    #[arg(long, env = "ESIGN_COPY_GRACE", value_name = "DURATION", default_value = "30s",
          value_parser = duration_or_zero)]
    pub grace: Duration,
    /// Progress on standard error
    #[arg(help_heading = OUTPUT)]
    #[arg(long, env = "ESIGN_COPY_PROGRESS", value_enum, default_value_t = Progress::Auto)]
    pub progress: Progress,
    /// Tell every row and every wait
    #[arg(help_heading = OUTPUT)]
    #[arg(long, short, env = "ESIGN_COPY_VERBOSE", action = ArgAction::SetTrue,
          value_parser = BoolValueParser::new())]
    pub verbose: bool,
    #[command(flatten)]
    pub log: LogArgs,
    #[command(flatten, next_help_heading = "In a rehearsal")]
    pub faults: FaultArgs,
}

impl Command {
    /// How it is to speak on standard error.
    pub fn wishes(&self) -> Wishes {
        let sending = |work: &WorkArgs| Wishes {
            format: work.log.log_format,
            progress: work.progress,
            is_quiet: work.log.quiet,
            is_verbose: work.verbose,
        };
        match self {
            Self::Run(args) => sending(&args.work),
            Self::Retry(args) => sending(&args.work),
            Self::Check(args) => Wishes {
                format: args.log.log_format,
                is_quiet: args.log.quiet,
                ..Wishes::default()
            },
            Self::Status(_) | Self::Report(_) | Self::Sandbox(_) => Wishes::default(),
        }
    }
}

/// A count, or no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxCount(pub Option<u64>);

/// `--max-failures`: a count, a percentage, or no limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxFailuresArg(pub crate::executor::MaxFailures);

fn duration_or_zero(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text);
    duration.map_err(|_| "write a duration as 10s, 500ms, 15m or 2h".into())
}

fn duration(text: &str) -> Result<Duration, String> {
    match duration_or_zero(text)? {
        Duration::ZERO => Err("must be more than nothing".into()),
        duration => Ok(duration),
    }
}

fn count_or_none(text: &str) -> Result<MaxCount, String> {
    if text == "none" {
        return Ok(MaxCount(None));
    }
    text.parse()
        .map(|count| MaxCount(Some(count)))
        .map_err(|_| "write a number, or none".into())
}

fn max_failures(text: &str) -> Result<MaxFailuresArg, String> {
    use crate::executor::MaxFailures;
    let wrong = || "write a number of rows, a percentage such as 5%, or none".to_owned();
    let limit = match text.strip_suffix('%') {
        _ if text == "none" => MaxFailures::None,
        Some(percent) => {
            let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
            let sensible = (0.0..=100.0).contains(&percent);
            if !sensible {
                return Err(wrong());
            }
            MaxFailures::Percent(percent)
        }
        None => MaxFailures::Rows(text.parse().map_err(|_| wrong())?),
    };
    Ok(MaxFailuresArg(limit))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// A flag that loosens a guard, or makes the sandbox misbehave, has no variable: it must be
    /// said each time.
    #[test]
    fn only_flags_that_loosen_no_guard_have_a_variable() {
        let loosening = [
            "limit",
            "no-canary",
            "set",
            "expect-rows",
            "accept-changes",
            "new-ledger",
            "other-column",
            "fault",
            "fault-script",
            "fault-seed",
        ];
        let cli = Cli::command();
        for name in ["run", "retry"] {
            let command = cli.find_subcommand(name).unwrap();
            for argument in command
                .get_arguments()
                .filter(|argument| !argument.is_positional())
            {
                let long = argument.get_long().unwrap();
                let variable = argument
                    .get_env()
                    .map(|name| name.to_string_lossy().into_owned());
                let expected = format!("ESIGN_COPY_{}", long.to_uppercase().replace('-', "_"));
                let expected = Some(expected).filter(|_| !loosening.contains(&long));
                assert_eq!(variable, expected, "--{long}");
            }
        }
    }
}
