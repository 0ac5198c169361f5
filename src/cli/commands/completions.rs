//! `completions`: for a shell, made from the command line itself.

use crate::cli::{Exit, Failure, print};
use clap::Command;
use clap_complete::Shell;

/// `completions SHELL`.
pub fn completions(shell: Shell, mut program: Command) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut program, "esign-copy", &mut text);
    print(&text)?;
    Ok(Exit::Done)
}
