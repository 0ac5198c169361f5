//! `man`: a manual page, made from the command line itself.

use crate::cli::{Exit, Failure, print};
use clap::Command;

/// `man [COMMAND]`.
pub fn man(command: Option<&str>, mut program: Command) -> Result<Exit, Failure> {
    // Builds the commands, so that each knows its whole name.
    program.build();
    let command = match command {
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
