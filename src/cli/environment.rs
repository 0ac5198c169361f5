//! The environment and the terminal, read once.

use std::env;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::Output;
use super::output::Terminal;
use super::signals::Signals;
use super::variables::{PREFIX, TOKEN, Variable};
use crate::ledger::{Holder, RunFacts};
use crate::support::command_line;

/// The environment and the terminal, read once at the start.
#[derive(Debug)]
pub struct Environment {
    /// The arguments as typed, the program's name first.
    pub arguments: Vec<String>,
    /// The signals that come in.
    pub signals: Signals,
    /// What standard error is.
    pub terminal: Terminal,
    /// The signals that the parent asked to ignore, as `nohup` does with SIGHUP: a bit for each.
    ignored_signals: u64,
    folder: PathBuf,
    pid: u32,
    host: String,
}

impl Environment {
    /// Reads them.
    pub fn capture() -> Self {
        Self {
            arguments: env::args_os()
                .map(|word| word.to_string_lossy().into_owned())
                .collect(),
            signals: Signals::default(),
            ignored_signals: ignored_signals(),
            terminal: Terminal {
                can_ask: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
                can_draw: std::io::stderr().is_terminal()
                    && env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb"),
                no_color: env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            },
            folder: env::current_dir().unwrap_or_default(),
            pid: std::process::id(),
            host: gethostname::gethostname().to_string_lossy().into_owned(),
        }
    }

    /// A variable of the environment; an empty one is none.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        env::var_os(name).filter(|value| !value.is_empty())
    }

    /// What the variable of a flag says.
    pub fn value_of(&self, flag: &str) -> Option<String> {
        let name = format!("ESIGN_COPY_{}", flag.to_uppercase().replace('-', "_"));
        let value = self.variable(&name)?;
        Some(value.to_string_lossy().into_owned())
    }

    /// Every variable whose name is one of ours, in the order of their names.
    pub fn variables(&self) -> Vec<Variable> {
        let all = env::vars_os().map(|(name, value)| Variable {
            name: name.to_string_lossy().into_owned(),
            is_empty: value.is_empty(),
        });
        let mut ours: Vec<Variable> = all
            .filter(|variable| variable.name.starts_with(PREFIX))
            .collect();
        ours.sort_by(|one, other| one.name.cmp(&other.name));
        ours
    }

    /// Whether a log for programs was asked for, as far as that shows in words that are no
    /// command.
    pub fn wants_log(&self) -> bool {
        let said = self.typed_value("--log-format").map(OsString::from);
        let said = said.or_else(|| self.variable("ESIGN_COPY_LOG_FORMAT"));
        said.is_some_and(|format| format == "json")
    }

    /// What a flag says on the command line, also on one that can't be read.
    pub fn typed_value(&self, flag: &str) -> Option<&str> {
        let mut words = self.arguments.iter();
        words
            .find_map(|word| match word.strip_prefix(flag)? {
                "" => Some(None),
                rest => rest.strip_prefix('=').map(Some),
            })
            .and_then(|value| value.or_else(|| words.next().map(String::as_str)))
    }

    /// A command line of this program, named as it was. A bare name was found on the PATH; a path must
    /// be said as a path.
    pub fn command_line(&self, words: impl IntoIterator<Item = String>) -> String {
        let typed = self.arguments.first().filter(|name| name.contains('/'));
        let program = typed.map_or("esign-copy", String::as_str).to_owned();
        let words: Vec<String> = std::iter::once(program).chain(words).collect();
        command_line(words.iter().map(String::as_str))
    }

    /// A path as it is shorter to say from here.
    pub fn relative_path<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.folder).unwrap_or(path)
    }

    /// Whether the parent asked to ignore a signal.
    pub fn ignores(&self, signal: i32) -> bool {
        self.ignored_signals >> (signal - 1) & 1 == 1
    }

    /// Whether the credentials are a ready token.
    pub fn has_token(&self) -> bool {
        self.variable(TOKEN).is_some() || self.variable(&format!("{TOKEN}_FILE")).is_some()
    }

    /// This process as the holder of a lock.
    pub fn holder(&self, now: Timestamp) -> Holder {
        Holder {
            pid: self.pid,
            host: self.host.clone(),
            since: format!("{now:.0}"),
            run: 0,
            sending_begun: false,
        }
    }

    /// This process as a run. Nothing secret can be in its arguments.
    pub fn run_facts(&self, report: &Path, username: Option<&str>) -> RunFacts {
        let words = self.arguments.iter().map(String::as_str);
        let command = shlex::try_join(words).unwrap_or_else(|_| self.arguments.join(" "));
        RunFacts {
            command,
            report: std::path::absolute(report).unwrap_or_else(|_| report.to_owned()),
            username: username.map(str::to_owned),
            pid: self.pid,
            host: self.host.clone(),
        }
    }
}

/// What every command has at hand.
#[derive(Clone, Copy)]
pub struct CommandContext<'a> {
    /// The environment and the terminal.
    pub environment: &'a Environment,
    /// Standard error.
    pub output: &'a Output,
}

/// The day, in UTC: a session expires at 00:00 UTC (`docs/service.md`, `ExpiresOn`).
pub fn today() -> Date {
    Zoned::now().with_time_zone(TimeZone::UTC).date()
}

/// Reads the mask of ignored signals; where it can't be read, nothing is taken to be ignored.
fn ignored_signals() -> u64 {
    let Ok(status) = fs_err::read_to_string("/proc/self/status") else {
        return 0;
    };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(0)
}
