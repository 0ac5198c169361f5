//! The commands, each a short story over the other modules.

mod audit;
mod bodies;
mod check;
mod check_report;
mod ending;
mod endings;
mod estimate;
mod html;
mod inspect;
mod lone_import;
mod lone_report;
mod measured;
mod online;
mod outputs;
mod packaging;
mod plan_line;
mod prepare;
mod queue;
mod refusals;
mod report;
mod report_file;
mod reported;
mod rescue;
mod resolve;
mod retry;
mod run;
mod sandbox;
mod scratch;
mod service;
mod status;
mod work;

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
        Command::Check(args) => check::check(&args, context, output),
        Command::Retry(args) => retry::retry(&args, context, output),
        Command::Status(args) => status::status(&args, context),
        Command::Report(args) => report::report(&args, output),
        Command::Resolve(args) => resolve::resolve(&args, context),
        Command::Audit(args) => audit::audit(&args, context, output),
        Command::Completions(args) => packaging::completions(&args),
        Command::Man(args) => packaging::man(&args),
        Command::Sandbox(args) => sandbox::sandbox(&args, context, output),
    }
}
