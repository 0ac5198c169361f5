use std::path::{Path, PathBuf};

use super::endpoint::Endpoint;
use super::paths::Paths;
use super::settings::is_standard_input;
use crate::executor::{RunEnd, Stop};
use crate::job::{RowCounts, StopKind};
use crate::support::{command_line, counted};

/// What belongs to the exact next command.
pub struct Next<'a> {
    /// The command line of the run, the program's name first.
    pub typed: &'a [String],
    /// Whether the credentials are a ready token.
    pub has_token: bool,
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
}

/// What its user must know of a run that ends.
pub fn trouble_of(end: &RunEnd) -> Option<StopKind> {
    let Some(stop) = &end.stop else {
        return end.is_owner_unknown.then_some(StopKind::Username);
    };
    match stop {
        Stop::Canary(_) => Some(StopKind::Canary),
        Stop::RefusedFirst(_) => Some(StopKind::RefusedFirst),
        Stop::Failures(_) | Stop::RefusedAlike(_) => Some(StopKind::Failures),
        Stop::Credentials(_) | Stop::Nulls(_) => Some(StopKind::Credentials),
        Stop::Username(_) => Some(StopKind::Username),
        _ => None,
    }
}

/// How many rows go first after a rehearsal.
const PILOT: [&str; 2] = ["--limit", "3"];

/// Flags that must not be said again by themselves: they were meant once.
const ONCE: [&str; 4] = [
    "--accept-changes",
    "--new-ledger",
    "--without-ledger",
    "--trust-report",
];

/// Flags with a value that say how a manifest is read.
const OF_READING: [&str; 5] = [
    "--set",
    "--format",
    "--other-column",
    "--duplicates",
    "--expect-rows",
];

/// Flags without a value that say which rows may be sent.
const OF_ROWS: [&str; 2] = ["--skip-invalid", KEEP_SOURCE_SIGNERS];
/// The one of them that a report's rows need too.
const KEEP_SOURCE_SIGNERS: &str = "--keep-source-signers";

/// Flags with a value that say how the service is reached, and how fast.
const OF_SERVICE: [&str; 9] = [
    "--proxy",
    "--ca-file",
    "--timeout",
    "--connect-timeout",
    "--rate",
    "--concurrency",
    "--max-pause",
    "--token-reuse",
    "--settle-window",
];
/// The one of them without a value.
const FRESH_CONNECTIONS: &str = "--fresh-connections";

