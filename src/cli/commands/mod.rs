//! The commands, each a short story over the other modules.

mod audit;
mod check;
mod completions;
mod init;
mod man;
mod pipeline;
mod report;
mod resolve;
mod retry;
mod run;
mod sandbox;
mod shared;
mod status;

use clap::Command;

pub use check::refused_check;

use super::settings::Settings;
use crate::cli::{CommandContext, Environment, Exit, Failure, Output};

/// Does what was asked. `program` is the command line as it is defined.
///
/// # Errors
/// Why it could not be done, with the exit code that says so.
pub fn dispatch(
    settings: Settings,
    environment: &Environment,
    output: &Output,
    program: Command,
) -> Result<Exit, Failure> {
    let command = CommandContext {
        environment,
        output,
    };
    match settings {
        Settings::Run(settings) => run::run(settings, command),
        Settings::CheckManifest(settings) => check::check_manifest(&settings, command),
        Settings::CheckReport(settings) => check::check_report(settings, command),
        Settings::Retry(settings) => retry::retry(settings, command),
        Settings::Init(settings) => init::init(&settings, command),
        Settings::Status(job) => status::status(&job, command),
        Settings::Report(settings) => report::report(&settings, command),
        Settings::Resolve(settings) => resolve::resolve(&settings, command),
        Settings::Audit(settings) => audit::audit(&settings, command),
        Settings::Sandbox(settings) => sandbox::sandbox(settings, command),
        Settings::ListFaults => sandbox::list_faults(),
        Settings::Completions(shell) => completions::completions(shell, program),
        Settings::Man(name) => man::man(name.as_deref(), program),
    }
}
