//! The outside world: arguments as typed, the environment and terminal read once, settings
//! resolved, commands, progress, exit codes. Only this module prints.

mod args;
mod commands;
mod credentials;
mod endpoint;
mod environment;
mod exit;
mod metrics;
mod next_command;
mod output;
mod paths;
mod progress;
mod report_format;
mod settings;
mod signals;
mod standard_output;
mod variables;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::path::PathBuf;

use clap::FromArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

pub use exit::Exit;

pub(crate) use endpoint::Endpoint;
pub(crate) use environment::{CommandContext, Environment, today};
pub(crate) use exit::Failure;
pub(crate) use output::{Message, Output};
pub(crate) use paths::Paths;
pub(crate) use standard_output::{print, print_with};

use output::{LogFormat, OutputOptions};
use settings::{Settings, output_options};

/// Reads the command line and does what it says.
pub fn run() -> Exit {
    let environment = Environment::capture();
    forbid_core_dumps();
    let set = environment.variables();
    let command = args::command();
    let found = variables::check_names(&command, &set);
    let parsed = variables::ignore_empty(command, &set).try_get_matches();
    let parsed = parsed.and_then(|mut matches| args::Cli::from_arg_matches_mut(&mut matches));
    let command = match parsed {
        Ok(args) => args.command,
        // What it lacks may be in a variable with a misspelt name.
        Err(error) if error.use_stderr() && !found.wrong.is_empty() => {
            let failure = Failure::usage(found.wrong.join("; "));
            return report(&failure, &unparsed_output(&environment));
        }
        Err(error) => return report_unparsed(error, &environment),
    };
    let output = Output::new(output_options(&command), environment.terminal);
    let checked_in_json = checked_in_json(&command);
    report_panics(&output);
    let done = require_known_variables(&command, found, &output)
        .and_then(|()| {
            Ok(environment
                .signals
                .watch(|signal| environment.ignores(signal))?)
        })
        .and_then(|()| Settings::from_args(command, &environment))
        .and_then(|settings| commands::dispatch(settings, &environment, &output, args::command()));
    done.unwrap_or_else(|failure| {
        if let Some(file) = checked_in_json {
            // A closed pipe is no reason to fail louder.
            let _ = print(commands::refused_check(&file, &failure, &output));
        }
        report(&failure, &output)
    })
}

/// The file of a check whose result is one JSON object, also where it fails.
fn checked_in_json(command: &args::Command) -> Option<PathBuf> {
    match command {
        args::Command::Check(args) if args.json => Some(args.manifest.clone()),
        _ => None,
    }
}

/// A core dump would hold the key and people's names. Where the limit can't be set, nothing else is
/// to be done about it.
fn forbid_core_dumps() {
    let none = Rlimit {
        current: Some(0),
        ..getrlimit(Resource::Core)
    };
    let _ = setrlimit(Resource::Core, none);
}

fn report(failure: &Failure, output: &Output) -> Exit {
    failure.report(output);
    failure.exit
}

/// How a command line that can't be read wants to be answered.
fn unparsed_output(environment: &Environment) -> Output {
    let mut options = OutputOptions::default();
    if environment.wants_log() {
        options.format = LogFormat::Json;
    }
    Output::new(options, environment.terminal)
}

/// Answers a command line that asks for help or can't be read.
fn report_unparsed(error: clap::Error, environment: &Environment) -> Exit {
    let error = with_hint(with_variable(error, environment));
    if !error.use_stderr() {
        // Help on standard output; a closed pipe is no reason to fail louder.
        let _ = error.print();
        return Exit::Done;
    }
    if environment.wants_log() {
        let text = error.to_string();
        let failure = Failure::usage(text.trim().trim_start_matches("error: "));
        return report(&failure, &unparsed_output(environment));
    }
    let _ = error.print();
    Exit::Usage
}

/// Refuses wrong variables. What packagers ask for does not depend on any.
fn require_known_variables(
    command: &args::Command,
    found: variables::Findings,
    output: &Output,
) -> Result<(), Failure> {
    use args::Command::{Completions, Man};
    if matches!(command, Completions(_) | Man(_)) {
        return Ok(());
    }
    for name in found.unread {
        let text = format!("warning: no command reads the variable {name}");
        output.emit(&Message::warn("variable", text).with("variable", name));
    }
    match found.wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure::usage(found.wrong.join("; "))),
    }
}

/// A wrong value that was not typed came from a variable: says which.
fn with_variable(mut error: clap::Error, environment: &Environment) -> clap::Error {
    let (Some(ContextValue::String(argument)), Some(ContextValue::String(wrong))) = (
        error.get(ContextKind::InvalidArg),
        error.get(ContextKind::InvalidValue),
    ) else {
        return error;
    };
    let is_of_value = [ErrorKind::ValueValidation, ErrorKind::InvalidValue].contains(&error.kind());
    let flag = argument.split(' ').next().unwrap_or_default();
    let variable = variables::variable_of(flag.trim_start_matches('-'));
    let is_from_variable = environment.typed_value(flag).is_none()
        && (environment.variable(&variable))
            .is_some_and(|value| value.to_string_lossy() == **wrong);
    if is_of_value && is_from_variable {
        let argument = format!("{argument} (from {variable})");
        error.insert(ContextKind::InvalidArg, ContextValue::String(argument));
    }
    error
}

/// A flag that other programs have, and what does the same here.
fn with_hint(mut error: clap::Error) -> clap::Error {
    let is_unknown = error.kind() == ErrorKind::UnknownArgument;
    let argument = error.get(ContextKind::InvalidArg);
    if is_unknown && argument == Some(&ContextValue::String("--dry-run".into())) {
        let hint = "`esign-copy check FILE` reads the whole list and sends nothing; `esign-copy run FILE \
                    --endpoint sandbox` rehearses the run on this machine";
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![hint.into()]),
        );
    }
    error
}

/// A panic in one attempt does not end the run; its message goes where all others go.
fn report_panics(output: &Output) {
    let output = output.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let backtrace = Backtrace::capture();
        let mut message = Message::error("panic", format!("internal error: {panic}"));
        if backtrace.status() == BacktraceStatus::Captured {
            let backtrace = backtrace.to_string();
            message = backtrace.lines().fold(message, Message::line);
        }
        output.emit(&message);
    }));
}
