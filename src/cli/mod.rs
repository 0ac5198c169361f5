//! The outside world: arguments as typed, the environment and terminal read once, settings
//! resolved, commands, progress, exit codes. Only this module prints.

mod args;
mod commands;
mod context;
mod credentials;
mod endpoint;
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

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

pub use exit::Exit;

use exit::Failure;
use output::{LogFormat, Message, Output, OutputOptions};
use settings::{Settings, output_options};

/// Reads the command line and does what it says.
pub fn run() -> Exit {
    let context = context::Context::capture();
    leave_no_core();
    let set = context.variables();
    let command = args::Cli::command();
    let found = variables::look_through(&command, &set);
    let parsed = variables::without_empty(command, &set).try_get_matches();
    let parsed = parsed.and_then(|mut matches| args::Cli::from_arg_matches_mut(&mut matches));
    let args = match parsed {
        Ok(args) => args,
        // What it lacks may stand in a variable with a misspelt name.
        Err(error) if error.use_stderr() && !found.wrong.is_empty() => {
            let failure = Failure::usage(found.wrong.join("; "));
            return told(&failure, &Output::new(unparsed(&context), context.terminal));
        }
        Err(error) => return unread(error, &context),
    };
    let output = Output::new(output_options(&args.command), context.terminal);
    tell_panics(&output);
    let done = is_welcome(&args.command, &found, &output)
        .and_then(|()| Ok(context.signals.watch(|signal| context.ignores(signal))?))
        .and_then(|()| Settings::resolve(args.command, &context))
        .and_then(|settings| commands::dispatch(settings, &context, &output, args::Cli::command()));
    done.unwrap_or_else(|failure| told(&failure, &output))
}

/// A core dump would hold the key and people's names. Where the limit can't be set, nothing else is
/// to be done about it.
fn leave_no_core() {
    let kept = getrlimit(Resource::Core);
    let none = Rlimit {
        current: Some(0),
        ..kept
    };
    let _ = setrlimit(Resource::Core, none);
}

fn told(failure: &Failure, output: &Output) -> Exit {
    failure.report(output);
    failure.exit
}

/// How a command line that can't be read wants to be answered.
fn unparsed(context: &context::Context) -> OutputOptions {
    let format = match context.wants_log() {
        true => LogFormat::Json,
        false => LogFormat::Text,
    };
    OutputOptions {
        format,
        ..OutputOptions::default()
    }
}

/// What became of a command line that asks for help or can't be read.
fn unread(error: clap::Error, context: &context::Context) -> Exit {
    let error = with_variable(error, context);
    if error.use_stderr() && context.wants_log() {
        let text = error.to_string();
        let failure = Failure::usage(text.trim().trim_start_matches("error: "));
        return told(&failure, &Output::new(unparsed(context), context.terminal));
    }
    // Help on standard output, errors on standard error; a closed pipe is no reason to fail
    // louder.
    let _ = error.print();
    match error.use_stderr() {
        true => Exit::Usage,
        false => Exit::Done,
    }
}

/// Whether the variables allow the command. What packagers ask for does not depend on any.
fn is_welcome(
    command: &args::Command,
    found: &variables::Findings,
    output: &Output,
) -> Result<(), Failure> {
    if matches!(
        command,
        args::Command::Completions(_) | args::Command::Man(_)
    ) {
        return Ok(());
    }
    for name in &found.unread {
        let text = format!("warning: no command reads the variable {name}");
        let message = Message::warn("variable", text);
        output.emit(&message.with("variable", name.as_str()));
    }
    match found.wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure::usage(found.wrong.join("; "))),
    }
}

/// A wrong value that was not typed came from a variable: says which.
fn with_variable(mut error: clap::Error, context: &context::Context) -> clap::Error {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let flag = argument.split(' ').next().unwrap_or_default().to_owned();
    let variable = variables::variable_of(flag.trim_start_matches('-'));
    let is_typed = context.arguments.iter().any(|word| {
        let rest = word.strip_prefix(&flag);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    });
    if error.kind() == ErrorKind::ValueValidation || error.kind() == ErrorKind::InvalidValue {
        let value = context.variable(&variable);
        if let Some(value) = value.filter(|_| !is_typed)
            && error.get(ContextKind::InvalidValue)
                == Some(&ContextValue::String(value.to_string_lossy().into_owned()))
        {
            let argument = format!("{argument} (from {variable})");
            error.insert(ContextKind::InvalidArg, ContextValue::String(argument));
        }
    }
    error
}

/// A panic in one attempt does not end the run; its message goes where all others go.
fn tell_panics(output: &Output) {
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
