//! `run` and `retry`: the commands that send.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::mistaken_file::{require_list, require_report};
use super::reading::{CorrectionSettings, ReadingSettings, import_options, is_standard_input};
use super::service::{ServiceSettings, with_faults};
use crate::cli::args::{FileArgs, OnUncertain, RetryArgs, RunArgs, SendingArgs};
use crate::cli::paths::{report_base, strip_ending};
use crate::cli::{Endpoint, Environment, Failure, Paths, today};
use crate::executor::RunSettings;
use crate::ledger::ImportOptions;
use crate::manifest::STANDARD_INPUT;

/// A command that sends. Its files come first: once they are known, the metrics say also what is
/// wrong with the rest.
pub struct SendingCommand<T> {
    /// Its files.
    pub files: RunFiles,
    /// How rows are sent, and what is the command's own.
    pub settings: Result<(SendingSettings, T), Failure>,
}

/// The files of a run.
pub struct RunFiles {
    /// Which service they belong to.
    pub endpoint: Endpoint,
    /// What the run begins with.
    pub input: Input,
    /// The ledger and the report.
    pub paths: Paths,
    /// Which of its files were named: the page and the metrics are written only if they were.
    pub named: FileArgs,
}

/// The file that a run begins with.
pub enum Input {
    Manifest(PathBuf),
    /// A report that is tried again; the new one may take its place.
    Report(PathBuf),
    Standard,
}

impl Input {
    /// Where it is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Manifest(path) | Self::Report(path) => path,
            Self::Standard => Path::new(STANDARD_INPUT),
        }
    }
}

/// How rows are sent.
pub struct SendingSettings {
    /// For the executor.
    pub run: RunSettings,
    /// The way to the service.
    pub service: ServiceSettings,
    /// How long a held ledger is waited for.
    pub wait: Duration,
    /// How what is read is taken into the ledger.
    pub import: ImportOptions,
    /// Whether nobody is to be asked before copies are made.
    pub is_confirmed: bool,
}

/// What is `run`'s own.
pub struct Run {
    /// How the manifest is read.
    pub reading: ReadingSettings,
    /// A missing ledger is never begun.
    pub require_ledger: bool,
    /// The old ledger is set aside.
    pub new_ledger: bool,
}

/// What is `retry`'s own.
pub struct Retry {
    /// How its corrections are read.
    pub corrections: CorrectionSettings,
    /// Without the report's ledger: a new one is begun from it.
    pub recovery: Option<Recovery>,
}

/// How a ledger is rebuilt from a report.
#[derive(Debug, Clone, Copy)]
pub struct Recovery {
    /// Whether failed and pending rows are looked up before they are sent.
    pub looks_up: bool,
}

impl SendingCommand<Run> {
    pub(super) fn of_run(args: RunArgs, environment: &Environment) -> Result<Self, Failure> {
        let endpoint = endpoint(&args.sending)?;
        let named = args.sending.files.clone();
        let (ledger, report) = (named.ledger.as_deref(), named.report.as_deref());
        let is_from_input = is_standard_input(&args.manifest);
        if is_from_input && (ledger.is_none() || report.is_none()) {
            return Err(Failure::usage(
                "standard input has no folder for its ledger and report; add --ledger FILE and --report \
                 FILE",
            ));
        }
        let paths = Paths::of_manifest(&args.manifest, &endpoint, ledger, report);
        let input = match is_from_input {
            true => Input::Standard,
            false => Input::Manifest(args.manifest),
        };
        let files = RunFiles {
            endpoint,
            input,
            paths,
            named,
        };
        let reading = require_list("run", files.input.path());
        let reading =
            reading.and_then(|()| ReadingSettings::from_args(&args.reading, args.accept_changes));
        let settings = reading.and_then(|reading| {
            let (sending, import) = (args.sending, reading.import.clone());
            let settings =
                SendingSettings::from_args(sending, &files.endpoint, import, environment)?;
            let run = Run {
                reading,
                require_ledger: args.require_ledger,
                new_ledger: args.new_ledger,
            };
            Ok((settings, run))
        });
        Ok(Self { files, settings })
    }
}

impl SendingCommand<Retry> {
    pub(super) fn of_retry(args: RetryArgs, environment: &Environment) -> Result<Self, Failure> {
        let endpoint = endpoint(&args.sending)?;
        require_report(&args.results)?;
        let corrections = CorrectionSettings::from_args(&args.set, &args.text)?;
        let paths = match args.without_ledger {
            true => recovery_paths(&args, &endpoint)?,
            false => report_paths(&args)?,
        };
        let files = RunFiles {
            endpoint,
            input: Input::Report(args.results),
            paths,
            named: args.sending.files.clone(),
        };
        let import = import_options(&args.set, args.accept_changes)?;
        let sending = args.sending;
        let settings = SendingSettings::from_args(sending, &files.endpoint, import, environment);
        let settings = settings.and_then(|settings| {
            let recover = || Recovery::from_settings(&settings.run, args.trust_report);
            let recovery = args.without_ledger.then(recover).transpose()?;
            let retry = Retry {
                corrections,
                recovery,
            };
            Ok((settings, retry))
        });
        Ok(Self { files, settings })
    }
}

