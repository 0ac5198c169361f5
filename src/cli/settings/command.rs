//! A command with its settings.

use std::path::PathBuf;

use clap_complete::Shell;

use super::check::{self, CheckedManifest, CheckedReport};
use super::init::Init;
use super::job_selector::JobSelector;
use super::sending::{Retry, Run, SendingCommand};
use super::service::{ServiceSettings, with_faults};
use crate::cli::args::{
    AuditArgs, Command, LogArgs, ReportArgs, ResolveArgs, SandboxArgs, SendingArgs,
};
use crate::cli::output::{OutputOptions, ProgressStyle};
use crate::cli::report_format::{ReportFormat, format_of};
use crate::cli::{Environment, Failure};
use crate::job::SessionId;
use crate::ledger::Resolution;
use crate::sandbox::{self, AnswerStyle};
use crate::support::one_line;

/// What is to be done.
pub enum Settings {
    Run(SendingCommand<Run>),
    CheckManifest(CheckedManifest),
    CheckReport(CheckedReport),
    Retry(SendingCommand<Retry>),
    Init(Init),
    Status(JobSelector),
    Report(Report),
    Resolve(Resolve),
    Audit(Audit),
    Sandbox(sandbox::Settings),
    ListFaults,
    Completions(Shell),
    Man(Option<String>),
}

/// `report`.
pub struct Report {
    /// The job.
    pub job: JobSelector,
    /// The form.
    pub format: ReportFormat,
    /// The file, or standard output.
    pub output: Option<PathBuf>,
}

/// `resolve`.
pub struct Resolve {
    /// The job.
    pub job: JobSelector,
    /// The uncertain rows, as they were named.
    pub rows: Vec<String>,
    /// What became of them.
    pub resolution: Resolution,
}

/// `audit`.
pub struct Audit {
    /// The job.
    pub job: JobSelector,
    /// The way to the service.
    pub service: ServiceSettings,
}

impl Settings {
    /// Says what a typed command means.
    ///
    /// # Errors
    /// Wrong usage, and files whose name or content shows that they are not what is meant.
    pub fn from_args(command: Command, environment: &Environment) -> Result<Self, Failure> {
        Ok(match command {
            Command::Run(args) => Self::Run(SendingCommand::of_run(args, environment)?),
            Command::Check(args)
                if check::is_report(&args.manifest, args.reading.text.sheet.as_deref()) =>
            {
                Self::CheckReport(check::of_report(args)?)
            }
            Command::Check(args) => Self::CheckManifest(check::of_manifest(args, environment)?),
            Command::Retry(args) => Self::Retry(SendingCommand::of_retry(args, environment)?),
            Command::Init(args) => Self::Init(Init::from_args(args, environment)?),
            Command::Status(args) => Self::Status(JobSelector::from_args(args.place, environment)?),
            Command::Report(args) => Self::Report(Report::from_args(args, environment)?),
            Command::Resolve(args) => Self::Resolve(Resolve::from_args(args, environment)?),
            Command::Audit(args) => Self::Audit(Audit::from_args(args, environment)?),
            Command::Sandbox(args) if args.list_faults => Self::ListFaults,
            Command::Sandbox(args) => Self::Sandbox(sandbox_settings(args)?),
            Command::Completions(args) => Self::Completions(args.shell),
            Command::Man(args) => Self::Man(args.command),
        })
    }
}

impl Report {
    fn from_args(args: ReportArgs, environment: &Environment) -> Result<Self, Failure> {
        Ok(Self {
            format: format_of(args.output.as_deref(), args.format)?,
            job: JobSelector::from_args(args.place, environment)?,
            output: args.output,
        })
    }
}

impl Audit {
    fn from_args(args: AuditArgs, environment: &Environment) -> Result<Self, Failure> {
        let service = ServiceSettings::from_args(args.service, environment)?;
        if service.client.username.is_none() {
            return Err(Failure::usage(
                "audit needs --username, the e-mail address of the sessions' owner",
            ));
        }
        let job = JobSelector::from_args(args.place, environment)?;
        Ok(Self { job, service })
    }
}

impl Resolve {
    fn from_args(args: ResolveArgs, environment: &Environment) -> Result<Self, Failure> {
        let session = args.copied.as_deref().map(|text| {
            SessionId::parse(text.trim()).map_err(|error| {
                Failure::usage(format!("--copied: '{}' {error}", one_line(text, 80)))
            })
        });
        Ok(Self {
            job: JobSelector::from_args(args.place, environment)?,
            rows: args.rows,
            resolution: session
                .transpose()?
                .map_or(Resolution::Absent, Resolution::Copied),
        })
    }
}

fn sandbox_settings(args: SandboxArgs) -> Result<sandbox::Settings, Failure> {
    Ok(sandbox::Settings {
        address: args.listen,
        owner: args.owner,
        token_life: args.token_life,
        token_single_use: args.token_single_use,
        visibility_delay: args.visibility_delay,
        latency: args.latency,
        answer_style: answer_style(&args.answer)?,
        state: args.state,
        ..with_faults(args.faults)?
    })
}

fn answer_style(answers: &[String]) -> Result<AnswerStyle, Failure> {
    let mut chosen = AnswerStyle::default();
    for answer in answers {
        let refused = |reason: &str| Failure::usage(format!("--answer {answer}: {reason}"));
        let (part, style) = answer
            .split_once('=')
            .ok_or_else(|| refused("write it as PART=STYLE"))?;
        let set = chosen.set(part, style);
        set.map_err(|error| refused(&error.to_string()))?;
    }
    Ok(chosen)
}

/// How a command reports on standard error.
pub fn output_options(command: &Command) -> OutputOptions {
    let reading = |log: &LogArgs| OutputOptions {
        format: log.log_format,
        is_quiet: log.quiet,
        ..OutputOptions::default()
    };
    let sending = |args: &SendingArgs| OutputOptions {
        progress: args.progress,
        is_verbose: args.verbose,
        ..reading(&args.log)
    };
    let reading_whole = |log: &LogArgs| OutputOptions {
        progress: ProgressStyle::Auto,
        ..reading(log)
    };
    match command {
        Command::Run(args) => sending(&args.sending),
        Command::Retry(args) => sending(&args.sending),
        Command::Check(args) => OutputOptions {
            is_recorded: args.json,
            ..reading_whole(&args.log)
        },
        Command::Init(args) => reading_whole(&args.log),
        Command::Audit(args) => reading(&args.log),
        _ => OutputOptions::default(),
    }
}