impl Next<'_> {
    /// The command that goes on from here, given what happened to the run.
    pub fn after(&self, counts: &RowCounts, trouble: Option<StopKind>) -> String {
        self.work(counts, trouble).unwrap_or_else(|| self.status())
    }

    /// The same, if there is anything that a command can do.
    pub fn work(&self, counts: &RowCounts, trouble: Option<StopKind>) -> Option<String> {
        match trouble {
            // Not the same again: that would make another copy like the first.
            Some(StopKind::Canary) => None,
            Some(StopKind::RefusedFirst) if counts.failed > 0 => Some(self.retry()),
            _ if counts.pending > 0 => Some(self.again()),
            _ if counts.failed > 0 => Some(self.retry()),
            // The same command looks uncertain rows up, where it can.
            _ if counts.uncertain > counts.uncertain_gone && self.can_look_up() => {
                Some(self.again_settling())
            }
            _ if counts.uncertain > 0 && self.can_look_up() => Some(self.retry()),
            _ if counts.uncertain == 0 && self.is_rehearsal() => Some(self.for_real()),
            _ => None,
        }
    }

    /// With the endpoint: a variable may say another one.
    fn status(&self) -> String {
        let (ledger, endpoint) = (text(&self.paths.ledger), self.endpoint.argument());
        self.quoted(["status".into(), ledger, "--endpoint".into(), endpoint])
    }

    fn is_rehearsal(&self) -> bool {
        *self.endpoint == Endpoint::Sandbox
    }

    /// A rehearsal's sandbox brings its owner.
    fn can_look_up(&self) -> bool {
        self.username.is_some() || self.is_rehearsal()
    }

    /// What only the user can know or do before that, if there is something.
    pub fn advice(&self, counts: &RowCounts, trouble: Option<StopKind>) -> Vec<String> {
        let mut advice = Vec::new();
        let report = self.paths.report.display();
        match trouble {
            Some(StopKind::Canary) => {
                let text =
                    "look at that row and its session in the service before anything more is sent";
                return vec![text.into()];
            }
            Some(StopKind::Credentials) if self.has_token => {
                advice.push("is ESIGN_COPY_TOKEN still good?".into());
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
        if self.is_rehearsal() && counts.copied > 0 && counts.copied == counts.total() {
            let owner = match value_of(self.typed, "--username") {
                Some(_) => "",
                None => {
                    "; add --username with the e-mail address of the sessions' owner, so that lost answers \
                     can be looked up"
                }
            };
            advice.push(format!(
                "the next command sends the first {} rows to stage, as a pilot{owner}",
                PILOT[1]
            ));
        }
        if counts.uncertain > counts.uncertain_gone && !self.can_look_up() {
            let text = "uncertain rows: add --username with the e-mail address of the sessions' \
                        owner, and they are looked up; or look yourself, and say what you found \
                        with `resolve`";
            advice.push(text.into());
        }
        if counts.uncertain_gone > 0 {
            let rows = counted(counts.uncertain_gone, "row");
            advice.push(format!(
                "uncertain and gone from the list: {rows}; `run` leaves such rows alone, `retry` with \
                 the report and --username looks them up"
            ));
        }
        let is_retried = counts.pending == 0 || trouble == Some(StopKind::RefusedFirst);
        if counts.failed > 0 && is_retried {
            advice.push(format!(
                "correct the failed rows in {report}: its column error says why"
            ));
        }
        advice
    }

    /// This command again, with what came from the environment spelled out.
    pub fn again(&self) -> String {
        let typed = self.typed.iter().skip(1);
        let mut words = without_once(typed.map(String::as_str));
        self.complete(&mut words);
        self.quoted(words)
    }

    /// The same where only uncertain rows are left, which `--on-uncertain hold` would leave for ever.
    fn again_settling(&self) -> String {
        let typed = self.typed.iter().skip(1);
        let mut words = without_once(typed.map(String::as_str));
        if let Some(at) = words.iter().position(|word| word == "--on-uncertain") {
            words.drain(at..words.len().min(at + 2));
        }
        words.retain(|word| !word.starts_with("--on-uncertain="));
        self.complete(&mut words);
        self.quoted(words)
    }

    /// The report tried again, by the same way to the service.
    fn retry(&self) -> String {
        let mut words = vec!["retry".to_owned(), text(&self.paths.report)];
        words.extend(["--ledger".to_owned(), text(&self.paths.ledger)]);
        for flag in OF_SERVICE {
            let value = value_of(self.typed, flag);
            words.extend(
                value
                    .into_iter()
                    .flat_map(|value| [flag.to_owned(), value.to_owned()]),
            );
        }
        let flags = [KEEP_SOURCE_SIGNERS, FRESH_CONNECTIONS].into_iter();
        let said = flags.filter(|flag| has_flag(self.typed, flag));
        words.extend(said.map(str::to_owned));
        self.complete(&mut words);
        self.quoted(words)
    }

    /// The rehearsed list on the service's test system: what says how it is read stays, what
    /// belonged to the rehearsal goes.
    fn for_real(&self) -> String {
        let mut words = vec!["run".to_owned(), text(self.manifest)];
        let mut typed = self.typed.iter().skip(1);
        while let Some(word) = typed.next() {
            let flag = word.split('=').next().unwrap_or_default();
            if OF_ROWS.contains(&flag) || (OF_READING.contains(&flag) && word != flag) {
                words.push(word.clone());
            } else if OF_READING.contains(&flag) {
                words.push(word.clone());
                words.extend(typed.next().cloned());
            }
        }
        words.extend(["--endpoint".into(), "stage".into()]);
        if let Some(username) = value_of(self.typed, "--username") {
            words.extend(["--username".into(), username.to_owned()]);
        }
        words.extend(PILOT.map(str::to_owned));
        if is_standard_input(self.manifest) {
            let files = [
                ("--ledger", &self.paths.ledger),
                ("--report", &self.paths.report),
            ];
            for (flag, path) in files {
                words.extend([flag.into(), text(&on_stage(path))]);
            }
        }
        self.quoted(words)
    }

    fn complete(&self, words: &mut Vec<String>) {
        if !has_flag(words, "--endpoint") {
            words.extend(["--endpoint".into(), self.endpoint.argument()]);
        }
        if let Some(username) = self.username.filter(|_| !self.is_rehearsal())
            && !has_flag(words, "--username")
        {
            words.extend(["--username".into(), username.into()]);
        }
        if !self.paths.is_default_ledger && !has_flag(words, "--ledger") {
            words.extend(["--ledger".into(), text(&self.paths.ledger)]);
        }
        if is_standard_input(self.manifest) && !has_flag(words, "--report") {
            words.extend(["--report".into(), text(&self.paths.report)]);
        }
        if let Some(page) = self.html.filter(|_| !has_flag(words, "--html")) {
            words.extend(["--html".into(), text(page)]);
        }
    }

    fn quoted(&self, words: impl IntoIterator<Item = String>) -> String {
        let typed = self.typed.first().map_or("", String::as_str);
        // A bare name was found on the PATH; a path must be said as a path.
        let program = if typed.contains('/') {
            typed
        } else {
            "esign-copy"
        };
        let words: Vec<String> = std::iter::once(program.to_owned()).chain(words).collect();
        let is_from_input = words.get(1).is_some_and(|word| word == "run")
            && words.iter().any(|word| is_standard_input(Path::new(word)));
        let line = command_line(words.iter().map(String::as_str));
        match is_from_input {
            true => format!("{line} < FILE"),
            false => line,
        }
    }
}

/// Beside a rehearsal's file, the one for stage.
fn on_stage(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (stem, end) = name.split_once('.').unwrap_or((&name, ""));
    let dot = if end.is_empty() { "" } else { "." };
    path.with_file_name(format!(
        "{stem}.stage{dot}{}",
        end.trim_start_matches("rehearsal.")
    ))
}

/// What a flag of a command line says.
pub fn value_of<'a>(words: &'a [String], flag: &str) -> Option<&'a str> {
    let position = words.iter().position(|word| {
        let rest = word.strip_prefix(flag);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })?;
    match words[position].split_once('=') {
        Some((_, value)) => Some(value),
        None => words.get(position + 1).map(String::as_str),
    }
}

/// The words of a command without those that were meant for one run.
pub fn without_once<'a>(typed: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut words = Vec::new();
    let mut typed = typed.into_iter();
    while let Some(word) = typed.next() {
        if word == "--limit" {
            typed.next();
        } else if !ONCE.contains(&word) && !word.starts_with("--limit=") {
            words.push(word.to_owned());
        }
    }
    words
}

fn has_flag(words: &[String], flag: &str) -> bool {
    words
        .iter()
        .any(|word| word == flag || word.starts_with(&format!("{flag}=")))
}

/// A path as a command line takes it: what begins with a dash must not be taken for a flag.
pub fn text(path: &Path) -> String {
    let text = path.to_string_lossy();
    match text.starts_with('-') && !is_standard_input(path) {
        true => format!("./{text}"),
        false => text.into_owned(),
    }
}
