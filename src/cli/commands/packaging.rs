//! What packagers need: completions and manual pages, made from the command line itself.

use clap::CommandFactory;

use crate::cli::args::{Cli, CompletionsArgs, ManArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::standard_output::print;

/// `completions SHELL`.
pub fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "esign-copy", &mut text);
    print(&text)?;
    Ok(Exit::Done)
}

/// `man [COMMAND]`.
pub fn man(args: &ManArgs) -> Result<Exit, Failure> {
    let mut program = Cli::command();
    // Builds the commands, so that each knows its whole name.
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::usage(format!("'{name}' is no command; see esign-copy --help"))
        })?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    print(&text)?;
    Ok(Exit::Done)
}
