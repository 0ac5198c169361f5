//! The variables of the environment: which names mean something, and what becomes of the others.
//! A value is never shown: under a misspelt name it may be a secret.

use std::ffi::OsStr;

use clap::builder::Resettable;
use clap::{Arg, Command};

/// What the name of every variable of ours begins with.
pub const PREFIX: &str = "ESIGN_COPY_";

/// A ready token, instead of the key.
pub const TOKEN: &str = "ESIGN_COPY_TOKEN";
/// The encrypted key.
pub const API_KEY: &str = "ESIGN_COPY_API_KEY";
/// What the key was encrypted with.
pub const SALT: &str = "ESIGN_COPY_SALT";

/// What Kubernetes adds to the environment of a service that is called esign-copy.
const INJECTED_BY_KUBERNETES: [&str; 2] = ["SERVICE_", "PORT"];

/// A list of people who get no copy: an empty name there is more likely a mistake than nobody.
const NEVER_EMPTY: &str = "ESIGN_COPY_EXCLUDE";

/// A variable that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Whether it holds nothing: then it counts as not set.
    pub is_empty: bool,
}

/// The command line as defined, with flags whose variable is empty read from nowhere.
pub fn ignore_empty(command: Command, set: &[Variable]) -> Command {
    let is_empty = |name: &OsStr| set.iter().any(|one| one.is_empty && *name == *one.name);
    let read = |argument: Arg| match argument.get_env().is_some_and(is_empty) {
        true => argument.env(Resettable::Reset),
        false => argument,
    };
    command.mut_subcommands(|subcommand| subcommand.mut_args(read))
}

/// What is wrong with the variables that are set.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Wrong usage.
    pub wrong: Vec<String>,
    /// Names that no command reads.
    pub unread: Vec<String>,
}

/// Looks through the names that are set.
pub fn check_names(command: &Command, set: &[Variable]) -> Findings {
    let known = KnownNames::of(command);
    let mut findings = Findings::default();
    for Variable { name, is_empty } in set {
        let rest = name.strip_prefix(PREFIX).unwrap_or_default();
        if *is_empty && name == NEVER_EMPTY {
            let text = format!("{name} is empty: name a file, or unset it");
            findings.wrong.push(text);
        } else if *is_empty || known.read.contains(name) || is_injected(rest) {
        } else if let Some(flag) = known.unread.iter().find(|flag| variable_of(flag) == *name) {
            let text = format!("{name}: --{flag} has no variable; use it on the command line");
            findings.wrong.push(text);
        } else if let Some(meant) = known.meant(name) {
            let text = format!("{name} looks like a misspelling of {meant}; no command reads it");
            findings.wrong.push(text);
        } else {
            findings.unread.push(name.clone());
        }
    }
    findings
}

fn is_injected(rest: &str) -> bool {
    INJECTED_BY_KUBERNETES
        .iter()
        .any(|start| rest.starts_with(start))
}

/// The variable that a flag has, if it has one.
pub fn variable_of(flag: &str) -> String {
    format!("{PREFIX}{}", flag.to_uppercase().replace('-', "_"))
}

struct KnownNames {
    /// The variables that a command reads.
    read: Vec<String>,
    /// The flags that have no variable in any command.
    unread: Vec<String>,
}

impl KnownNames {
    fn of(command: &Command) -> Self {
        let arguments = || command.get_subcommands().flat_map(Command::get_arguments);
        let mut read: Vec<String> = arguments()
            .filter_map(Arg::get_env)
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        for name in [TOKEN, API_KEY, SALT] {
            read.extend([name.to_owned(), format!("{name}_FILE")]);
        }
        let unread = arguments()
            .filter_map(Arg::get_long)
            .filter(|flag| !read.contains(&variable_of(flag)))
            .map(str::to_owned)
            .collect();
        Self { read, unread }
    }

    /// The name that was probably meant: the same in other letters, or one letter off.
    fn meant(&self, name: &str) -> Option<&String> {
        let name = name.to_uppercase();
        let mut read = self.read.iter();
        read.find(|known| strsim::osa_distance(known, &name) <= 1)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Cli;

    fn found(name: &str) -> Findings {
        let set = Variable {
            name: name.to_owned(),
            is_empty: false,
        };
        check_names(&Cli::command(), &[set])
    }

    #[test]
    fn flags_that_loosen_a_guard_have_no_variable_and_misspelt_names_are_refused() {
        for (name, word) in [
            ("ESIGN_COPY_LIMIT", "--limit has no variable"),
            ("ESIGN_COPY_NO_CANARY", "--no-canary has no variable"),
            ("ESIGN_COPY_FAULT", "--fault has no variable"),
            ("ESIGN_COPY_ENDPONT", "of ESIGN_COPY_ENDPOINT"),
            ("ESIGN_COPY_ENDPOINTS", "of ESIGN_COPY_ENDPOINT"),
            ("ESIGN_COPY_USRENAME", "of ESIGN_COPY_USERNAME"),
            ("ESIGN_COPY_API_KYE", "of ESIGN_COPY_API_KEY"),
            ("ESIGN_COPY_SALT_FIL", "of ESIGN_COPY_SALT_FILE"),
            ("ESIGN_COPY_Rate", "of ESIGN_COPY_RATE"),
        ] {
            let found = found(name);
            assert!(
                found.wrong.len() == 1 && found.wrong[0].contains(word),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_is_read_or_injected_passes_and_the_rest_is_reported() {
        for name in [
            "ESIGN_COPY_ENDPOINT",
            "ESIGN_COPY_REQUIRE_LEDGER",
            "ESIGN_COPY_FORMAT",
            "ESIGN_COPY_TOKEN_FILE",
            "ESIGN_COPY_SERVICE_HOST",
            "ESIGN_COPY_SERVICE_PORT_HTTPS",
            "ESIGN_COPY_PORT",
            "ESIGN_COPY_PORT_443_TCP_ADDR",
        ] {
            assert_eq!(found(name), Findings::default(), "{name}");
        }
        for name in ["ESIGN_COPY_NIGHTLY", "ESIGN_COPY_HOME"] {
            let found = found(name);
            assert_eq!(
                (found.wrong.len(), found.unread),
                (0, vec![name.to_owned()])
            );
        }
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        let set = |name: &str| Variable {
            name: name.to_owned(),
            is_empty: true,
        };
        let all = [set("ESIGN_COPY_LIMIT"), set("ESIGN_COPY_NIGHTLY")];
        assert_eq!(check_names(&Cli::command(), &all), Findings::default());
        let exclude = check_names(&Cli::command(), &[set("ESIGN_COPY_EXCLUDE")]);
        assert_eq!(exclude.wrong.len(), 1);
    }
}
