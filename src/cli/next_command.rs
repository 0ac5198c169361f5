use std::path::Path;

use super::context::Context;
use super::endpoint::Endpoint;
use super::paths::Paths;
use crate::executor::Stop;
use crate::ledger::Counts;

/// What belongs to the exact next command.
pub struct Next<'a> {
    /// The command line of this run.
    pub context: &'a Context,
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

impl Next<'_> {
    /// The command that goes on from here, given what stopped the run.
    pub fn after(&self, counts: &Counts, stop: Option<&Stop>) -> String {
        // Not the same again: that would make another copy like the first.
        if matches!(stop, Some(Stop::Canary(_))) {
            return self.status();
        }
        if counts.pending > 0 {
            return self.again();
        }
        if counts.failed > 0 {
            return self.retry();
        }
        // The same command looks uncertain rows up, where it can.
        if counts.uncertain > 0 && self.username.is_some() {
            return self.again();
        }
        if counts.uncertain == 0 && *self.endpoint == Endpoint::Sandbox {
            return self.for_real();
        }
        self.status()
    }

    /// With the endpoint: a variable may say another one.
    fn status(&self) -> String {
        let (ledger, endpoint) = (text(&self.paths.ledger), self.endpoint.argument());
        self.quoted(["status".into(), ledger, "--endpoint".into(), endpoint])
    }

    /// What only the user can know or do before that, if there is something.
    pub fn advice(&self, counts: &Counts, stop: Option<&Stop>) -> Option<&'static str> {
        if matches!(stop, Some(Stop::Canary(_))) {
            return Some(
                "look at that row and its session in the service before anything more is sent",
            );
        }
        (counts.uncertain > 0 && self.username.is_none()).then_some(
            "uncertain rows: add --username with the e-mail address of the sessions' owner, and they \
             are looked up; or look yourself, and say what you found with `resolve`",
        )
    }

    /// This command again, with what came from the environment spelled out.
    pub fn again(&self) -> String {
        let typed = self.context.arguments.iter().skip(1);
        let mut words = without_once(typed.map(String::as_str));
        self.complete(&mut words);
        self.quoted(words)
    }

    fn retry(&self) -> String {
        let mut words = vec!["retry".to_owned(), text(&self.paths.report)];
        words.extend(["--ledger".to_owned(), text(&self.paths.ledger)]);
        self.complete(&mut words);
        self.quoted(words)
    }

    /// The rehearsed list on the service's test system: what says how it is read stays, what
    /// belonged to the rehearsal goes.
    fn for_real(&self) -> String {
        let mut words = vec!["run".to_owned(), text(self.manifest)];
        let mut typed = self.context.arguments.iter().skip(1);
        while let Some(word) = typed.next() {
            let flag = word.split('=').next().unwrap_or_default();
            if flag == "--skip-invalid" || (OF_READING.contains(&flag) && word != flag) {
                words.push(word.clone());
            } else if OF_READING.contains(&flag) {
                words.push(word.clone());
                words.extend(typed.next().cloned());
            }
        }
        words.extend(["--endpoint".into(), "stage".into()]);
        self.quoted(words)
    }

    fn complete(&self, words: &mut Vec<String>) {
        if !has_flag(words, "--endpoint") {
            words.extend(["--endpoint".into(), self.endpoint.argument()]);
        }
        let is_rehearsal = *self.endpoint == Endpoint::Sandbox;
        if let Some(username) = self.username.filter(|_| !is_rehearsal)
            && !has_flag(words, "--username")
        {
            words.extend(["--username".into(), username.into()]);
        }
        if !self.paths.is_default_ledger && !has_flag(words, "--ledger") {
            words.extend(["--ledger".into(), text(&self.paths.ledger)]);
        }
        if let Some(page) = self.html.filter(|_| !has_flag(words, "--html")) {
            words.extend(["--html".into(), text(page)]);
        }
    }

    fn quoted(&self, words: impl IntoIterator<Item = String>) -> String {
        let typed = self.context.arguments.first().map_or("", String::as_str);
        // A bare name was found on the PATH; a path must be said as a path.
        let program = if typed.contains('/') {
            typed
        } else {
            "esign-copy"
        };
        let words: Vec<String> = std::iter::once(program.to_owned()).chain(words).collect();
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
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

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
