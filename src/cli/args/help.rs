//! The command line with its help: `-h` shows the flags that most people need, `--help` all.

use clap::{Arg, Command, CommandFactory};

use super::Cli;
use crate::job::Column;

/// The flags that `-h` shows of a command, in that order.
const EVERYDAY: [(&str, &str); 6] = [
    (
        "run",
        "endpoint username limit yes mapping exclude set skip-invalid ledger html rate quiet",
    ),
    (
        "retry",
        "endpoint username yes set skip-invalid ledger without-ledger html rate quiet",
    ),
    (
        "check",
        "endpoint username online show set skip-invalid expect-rows format ledger quiet",
    ),
    ("init", "output encoding sheet online endpoint format quiet"),
    ("audit", "endpoint username ledger rate quiet"),
    (
        "sandbox",
        "listen state latency fault fault-script list-faults",
    ),
];

/// The command line as it is defined, with its help.
pub fn command() -> Command {
    let command = EVERYDAY
        .iter()
        .fold(Cli::command(), |command, (name, flags)| {
            command.mut_subcommand(*name, |command| with_everyday_flags(command, flags))
        });
    command.mut_subcommand("check", |check| {
        let text = format!("{}\n\n{}", columns(), variables(&check));
        check.after_long_help(text)
    })
}

/// The everyday flags first and under no heading, the others only in the long help.
fn with_everyday_flags(command: Command, everyday: &str) -> Command {
    let command = command.mut_args(|argument| {
        let flag = argument.get_long().unwrap_or_default();
        let place = everyday.split(' ').position(|one| one == flag);
        match place {
            _ if argument.is_positional() => argument,
            // A variable for each would be half of the help: one rule says them all.
            Some(place) => (argument.hide_env(true).help_heading(None)).display_order(place),
            None => argument.hide_env(true).hide_short_help(true),
        }
    });
    let has_variables = command.get_arguments().any(|flag| flag.get_env().is_some());
    let text = has_variables.then(|| variables(&command));
    command.after_long_help(text.unwrap_or_default())
}

/// Which flags can be set by a variable.
fn variables(command: &Command) -> String {
    let flags = command.get_arguments().filter(|flag| !flag.is_positional());
    let without = flags.filter(|flag| flag.get_env().is_none());
    let without = without.filter_map(Arg::get_long);
    let without: Vec<String> = without.map(|flag| format!("--{flag}")).collect();
    let without = match without.is_empty() {
        true => String::new(),
        false => format!(" These flags have no variable: {}.", without.join(", ")),
    };
    format!(
        "A variable can set a flag: ESIGN_COPY_RATE=10/s is --rate 10/s, and ESIGN_COPY_QUIET=true is \
         --quiet. What is typed wins.{without}"
    )
}

/// The columns of a manifest, a line each.
fn columns() -> String {
    let intro = "Columns of a manifest (N is the signer's number, from 1). Upper and lower case, spaces, - and \
                 _ make no difference; other columns are kept and copied to the report:";
    Column::meanings().fold(intro.to_owned(), |text, (name, meaning)| {
        format!("{text}\n  {name:<23} {meaning}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyday_flags_exist() {
        let command = Cli::command();
        for (name, flags) in EVERYDAY {
            let command = command.find_subcommand(name).unwrap();
            for flag in flags.split(' ') {
                let mut all = command.get_arguments().filter_map(Arg::get_long);
                assert!(all.any(|one| one == flag), "{name} has no --{flag}");
            }
        }
    }

    #[test]
    fn short_help_fits_a_screen() {
        for (name, flags) in EVERYDAY {
            let mut program = command().term_width(80);
            program.build();
            let help = program.find_subcommand_mut(name).unwrap().render_help();
            let help = help.to_string();
            let lines = help.lines().count();
            assert!(lines <= 24, "{name} -h has {lines} lines:\n{help}");
            assert!(flags.split(' ').all(|flag| help.contains(flag)), "{help}");
        }
    }
}
