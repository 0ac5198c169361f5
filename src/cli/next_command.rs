//! The exact next command of a job, and what its user must know or do before.

use std::path::{Path, PathBuf};

use super::settings::{TypedCommand, is_standard_input};
use super::{Endpoint, Environment, Paths};
use crate::job::{RowCounts, StopKind};
use crate::sandbox::DEFAULT_OWNER;
use crate::support::counted;

/// What belongs to the exact next command.
pub struct NextCommand<'a> {
    /// The program and its environment.
    pub environment: &'a Environment,
    /// The command line of the run.
    pub typed: &'a TypedCommand,
    /// Where requests go.
    pub endpoint: &'a Endpoint,
    /// The sessions' owner.
    pub username: Option<&'a str>,
    /// The job's files.
    pub paths: &'a Paths,
    /// Where the report is written as a page too, if anywhere.
    pub html: Option<&'a Path>,
    /// The list of copies.
    pub manifest: &'a Path,
    /// The last `run` of the list, which says how that is read, where `typed` is a `retry`.
    pub list_run: Option<&'a TypedCommand>,
}

/// How many rows go first after a rehearsal.
const PILOT: &str = "3";

impl NextCommand<'_> {
    /// The command that goes on from here, given what happened to the run.
    pub fn after(&self, counts: &RowCounts, stop: Option<StopKind>) -> String {
        let useful = self.useful(counts, stop);
        useful.unwrap_or_else(|| self.on_ledger("status"))
    }

    /// The same, if there is anything that a command can do.
    pub fn useful(&self, counts: &RowCounts, stop: Option<StopKind>) -> Option<String> {
        match stop {
            // Not the same again: that would make another copy like the first.
            Some(StopKind::Canary) => None,
            Some(StopKind::RefusedFirst) if counts.to_correct() > 0 => Some(self.retry()),
            _ if counts.pending > 0 => Some(self.again(&[])),
            _ if counts.to_correct() > 0 => Some(self.retry()),
            // The same command looks uncertain rows up, where it can: not if it is to hold them.
            _ if counts.uncertain > counts.uncertain_gone && self.can_look_up() => {
                Some(self.again(&["on-uncertain"]))
            }
            _ if counts.uncertain > 0 && self.can_look_up() => Some(self.retry()),
            _ if counts.uncertain == 0 && self.is_rehearsal() => Some(self.pilot_on_stage()),
            _ => None,
        }
    }

    /// A command on the ledger.
    pub fn on_ledger(&self, name: &str) -> String {
        let words = command_on_ledger(name, &self.paths.ledger, self.endpoint);
        self.environment.command_line(words)
    }

    /// A command on one of a ledger's manifests.
    pub fn on_manifest(&self, name: &str) -> String {
        let mut next = TypedCommand::new(name, path_argument(self.manifest));
        next.add("ledger", path_argument(&self.paths.ledger));
        next.add("endpoint", self.endpoint.argument());
        self.environment.command_line(next.words())
    }

    fn is_rehearsal(&self) -> bool {
        *self.endpoint == Endpoint::Sandbox
    }

    /// A rehearsal's sandbox brings its owner.
    fn can_look_up(&self) -> bool {
        self.username.is_some() || self.is_rehearsal()
    }

    /// What only the user can know or do before that, if there is something.
    pub fn advice(&self, counts: &RowCounts, stop: Option<StopKind>) -> Vec<String> {
        let mut advice = Vec::new();
        let report = self.paths.report.display();
        match stop {
            Some(StopKind::Canary) => {
                let text = "look at that row's session in the service before you send more";
                return vec![text.into()];
            }
            Some(StopKind::Credentials) if self.environment.has_token() => {
                advice.push("is ESIGN_COPY_TOKEN still valid?".into());
            }
            Some(StopKind::Credentials) => {
                let text =
                    "do the encrypted key and the salt belong together, and to this endpoint?";
                advice.push(text.into());
            }
            Some(StopKind::Username) => {
                let address = self.username.unwrap_or_default();
                advice.push(format!(
                    "the service does not know {address}: correct --username"
                ));
            }
            Some(StopKind::Failures) => {
                advice.push(format!("see the column error in {report} first"));
            }
            Some(StopKind::RefusedFirst) | None => {}
        }
        advice.extend(self.pilot_advice(counts));
        if counts.uncertain > counts.uncertain_gone && !self.can_look_up() {
            let text = "uncertain rows: add --username with the e-mail address of the sessions' \
                        owner, and the next run looks them up; or search the service yourself, and \
                        record what you find with `resolve`";
            advice.push(text.into());
        }
        if counts.uncertain_gone > 0 {
            let rows = counted(counts.uncertain_gone, "uncertain row");
            advice.push(format!(
                "{rows} no longer in the list: `run` leaves such rows alone; `retry` with the report and \
                 --username looks them up"
            ));
        }
        let is_retried = counts.pending == 0 || stop == Some(StopKind::RefusedFirst);
        if counts.to_correct() > 0 && is_retried {
            let but_excluded = match counts.excluded {
                0 => "",
                _ => ", except for the excluded ones",
            };
            advice.push(format!(
                "correct the failed rows in {report}{but_excluded}: its column error says why"
            ));
        }
        advice
    }

    /// What comes after a rehearsal that went well.
    fn pilot_advice(&self, counts: &RowCounts) -> Option<String> {
        let is_over = counts.copied > 0 && counts.are_done();
        let without_owner = "; add --username with the e-mail address of the sessions' owner, so that lost \
                             answers can be looked up";
        let owner = self.said_owner().map_or(without_owner, |_| "");
        let text =
            format!("the next command sends the first {PILOT} rows to stage, as a pilot{owner}");
        (self.is_rehearsal() && is_over).then_some(text)
    }

    /// The owner that a rehearsal was given, by a flag or a variable; else it has its sandbox's own.
    fn said_owner(&self) -> Option<&str> {
        let said = self.username.filter(|owner| *owner != DEFAULT_OWNER);
        self.typed.value("username").or(said)
    }

    /// This command again, with what came from the environment spelled out.
    pub fn again(&self, without: &[&str]) -> String {
        self.complete(self.typed.clone().again(without))
    }

    /// The list rehearsed again.
    pub fn rehearse(&self) -> String {
        if self.typed.name == "run" {
            return self.again(&[]);
        }
        let mut next = TypedCommand::new("run", path_argument(self.manifest));
        self.add_flags_of_list(&mut next);
        self.complete(next)
    }

    /// What says how the list is read, and whom it leaves out.
    fn add_flags_of_list(&self, next: &mut TypedCommand) {
        if self.typed.name == "run" {
            return next.take_flags_of_list(self.typed);
        }
        // Of a `retry`, these two are the report's.
        let typed = self.typed.clone().again(&["sheet", "encoding"]);
        next.take_flags_of_list(&typed);
        if let Some(run) = self.list_run {
            next.take_missing_flags_of_list(run);
        }
    }

    /// The report tried again, by the same way to the service.
    pub fn retry(&self) -> String {
        let mut next = TypedCommand::new("retry", path_argument(&self.paths.report));
        next.add("ledger", path_argument(&self.paths.ledger));
        next.take_flags_of_retry(self.typed);
        self.complete(next)
    }

    /// The rehearsed list on the service's test system: what says how it is read stays, what
    /// belonged to the rehearsal goes.
    fn pilot_on_stage(&self) -> String {
        let mut next = TypedCommand::new("run", path_argument(self.manifest));
        self.add_flags_of_list(&mut next);
        next.add("endpoint", "stage");
        if let Some(username) = self.said_owner() {
            next.add("username", username);
        }
        next.add("limit", PILOT);
        if is_standard_input(self.manifest) {
            next.add("ledger", path_argument(&stage_path(&self.paths.ledger)));
            next.add("report", path_argument(&stage_path(&self.paths.report)));
        }
        self.line(&next)
    }

    fn complete(&self, mut next: TypedCommand) -> String {
        next.add("endpoint", self.endpoint.argument());
        if let Some(username) = self.username.filter(|_| !self.is_rehearsal()) {
            next.add("username", username);
        }
        if !self.paths.is_default_ledger {
            next.add("ledger", path_argument(&self.paths.ledger));
        }
        if is_standard_input(self.manifest) {
            next.add("report", path_argument(&self.paths.report));
        }
        if let Some(page) = self.html {
            next.add("html", path_argument(page));
        }
        self.line(&next)
    }

    /// The command line, with what variables say of whom and what is sent: another shell may not have them.
    fn line(&self, next: &TypedCommand) -> String {
        let mut next = next.clone();
        for flag in ["mapping", "exclude", "max-per-address"] {
            if let Some(value) = self.environment.value_of(flag) {
                next.add(flag, value);
            }
        }
        let line = self.environment.command_line(next.words());
        match next.name == "run" && is_standard_input(Path::new(next.argument())) {
            true => format!("{line} < FILE"),
            false => line,
        }
    }
}

/// Beside a rehearsal's file, the one for stage.
fn stage_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (stem, end) = name.split_once('.').unwrap_or((&name, ""));
    let dot = if end.is_empty() { "" } else { "." };
    path.with_file_name(format!(
        "{stem}.stage{dot}{}",
        end.trim_start_matches("rehearsal.")
    ))
}

/// A command on a ledger, with the endpoint: a variable may say another one.
pub fn command_on_ledger(name: &str, ledger: &Path, endpoint: &Endpoint) -> [String; 4] {
    let endpoint = endpoint.argument();
    [
        name.into(),
        path_argument(ledger),
        "--endpoint".into(),
        endpoint,
    ]
}

/// A path as a command line takes it: what begins with a dash must not be taken for a flag.
pub fn path_argument(path: &Path) -> String {
    let text = path.to_string_lossy();
    match text.starts_with('-') && !is_standard_input(path) {
        true => format!("./{text}"),
        false => text.into_owned(),
    }
}
