//! A command line as it was typed: what it says itself, apart from variables and defaults.

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory};

use crate::cli::args::{Cli, MEANT_ONCE, OF_LIST, OF_RETRY};

/// The words after the program's name, in the order in which they were typed.
#[derive(Debug, Clone)]
pub struct TypedCommand {
    /// The command's name.
    pub name: String,
    words: Vec<Word>,
}

#[derive(Debug, Clone)]
struct Word {
    /// Without the dashes; none for what has no flag.
    flag: Option<String>,
    value: Option<String>,
    /// What next commands say of it, as `cli::args` names them.
    groups: Vec<String>,
}

impl TypedCommand {
    /// Reads a whole command line, the program's name first; `None` if it is none of ours.
    pub fn parse(words: &[String]) -> Option<Self> {
        let mut cli = Cli::command().mut_subcommands(|command| command.mut_args(without_variable));
        let matches = cli.try_get_matches_from_mut(words).ok()?;
        let (name, matches) = matches.subcommand()?;
        let command = cli.find_subcommand(name)?;
        let mut words: Vec<(usize, Word)> = command
            .get_arguments()
            .flat_map(|argument| words_of(command, argument, matches))
            .collect();
        words.sort_by_key(|(index, _)| *index);
        Some(Self {
            name: name.to_owned(),
            words: words.into_iter().map(|(_, word)| word).collect(),
        })
    }

    /// A command with one argument.
    pub fn new(name: &str, argument: String) -> Self {
        let word = Word {
            flag: None,
            value: Some(argument),
            groups: Vec::new(),
        };
        Self {
            name: name.to_owned(),
            words: vec![word],
        }
    }

    /// The file that it begins with.
    pub fn argument(&self) -> &str {
        let mut words = self.words.iter();
        let word = words.find(|word| word.flag.is_none());
        word.and_then(|word| word.value.as_deref())
            .unwrap_or_default()
    }

    /// What a flag says.
    pub fn value(&self, flag: &str) -> Option<&str> {
        let word = self.words.iter().find(|word| word.is(flag))?;
        word.value.as_deref()
    }

    /// Adds the flags with which a rehearsed list goes to stage.
    pub fn take_flags_of_list(&mut self, other: &Self) {
        self.take_flags(other, OF_LIST);
    }

    /// Adds those of these flags that are not said yet.
    pub fn take_missing_flags_of_list(&mut self, other: &Self) {
        let said: Vec<Option<String>> = self.words.iter().map(|word| word.flag.clone()).collect();
        let missing = other.words.iter();
        let missing = missing.filter(|word| word.is_in(OF_LIST) && !said.contains(&word.flag));
        self.words.extend(missing.cloned());
    }

    /// Adds the flags with which `retry` sends the failed rows of another command.
    pub fn take_flags_of_retry(&mut self, other: &Self) {
        self.take_flags(other, OF_RETRY);
    }

    fn take_flags(&mut self, other: &Self, group: &str) {
        let words = other.words.iter().filter(|word| word.is_in(group));
        self.words.extend(words.cloned());
    }

    /// Says a flag, unless it is said already.
    pub fn add(&mut self, flag: &str, value: impl Into<String>) {
        if !self.words.iter().any(|word| word.is(flag)) {
            self.words.push(Word {
                flag: Some(flag.to_owned()),
                value: Some(value.into()),
                groups: Vec::new(),
            });
        }
    }

    /// The same without what was meant once, and without some flags.
    pub fn again(mut self, without: &[&str]) -> Self {
        let is_unwanted = |word: &Word| {
            let flag = word.flag.as_deref();
            word.is_in(MEANT_ONCE) || flag.is_some_and(|flag| without.contains(&flag))
        };
        self.words.retain(|word| !is_unwanted(word));
        self
    }

    /// The command line, without the program's name.
    pub fn words(&self) -> Vec<String> {
        let mut words = vec![self.name.clone()];
        for word in &self.words {
            match (&word.flag, &word.value) {
                // It must not be taken for a flag itself.
                (Some(flag), Some(value)) if value.starts_with('-') => {
                    words.push(format!("--{flag}={value}"));
                }
                (None, Some(value)) if value.starts_with('-') && value != "-" => {
                    words.push(format!("./{value}"));
                }
                (flag, value) => {
                    words.extend(flag.iter().map(|flag| format!("--{flag}")));
                    words.extend(value.clone());
                }
            }
        }
        words
    }
}

impl Word {
    fn is(&self, flag: &str) -> bool {
        self.flag.as_deref() == Some(flag)
    }

    fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|name| name == group)
    }
}

/// What a variable may say need not be typed.
fn without_variable(argument: Arg) -> Arg {
    match argument.get_env() {
        None => argument,
        Some(_) => argument.env(Resettable::Reset).required(false),
    }
}

fn words_of(command: &Command, argument: &Arg, matches: &ArgMatches) -> Vec<(usize, Word)> {
    let id = argument.get_id().as_str();
    if matches.value_source(id) != Some(ValueSource::CommandLine) {
        return Vec::new();
    }
    let indices = matches.indices_of(id).into_iter().flatten();
    let values = matches.get_raw(id).into_iter().flatten();
    let groups = command
        .get_groups()
        .filter(|group| group.get_args().any(|arg| arg == id));
    let groups: Vec<String> = groups.map(|group| group.get_id().to_string()).collect();
    let has_value = argument.get_action().takes_values();
    let words = indices.zip(values).map(|(index, value)| {
        let word = Word {
            flag: argument.get_long().map(str::to_owned),
            value: has_value.then(|| value.to_string_lossy().into_owned()),
            groups: groups.clone(),
        };
        (index, word)
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> TypedCommand {
        let words = line.split(' ').map(str::to_owned);
        TypedCommand::parse(&words.collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_command_line_is_said_again_in_its_own_order() {
        let line = "esign-copy run m.csv --format csv -q --rate=max --set=note=-x --limit 3";
        let typed = parsed(line);
        let said = [
            "run", "m.csv", "--format", "csv", "--quiet", "--rate", "max",
        ];
        assert_eq!(typed.words()[..7], said);
        assert_eq!(typed.words()[7..], ["--set", "note=-x", "--limit", "3"]);
        assert_eq!(typed.value("rate"), Some("max"));
    }

    #[test]
    fn each_flag_knows_what_it_belongs_to() {
        let typed = parsed(
            "esign-copy run - --format csv --skip-invalid --limit 3 --accept-changes --rate max \
             --keep-source-signers --username me@example.com",
        );
        let of = |group| {
            let mut part = TypedCommand::new("run", "m.csv".into());
            part.take_flags(&typed, group);
            part.words()[2..].join(" ")
        };
        assert_eq!(
            of(OF_LIST),
            "--format csv --skip-invalid --keep-source-signers"
        );
        assert_eq!(of(OF_RETRY), "--rate max --keep-source-signers");
        assert_eq!(of(MEANT_ONCE), "--limit 3 --accept-changes");
        let again = "run - --format csv --skip-invalid --rate max --keep-source-signers";
        assert_eq!(typed.again(&["username"]).words().join(" "), again);
    }

    #[test]
    fn words_that_are_no_command_of_ours_are_none() {
        for line in [
            "curl run m.csv --evil x",
            "esign-copy run m.csv --evil",
            "esign-copy",
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert!(TypedCommand::parse(&words).is_none(), "{line}");
        }
    }
}
