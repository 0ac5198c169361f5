//! A user at a terminal: what is typed and what is seen. Only values that differ from one run to
//! the next are replaced, each by a word for it: known values, and times near the present.

use std::process::Output;

use esign_copy::sandbox::Settings;
use jiff::{SignedDuration, Timestamp};

use crate::kit::{Job, Ran};

/// A folder, a service, and all that was typed and seen so far.
pub struct Scene {
    pub job: Job,
    seen: String,
    /// Values of this run with the words that stand for them.
    words: Vec<(String, String)>,
}

impl Scene {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let job = Job::with(settings);
        let known = [
            (job.folder().display().to_string(), "[folder]"),
            (job.sandbox.base_url(), "[endpoint]"),
            (env!("CARGO_BIN_EXE_esign-copy").to_owned(), "[program]"),
        ];
        Self {
            job,
            seen: String::new(),
            words: known.map(|(value, word)| (value, word.into())).into(),
        }
    }

    /// A job with a row for each address.
    pub fn mailing(emails: &[&str]) -> Self {
        let scene = Self::new();
        scene.job.mailing("m.csv", emails);
        scene
    }

    /// Types a command line and waits for its end. `[endpoint]` in it is the sandbox's.
    pub fn types(&mut self, line: &str) -> &mut Self {
        self.types_with(line, &[])
    }

    /// The same with other variables; an empty one is unset.
    pub fn types_with(&mut self, line: &str, variables: &[(&str, &str)]) -> &mut Self {
        let mut command = self.job.command(&[]);
        command.args(self.arguments(line));
        // Should a guard fail that is shown here, its request must not leave this machine.
        if ["stage", "production", "https://"]
            .iter()
            .any(|far| line.contains(far))
        {
            command.env("ESIGN_COPY_PROXY", "http://127.0.0.1:9");
        }
        let mut told = String::new();
        for (name, value) in variables {
            match *value {
                "" => command.env_remove(name),
                value => command.env(name, value),
            };
            told += &format!("{name}={value} ");
        }
        let output = command.output().unwrap();
        self.sees(&format!("{told}esign-copy {line}"), output)
    }

    pub fn types_all(&mut self, lines: &[&str]) -> &mut Self {
        for line in lines {
            self.types(line);
        }
        self
    }

    /// The words of a command line, without the program's name.
    pub fn arguments(&self, line: &str) -> Vec<String> {
        let endpoint = self.job.sandbox.base_url();
        let words = shlex::split(line).unwrap();
        let replaced = words
            .iter()
            .map(|word| word.replace("[endpoint]", &endpoint));
        replaced.collect()
    }

    /// Adds what a command wrote.
    pub fn sees(&mut self, line: &str, output: Output) -> &mut Self {
        let ran = Ran::from(output);
        self.seen += &format!("$ {}\n[exit {}]\n", line.trim_end(), ran.code);
        for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            if !text.is_empty() {
                self.seen += &format!("[{name}]\n{text}");
            }
        }
        self.seen.push('\n');
        self
    }

    /// Lets a word stand for a value that was made in this run.
    pub fn calls(&mut self, value: impl ToString, word: &str) -> &mut Self {
        self.words.push((value.to_string(), word.into()));
        self
    }

    /// Lets words stand for the ids that the ledger and the service made for a report's rows.
    pub fn knows(&mut self, report: &str) -> &mut Self {
        for (index, line) in self.job.report(report).iter().enumerate() {
            let number = index + 1;
            for (column, word) in [
                ("new_session_id", format!("[copy {number}]")),
                ("transaction_id", format!("[transaction id {number}]")),
            ] {
                if !line[column].is_empty() {
                    self.calls(&line[column], &word);
                }
            }
        }
        self
    }

    /// The same for a value that nobody knows but by what stands around it.
    pub fn calls_between(&mut self, before: &str, after: &str, word: &str) -> &mut Self {
        let mut pieces = self.seen.split(before);
        let mut seen = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let rest = piece.find(after).map_or(piece, |end| &piece[end..]);
            seen += &format!("{before}{word}{rest}");
        }
        self.seen = seen;
        self
    }

    /// All that was typed and seen.
    pub fn shown(&self) -> String {
        let mut text = self.seen.clone();
        for (value, word) in &self.words {
            text = text.replace(value, word);
        }
        without_times(&text)
    }
}

/// `[time]` for each time of this run, which the program writes as RFC 3339 has it, in UTC.
fn without_times(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_digit() || "-T:.Z".contains(c);
    let now = Timestamp::now();
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
        let part = &from[..end];
        let time = part.trim_matches(['.', '-']);
        let is_ours = time
            .parse::<Timestamp>()
            .is_ok_and(|time| time.duration_since(now).abs() < SignedDuration::from_hours(24));
        shown += before;
        shown += &match is_ours {
            true => part.replace(time, "[time]"),
            false => part.to_owned(),
        };
        rest = &from[end..];
    }
    shown + rest
}
