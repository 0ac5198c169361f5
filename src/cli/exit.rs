//! How the program ends: its exit codes, and what a command fails with.

use std::fmt::Display;
use std::io::ErrorKind;
use std::process::{ExitCode, Termination};

use super::output::Level;
use super::{Message, Output};
use crate::executor::{RunEnd, Signal, Stop};
use crate::job::{RowCounts, StopKind};
use crate::ledger::{LedgerError, LockError};
use crate::manifest::ManifestError;
use crate::support::one_line;

/// How the program ends. The codes are part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Every row of the manifest is copied or excluded, or `--limit` was reached without trouble.
    Done,
    /// Internal error, disk failure.
    Internal,
    /// Wrong usage.
    Usage,
    /// Ended; some rows failed.
    SomeFailed,
    /// Ended; some rows are uncertain.
    SomeUncertain,
    /// Manifest, report or ledger refused; nothing was sent.
    Refused,
    /// Credentials refused.
    Credentials,
    /// Stopped by a guard.
    Stopped,
    /// The service can't be reached or asks to come back later.
    Unavailable,
    /// Another run holds the ledger.
    LockHeld,
    /// Stopped by a signal.
    Signal(Signal),
}

/// The codes and what each means, for the manual.
pub const EXIT_CODES: [(&str, &str); 11] = [
    (
        "0",
        "Every row is copied or excluded, or --limit was reached without trouble.",
    ),
    (
        "1",
        "An internal error, or the disk failed. The state is as safe as after a crash.",
    ),
    ("2", "Wrong usage."),
    (
        "3",
        "The run ended, and some rows failed. Correct them and use retry.",
    ),
    ("4", "The run ended, and some rows are uncertain."),
    (
        "5",
        "The manifest, the report or the ledger was refused. Nothing was sent.",
    ),
    (
        "6",
        "The service refused the credentials. The other rows are pending.",
    ),
    (
        "7",
        "The run was stopped by the canary, --max-failures, --max-uncertain or refusals in a row.",
    ),
    (
        "69",
        "The service can't be reached or asked us to wait too long. The other rows are pending.",
    ),
    ("75", "Another run holds the ledger."),
    (
        "129, 130, 143",
        "A signal (SIGHUP, SIGINT, SIGTERM) stopped the run. The state is saved and the report written.",
    ),
];

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::SomeFailed => 3,
            Self::SomeUncertain => 4,
            Self::Refused => 5,
            Self::Credentials => 6,
            Self::Stopped => 7,
            Self::Unavailable => 69,
            Self::LockHeld => 75,
            Self::Signal(Signal::Hangup) => 129,
            Self::Signal(Signal::Interrupt) => 130,
            Self::Signal(Signal::Terminate) => 143,
        }
    }

    /// What a stop means for the exit.
    pub fn of_stop(stop: &Stop) -> Self {
        meaning_of(stop).0
    }

    /// How much it matters that a command ends so.
    pub fn level(self) -> Level {
        if self == Self::Done {
            Level::Info
        } else {
            Level::Warn
        }
    }

    /// How a run ends: an internal error, what stopped it first, then how the rows of the manifest
    /// stand. Rows that are pending for another reason than the service's come last of all.
    pub fn of_run(end: &RunEnd, counts: &RowCounts) -> Self {
        let has_pending = counts.pending > 0 && !end.only_limited;
        match &end.stop {
            _ if end.has_panicked => Self::Internal,
            Some(stop) => Self::of_stop(stop),
            None if counts.uncertain > 0 => Self::SomeUncertain,
            None if has_pending && end.is_put_off => Self::Unavailable,
            None if counts.to_correct() > 0 => Self::SomeFailed,
            None if has_pending => Self::Unavailable,
            None => Self::Done,
        }
    }
}

/// How the program ends after a stop, and what its user must know of before the next command.
fn meaning_of(stop: &Stop) -> (Exit, Option<StopKind>) {
    match stop {
        Stop::Journal(_) | Stop::Internal(_) => (Exit::Internal, None),
        Stop::Signal(signal) => (Exit::Signal(*signal), None),
        Stop::Credentials(_) | Stop::Nulls(_) => (Exit::Credentials, Some(StopKind::Credentials)),
        Stop::Username(_) => (Exit::Usage, Some(StopKind::Username)),
        Stop::Unreachable(_) | Stop::NotTrusted(_) | Stop::ComeBack(_) => (Exit::Unavailable, None),
        Stop::Failures(_) | Stop::RefusedAlike(_) => (Exit::Stopped, Some(StopKind::Failures)),
        Stop::RefusedFirst(_) => (Exit::Stopped, Some(StopKind::RefusedFirst)),
        Stop::Canary(_) => (Exit::Stopped, Some(StopKind::Canary)),
        Stop::Uncertain(_) | Stop::Report(_) => (Exit::Stopped, None),
    }
}

/// What the user of a run that has ended must know of before the next command.
pub fn stop_kind_of(end: &RunEnd) -> Option<StopKind> {
    match &end.stop {
        Some(stop) => meaning_of(stop).1,
        None => end.is_owner_unknown.then_some(StopKind::Username),
    }
}

