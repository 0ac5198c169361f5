//! The command line as it is typed.

mod log;
mod reading;
mod sandbox;
mod sending;
mod service;
mod values;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};

pub use log::LogArgs;
pub use reading::{Duplicates, ManifestFormat, ReadingArgs, SetArgs};
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

/// Copies e-signature signing sessions in bulk.
///
/// A manifest (CSV or JSON) lists the copies to make, one a row. The same `run` command starts, resumes
/// after any interruption, and on a finished job does nothing. Credentials come only from the
/// environment: ESIGN_COPY_API_KEY (the encrypted key) with ESIGN_COPY_SALT, or ESIGN_COPY_TOKEN;
/// each also as ..._FILE.
#[derive(Debug, Parser)]
#[command(name = "esign-copy", version = env!("PROGRAM_VERSION"), max_term_width = 100)]
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
    /// Say of uncertain rows whether the service has a copy of them
    Resolve(ResolveArgs),
    /// Look every transaction id up, read only, and list what exists twice or not at all
    Audit(AuditArgs),
    /// Serve the embedded eSign stand-in on loopback, with faults on request
    Sandbox(SandboxArgs),
    /// Print the completions for a shell, for packagers
    Completions(CompletionsArgs),
    /// Print a manual page, for packagers
    Man(ManArgs),
}

#[derive(Debug, Args)]
#[command(groups = next_command_groups())]
pub struct RunArgs {
    /// The file that lists the copies to make; - is standard input
    pub manifest: PathBuf,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub sending: SendingArgs,
    /// Accept changes to the manifest that could copy somebody twice
    #[arg(long, group = MEANT_ONCE, help_heading = COPY)]
    pub accept_changes: bool,
    /// Never begin a new ledger (for cron)
    #[arg(long, env = "ESIGN_COPY_REQUIRE_LEDGER", conflicts_with = "new_ledger",
          help_heading = FILES)]
    pub require_ledger: bool,
    /// Set the old ledger aside and begin anew: every row may be sent again
    #[arg(long, group = MEANT_ONCE, help_heading = FILES)]
    pub new_ledger: bool,
}

#[derive(Debug, Args)]
#[command(groups = next_command_groups())]
pub struct RetryArgs {
    /// The report, with what you corrected in it
    #[arg(value_name = "REPORT")]
    pub results: PathBuf,
    #[command(flatten)]
    pub set: SetArgs,
    #[command(flatten)]
    pub sending: SendingArgs,
    /// Accept rows that could copy somebody twice
    #[arg(long, group = MEANT_ONCE, help_heading = COPY)]
    pub accept_changes: bool,
    /// Where the ledger is lost: begin a new one from the report. Rows it calls failed or pending are
    /// looked up before they are sent (--username); no others are sent
    #[arg(long, group = MEANT_ONCE, help_heading = FILES)]
    pub without_ledger: bool,
    /// Believe a report without its ledger where rows can't be looked up: what was copied since it
    /// was written is copied again
    #[arg(long, group = MEANT_ONCE, requires = "without_ledger", help_heading = FILES)]
    pub trust_report: bool,
}

#[derive(Debug, Args)]
#[command(groups = next_command_groups())]
pub struct CheckArgs {
    /// The manifest (or report) to check; - is standard input
    pub manifest: PathBuf,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Print the first N request bodies
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = count)]
    pub show: u64,
    /// Ask the service for each source session: is it there, whose is it, and do the rows fit
    /// its signers. Reads only. The flags of the service and its pace (--username, --timeout,
    /// --proxy and the like) are for this
    #[arg(long)]
    pub online: bool,
    /// Which service it is for: what its ledger has sent already is counted, and --online asks it
    #[arg(long, env = "ESIGN_COPY_ENDPOINT", value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    #[command(flatten)]
    pub service: ServiceArgs,
    /// The ledger [default: beside a manifest the endpoint's, beside a report NAME.ledger]
    #[arg(long, env = "ESIGN_COPY_LEDGER", value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Of a report whose ledger is lost: tell what `retry --without-ledger` would do
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
    /// The form of the report [default: as the name of --output ends, else csv]
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,
    /// Write it to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("answer").required(true))]
pub struct ResolveArgs {
    #[command(flatten)]
    pub place: JobArgs,
    /// The uncertain rows, by their row_id
    #[arg(required = true, value_name = "ROW_ID")]
    pub row_ids: Vec<String>,
    /// The service surely has no copy: the rows may be sent again
    #[arg(long, group = "answer")]
    pub absent: bool,
    /// The service has the copy, under this session id
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
    /// The command whose page is printed, such as run [default: the program's own]
    pub command: Option<String>,
}

/// Which job is meant.
#[derive(Debug, Args)]
pub struct JobArgs {
    /// The manifest, or its ledger
    pub path: PathBuf,
    /// Which service: tells the ledgers of one manifest apart
    #[arg(long, env = "ESIGN_COPY_ENDPOINT", value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    /// The ledger, if it is not beside the manifest
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
