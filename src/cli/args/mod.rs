//! The command line as it is typed.

mod help;
mod init;
mod log;
mod reading;
mod sandbox;
mod sending;
mod service;
mod values;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};

pub use help::command;
pub use init::InitArgs;
pub use log::LogArgs;
pub use reading::{Duplicates, ManifestFormat, ReadingArgs, SetArgs, TextArgs};
pub use sandbox::{FaultArgs, SandboxArgs};
pub use sending::{FileArgs, OnUncertain, SendingArgs};
pub use service::ServiceArgs;

use super::report_format::ReportFormat;
use values::count;

/// Flags that the next command does not say again: they were meant for one run.
pub const MEANT_ONCE: &str = "meant-once";
/// Flags with which a rehearsed list goes to stage: how it is read, and which rows may be sent.
pub const OF_LIST: &str = "of-list";
/// Flags with which `retry` sends the failed rows of a run: by the same way to the service.
pub const OF_RETRY: &str = "of-retry";

/// What the next command says of this one, flag by flag.
fn next_command_groups() -> [ArgGroup; 3] {
    [MEANT_ONCE, OF_LIST, OF_RETRY].map(|name| ArgGroup::new(name).multiple(true))
}

// What `run --help` groups the flags by.
const COPY: &str = "What to copy";
const SERVICE: &str = "Service";
const FILES: &str = "Ledger and report";
const PACE: &str = "Pace";
const ERRORS: &str = "When things go wrong";
const OUTPUT: &str = "What is shown";

/// Copy e-signature sessions in bulk
///
/// A manifest (a CSV file, a workbook or a JSON file) lists the copies to make, one a row, and `run` makes them. Type the same
/// `run` command again to go on after an interruption: a row that is copied is never sent again.
///
/// The credentials come from the environment: ESIGN_COPY_API_KEY (the encrypted key) and ESIGN_COPY_SALT, or
/// ESIGN_COPY_TOKEN. With _FILE at the end of a name, the value is read from a file.
#[derive(Debug, Parser)]
#[command(name = "esign-copy", version = env!("PROGRAM_VERSION"), max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the copies that a manifest lists
    ///
    /// The same command starts a job, goes on after an interruption, and does nothing once all is done.
    Run(RunArgs),
    /// Find the mistakes in a manifest or report; send nothing
    Check(CheckArgs),
    /// Write a mapping file for a list with any columns
    ///
    /// It fills the columns that are sent from the list's own: best guesses, each with its reason, and what is
    /// left to fill in. `check` and `run` then take the list with --mapping FILE.
    Init(InitArgs),
    /// Send a report's failed and pending rows again, as you corrected them
    ///
    /// Uncertain rows are looked up first. Rows that are copied are never sent again.
    Retry(RetryArgs),
    /// Show the state of a job and the next command
    Status(StatusArgs),
    /// Write the report again, even while a run is working
    Report(ReportArgs),
    /// Record whether the service has a copy of uncertain rows
    Resolve(ResolveArgs),
    /// Look up every copy, and list rows that exist twice or not at all; change nothing
    Audit(AuditArgs),
    /// Start a local stand-in of the service, to practise with
    Sandbox(SandboxArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Print a manual page
    Man(ManArgs),
}

#[derive(Debug, Args)]
#[command(groups = next_command_groups())]
pub struct RunArgs {
    /// The list of copies (CSV, workbook, JSON); - reads standard input
    pub manifest: PathBuf,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub sending: SendingArgs,
    /// Go ahead although changes to the manifest could copy somebody twice
    #[arg(long, group = MEANT_ONCE, help_heading = COPY)]
    pub accept_changes: bool,
    /// Fail if there is no ledger yet (for cron)
    #[arg(long, env = "ESIGN_COPY_REQUIRE_LEDGER", conflicts_with = "new_ledger",
          help_heading = FILES)]
    pub require_ledger: bool,
    /// Set the old ledger aside and start a new one: every row may be sent again
    #[arg(long, group = MEANT_ONCE, help_heading = FILES)]
    pub new_ledger: bool,
}