fn endpoint(args: &SendingArgs) -> Result<Endpoint, Failure> {
    if args.verbose && args.log.quiet {
        return Err(Failure::usage(
            "-v shows more and -q shows nothing; use one of them",
        ));
    }
    Endpoint::parse(&args.endpoint)
}

impl SendingSettings {
    fn from_args(
        args: SendingArgs,
        endpoint: &Endpoint,
        import: ImportOptions,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let is_rehearsal = *endpoint == Endpoint::Sandbox;
        let mut service = ServiceSettings::from_args(args.service, environment)?;
        service.fresh_connections = args.fresh_connections;
        if !args.faults.is_empty() && !is_rehearsal {
            return Err(Failure::usage(
                "--fault and --fault-script work only with --endpoint sandbox",
            ));
        }
        service.sandbox = with_faults(args.faults)?;
        if is_rehearsal {
            // Whoever owns the sessions in earnest owns the sandbox's.
            service.sandbox.any_username = true;
            let owner = &service.sandbox.owner;
            service.client.username.get_or_insert_with(|| owner.clone());
        }
        let has_owner = service.client.username.is_some();
        if args.on_uncertain == Some(OnUncertain::Settle) && !has_owner {
            return Err(Failure::usage(
                "--on-uncertain settle needs --username, the e-mail address of the sessions' owner",
            ));
        }
        let run = RunSettings {
            client: service.client.clone(),
            max_attempts: args.max_attempts,
            max_failures: args.max_failures,
            max_uncertain: args.max_uncertain.0,
            settles: has_owner && args.on_uncertain != Some(OnUncertain::Hold),
            settle_window: args.settle_window,
            has_canary: !args.no_canary,
            limit: args.limit,
            grace: args.grace,
            today,
        };
        Ok(Self {
            run,
            service,
            wait: args.wait,
            import,
            is_confirmed: args.yes,
        })
    }

    /// The owner for whom rows are looked up.
    pub fn username(&self) -> Option<&str> {
        self.run.client.username.as_deref()
    }
}

impl Recovery {
    /// Where rows can't be looked up first, only --trust-report goes on.
    fn from_settings(run: &RunSettings, trust_report: bool) -> Result<Self, Failure> {
        let looks_up = run.settles;
        if looks_up || trust_report {
            return Ok(Self { looks_up });
        }
        Err(Failure::usage(match run.client.username {
            Some(_) => {
                "--without-ledger looks rows up before it sends them, and --on-uncertain hold forbids \
                 that; leave --on-uncertain out"
            }
            None => {
                "--without-ledger looks rows up before it sends them: add --username, the e-mail \
                 address of the sessions' owner. Only if nothing was copied since the report was \
                 written, --trust-report sends them without a look-up"
            }
        }))
    }
}

fn report_paths(args: &RetryArgs) -> Result<Paths, Failure> {
    let FileArgs { ledger, report, .. } = &args.sending.files;
    let (ledger, report) = (ledger.as_deref(), report.as_deref());
    Paths::of_report(&args.results, ledger, report).ok_or_else(|| {
        let path = args.results.display();
        Failure::refused(format!(
                "{path}: its name doesn't say which ledger it came from; add --ledger FILE. (If it is a \
                 list, give it to `esign-copy run`.)"
            ),
        )
    })
}

fn recovery_paths(args: &RetryArgs, endpoint: &Endpoint) -> Result<Paths, Failure> {
    let results = &args.results;
    let refused = |text| Failure::refused(format!("{}: {text}", results.display()));
    let name = results.file_name().unwrap_or_default().to_string_lossy();
    let tagged = |tag| report_base(&name).and_then(|base| strip_ending(base, tag));
    if tagged(".rehearsal").is_some() && *endpoint != Endpoint::Sandbox {
        return Err(refused(
            "this is the report of a rehearsal, which copied nothing; to copy for real, give the list \
             to `esign-copy run`",
        ));
    }
    if tagged(".stage").is_some() && *endpoint == Endpoint::Production {
        return Err(refused("this is a report of stage, not of production"));
    }
    let FileArgs { ledger, report, .. } = &args.sending.files;
    let (ledger, report) = (ledger.as_deref(), report.as_deref());
    Paths::of_recovery(results, endpoint, ledger, report)
        .ok_or_else(|| refused("its name doesn't say where its new ledger goes; add --ledger FILE"))
}
