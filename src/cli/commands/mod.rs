//! The commands, each a short story over the other modules.

mod audit;
mod check;
mod packaging;
mod pipeline;
mod report;
mod resolve;
mod retry;
mod run;
mod sandbox;
mod shared;
mod status;

use super::args::Command;
use super::context::Context;
use super::exit::{Exit, Failure};
use super::output::Output;

/// Does what was asked.
///
/// # Errors
/// Why it could not be done, with the exit code that says so.
pub fn dispatch(command: Command, context: &Context, output: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => run::run(&args, context, output),
        Command::Check(args) => check::manifest::check(&args, context, output),
        Command::Retry(args) => retry::from_ledger::retry(&args, context, output),
        Command::Status(args) => status::status(&args, context),
        Command::Report(args) => report::report(&args, output),
        Command::Resolve(args) => resolve::resolve(&args, context),
        Command::Audit(args) => audit::audit(&args, context, output),
        Command::Completions(args) => packaging::completions(&args),
        Command::Man(args) => packaging::man(&args),
        Command::Sandbox(args) => sandbox::sandbox(&args, context, output),
    }
}