#[derive(Debug, Args)]
#[command(groups = next_command_groups())]
pub struct RetryArgs {
    /// The report with your corrections
    #[arg(value_name = "REPORT")]
    pub results: PathBuf,
    #[command(flatten)]
    pub set: SetArgs,
    #[command(flatten)]
    pub text: TextArgs,
    #[command(flatten)]
    pub sending: SendingArgs,
    /// Go ahead although some rows could copy somebody twice
    #[arg(long, group = MEANT_ONCE, help_heading = COPY)]
    pub accept_changes: bool,
    /// Start a new ledger from the report, if the old one is lost
    ///
    /// Failed, pending and uncertain rows are looked up first (--username), and are sent only if there is no
    /// copy. No other rows are sent.
    #[arg(long, group = MEANT_ONCE, help_heading = FILES)]
    pub without_ledger: bool,
    /// With --without-ledger: send failed and pending rows without looking them up
    ///
    /// Rows that were copied after the report was written are copied again.
    #[arg(long, group = MEANT_ONCE, requires = "without_ledger", help_heading = FILES)]
    pub trust_report: bool,
}

#[derive(Debug, Args)]
#[command(groups = next_command_groups())]
pub struct CheckArgs {
    /// The manifest or report to check; - reads standard input
    pub manifest: PathBuf,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Print the first N requests that would be sent
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = count)]
    pub show: u64,
    /// Print the result as one JSON object, for programs
    #[arg(long, conflicts_with = "show")]
    pub json: bool,
    /// Ask the service whether the source sessions match the rows
    ///
    /// For each source session: whether it exists, who owns it, and whether its signers match the rows. This
    /// only reads. The flags about the service and the pace (--username, --timeout, --proxy and others) are
    /// for this.
    #[arg(long)]
    pub online: bool,
    /// The service that the rows are for: sandbox, stage, production or a URL
    ///
    /// The check takes into account what was sent there already. --online asks this service.
    #[arg(long, env = "ESIGN_COPY_ENDPOINT", value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    #[command(flatten)]
    pub service: ServiceArgs,
    /// The ledger [default: next to the manifest or report]
    #[arg(long, env = "ESIGN_COPY_LEDGER", value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// For a report whose ledger is lost: show what `retry --without-ledger` would do
    #[arg(long)]
    pub without_ledger: bool,
    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub place: JobArgs,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    pub place: JobArgs,
    /// The format of the report [default: by the name of --output, else csv]
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,
    /// Write to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("answer").required(true))]
pub struct ResolveArgs {
    #[command(flatten)]
    pub place: JobArgs,
    /// The uncertain rows: row:N, with N a row's number in the report, or its row_id
    #[arg(required = true, value_name = "ROW")]
    pub rows: Vec<String>,
    /// The service has no copy: the rows may be sent again
    #[arg(long, group = "answer")]
    pub absent: bool,
    /// The service has the copy, as this session
    #[arg(long, group = "answer", value_name = "SESSION_ID")]
    pub copied: Option<String>,
}

#[derive(Debug, Args)]
#[command(groups = next_command_groups())]
pub struct AuditArgs {
    #[command(flatten)]
    pub place: JobArgs,
    #[command(flatten)]
    pub service: ServiceArgs,
    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command to print the page of, such as run [default: the program itself]
    pub command: Option<String>,
}

/// Which job is meant.
#[derive(Debug, Args)]
pub struct JobArgs {
    /// The manifest, its report or its ledger
    pub path: PathBuf,
    /// The service, if the manifest was sent to several
    #[arg(long, env = "ESIGN_COPY_ENDPOINT", value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    /// The ledger, if it is not next to the manifest
    #[arg(long, env = "ESIGN_COPY_LEDGER", value_name = "FILE")]
    pub ledger: Option<PathBuf>,
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
            "yes",
            "no-canary",
            "set",
            "expect-rows",
            "accept-changes",
            "keep-source-signers",
            "new-ledger",
            "without-ledger",
            "trust-report",
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
