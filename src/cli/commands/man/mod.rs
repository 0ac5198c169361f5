//! `man`: a manual page, made from the command line itself.

mod sections;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::Roff;

use crate::cli::{Exit, Failure, print};

/// `man [COMMAND]`.
pub fn man(command: Option<&str>, program: Command) -> Result<Exit, Failure> {
    // `help` has no page of its own.
    let mut program = program.disable_help_subcommand(true);
    // Builds the commands, so that each knows its whole name.
    program.build();
    let (name, command) = match command {
        None => (None, program.clone()),
        Some(name) => {
            let command = program.find_subcommand(name).cloned();
            let command = command.ok_or_else(|| {
                Failure::usage(format!(
                    "there is no command '{name}'; see esign-copy --help"
                ))
            })?;
            (Some(name), command)
        }
    };
    // A flag that -h leaves out has no text otherwise.
    let command = command.mut_args(|argument| argument.hide_short_help(false));
    let mut text = Vec::new();
    let has_arguments = command.get_arguments().next().is_some();
    let page = Man::new(command.clone()).manual("esign-copy manual");
    page.render_title(&mut text)?;
    // A flag or a variable that is broken at a line's end can't be typed as it is read.
    let mut layout = Roff::new();
    layout.control("nh", []).control("ad", ["l"]);
    layout.to_writer(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    if has_arguments {
        page.render_options_section(&mut text)?;
    }
    let mut rest = Roff::new();
    if name.is_none() {
        page.render_subcommands_section(&mut text)?;
        sections::files(&mut rest);
    }
    if [None, Some("run"), Some("check")].contains(&name) {
        sections::columns(&mut rest);
    }
    sections::environment(&mut rest, name, &program);
    sections::exit_status(&mut rest);
    sections::examples(&mut rest, name);
    rest.to_writer(&mut text)?;
    print(&text)?;
    Ok(Exit::Done)
}
