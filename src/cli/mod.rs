//! The outside world: arguments as typed, the environment and terminal read once, settings
//! resolved, commands, progress, exit codes. Only this module prints.

mod args;
mod commands;
mod context;
mod credentials;
mod endpoint;
mod exit;
mod next_command;
mod output;
mod paths;
mod progress;
mod settings;

use clap::Parser;

pub use exit::Exit;

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
    match commands::dispatch(args.command, &context) {
        Ok(exit) => exit,
        Err(failure) => {
            output::failure(&failure.text);
            failure.exit
        }
    }
}
