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
mod settings;
mod signals;
mod standard_output;

use std::backtrace::{Backtrace, BacktraceStatus};

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

pub use exit::Exit;

use args::LogFormat;
use exit::Failure;
use output::{Message, Output, Wishes};

/// Reads the command line and does what it says.
pub fn run() -> Exit {
    let context = context::Context::capture();
    let args = match args::Cli::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let error = with_variable(error, &context);
            if error.use_stderr() && context.wants_log() {
                let wishes = Wishes {
                    format: LogFormat::Json,
                    ..Wishes::default()
                };
                let text = error.to_string();
                Failure::usage(text.trim().trim_start_matches("error: "))
                    .tell(&Output::new(wishes, &context));
                return Exit::Usage;
            }
            // Help on standard output, errors on standard error; a closed pipe is no reason to
            // fail louder.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
        }
    };
    let output = Output::new(Wishes::of(&args.command), &context);
    tell_panics(&output);
    if let Err(error) = context.signals.watch(context.ignores_hangup) {
        let failure = Failure::from(error);
        failure.tell(&output);
        return failure.exit;
    }
    match commands::dispatch(args.command, &context, &output) {
        Ok(exit) => exit,
        Err(failure) => {
            failure.tell(&output);
            failure.exit
        }
    }
}

/// A wrong value that was not typed came from a variable: says which.
fn with_variable(mut error: clap::Error, context: &context::Context) -> clap::Error {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let flag = argument.split(' ').next().unwrap_or_default().to_owned();
    let variable = flag.trim_start_matches('-').replace('-', "_");
    let variable = format!("ESIGN_COPY_{}", variable.to_uppercase());
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
        output.tell(&message);
    }));
}