/// Why a command stopped, in a line.
pub fn stopped(stop: &Stop) -> String {
    format!("stopped: {}", one_line(&stop.to_string(), 500))
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// A command that could not do its work: what is wrong, and how to end.
#[derive(Debug)]
pub struct Failure {
    /// How to end.
    pub exit: Exit,
    /// What is wrong, in a line.
    pub text: String,
    /// The problems that it sums up, a line each, for people.
    pub problem_lines: Vec<String>,
    /// The same for machines.
    pub problem_messages: Vec<Message>,
}

impl Failure {
    /// A failure with its exit.
    pub fn new(exit: Exit, text: impl Display) -> Self {
        Self {
            exit,
            text: text.to_string(),
            problem_lines: Vec::new(),
            problem_messages: Vec::new(),
        }
    }

    /// Wrong usage.
    pub fn usage(text: impl Display) -> Self {
        Self::new(Exit::Usage, text)
    }

    /// A manifest, report or ledger that is refused.
    pub fn refused(text: impl Display) -> Self {
        Self::new(Exit::Refused, text)
    }

    /// What nobody foresaw, or a disk that fails.
    pub fn internal(text: impl Display) -> Self {
        Self::new(Exit::Internal, text)
    }

    /// Says why a command failed: its problems, for people a line each, for a log an object each, and
    /// what they come to.
    pub fn report(&self, output: &Output) {
        let mut text = self.text.clone();
        if output.is_log() {
            for problem in &self.problem_messages {
                output.emit(problem);
            }
        } else {
            if let Some((first, more)) = self.problem_lines.split_first() {
                let first = Message::error("problems", first);
                output.emit(&more.iter().fold(first, |message, line| message.line(line)));
            }
            text.insert_str(0, "error: ");
        }
        output.emit(&Message::error("failed", text).with("exit_code", self.exit.code()));
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        if error.is_refusal() {
            Self::refused(error)
        } else {
            Self::internal(error)
        }
    }
}

impl From<ManifestError> for Failure {
    fn from(error: ManifestError) -> Self {
        match error {
            ManifestError::Flag { .. } => Self::usage(error),
            _ => Self::refused(error),
        }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let exit = match &error {
            LockError::Held { .. } => Exit::LockHeld,
            LockError::Foreign { .. } => Exit::Refused,
            LockError::Io(error) if error.kind() == ErrorKind::InvalidInput => Exit::Refused,
            LockError::Io(_) => Exit::Internal,
        };
        Self::new(exit, error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_every_code() {
        let signals = [Signal::Hangup, Signal::Interrupt, Signal::Terminate];
        let codes = [
            Exit::Done,
            Exit::Internal,
            Exit::Usage,
            Exit::SomeFailed,
            Exit::SomeUncertain,
            Exit::Refused,
            Exit::Credentials,
            Exit::Stopped,
            Exit::Unavailable,
            Exit::LockHeld,
        ];
        let codes = codes.into_iter().chain(signals.map(Exit::Signal));
        let codes: Vec<String> = codes.map(|exit| exit.code().to_string()).collect();
        let listed = EXIT_CODES.map(|(code, _)| code).join(", ");
        assert_eq!(codes.join(", "), listed);
    }

    fn end(stop: Option<Stop>) -> RunEnd {
        RunEnd {
            stop,
            ..RunEnd::default()
        }
    }

    #[test]
    fn what_stopped_the_run_comes_before_how_its_rows_stand() {
        let counts = RowCounts {
            copied: 1,
            failed: 1,
            uncertain: 1,
            pending: 1,
            ..RowCounts::default()
        };
        let stops = [
            (Stop::Signal(Signal::Hangup), 129),
            (Stop::Signal(Signal::Interrupt), 130),
            (Stop::Signal(Signal::Terminate), 143),
            (Stop::Credentials(String::new()), 6),
            (Stop::Unreachable(String::new()), 69),
            (Stop::NotTrusted(String::new()), 69),
            (Stop::Failures(3), 7),
            (Stop::RefusedAlike(String::new()), 7),
            (Stop::Journal(String::new()), 1),
            (Stop::Internal(String::new()), 1),
            (Stop::Nulls(3), 6),
        ];
        for (stop, code) in stops {
            let mut end = end(Some(stop));
            assert_eq!(Exit::of_run(&end, &counts).code(), code);
            end.has_panicked = true;
            assert_eq!(Exit::of_run(&end, &counts).code(), 1);
        }
    }

    #[test]
    fn rows_are_judged_worst_first() {
        let counts = |copied, failed, uncertain, pending| RowCounts {
            copied,
            failed,
            uncertain,
            pending,
            ..RowCounts::default()
        };
        let put_off = RunEnd {
            is_put_off: true,
            ..end(None)
        };
        let code = |counts| Exit::of_run(&put_off, &counts).code();
        assert_eq!(code(counts(1, 1, 1, 1)), 4);
        assert_eq!(code(counts(1, 1, 0, 1)), 69);
        assert_eq!(code(counts(1, 1, 0, 0)), 3);
        assert_eq!(code(counts(1, 0, 0, 0)), 0);
        // Pending, but not for the service's sake: what failed is said before it.
        let code = |counts| Exit::of_run(&end(None), &counts).code();
        assert_eq!(code(counts(1, 1, 0, 1)), 3);
        assert_eq!(code(counts(1, 0, 0, 1)), 69);
        let limited = RunEnd {
            only_limited: true,
            ..end(None)
        };
        assert_eq!(Exit::of_run(&limited, &counts(1, 0, 0, 5)).code(), 0);
        assert_eq!(Exit::of_run(&limited, &counts(1, 1, 0, 5)).code(), 3);
    }
}
