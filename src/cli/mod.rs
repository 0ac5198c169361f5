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

use std::backtrace::{Backtrace, BacktraceStatus};

use clap::Parser;

pub use exit::Exit;

use output::{Message, Output};

/// Reads the command line and does what it says.
pub fn run() -> Exit {
    let args = match args::Cli::try_parse() {
        Ok(args) => args,
        Err(error) => {
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
    let context = context::Context::capture();
    let output = Output::new(args.command.wishes(), &context);
    tell_panics(&output);
    match commands::dispatch(args.command, &context, &output) {
        Ok(exit) => exit,
        Err(failure) => {
            output.fail(&failure);
            failure.exit
        }
    }
}

/// A panic in one attempt does not end the run; its message goes where all others go.
fn tell_panics(output: &Output) {
    let output = output.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let backtrace = Backtrace::capture();
        let mut text = format!("internal error: {panic}");
        if backtrace.status() == BacktraceStatus::Captured {
            text.push_str(&format!("\n{backtrace}"));
        }
        output.tell(&Message::error("panic", text));
    }));
}
