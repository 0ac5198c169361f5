//! What is wrong with a file: its problems, each with its place, and what keeps it from being read.

use std::io;
use std::path::{Path, PathBuf};

/// How many problems are listed; the others are counted.
const LISTED: usize = 100;

/// Something in the file that refuses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: the line or record; none if it concerns the whole file.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub text: String,
}

/// The problems of a file: the first hundred in words, the rest as a number.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    listed: Vec<Problem>,
    total: u64,
    warnings: Vec<String>,
}

impl Problems {
    /// Adds one.
    pub fn add(&mut self, line: Option<u64>, text: impl Into<String>) {
        self.total += 1;
        if self.listed.len() < LISTED {
            self.listed.push(Problem {
                line,
                text: text.into(),
            });
        }
    }

    /// Adds several of one place.
    pub fn extend(&mut self, line: Option<u64>, texts: impl IntoIterator<Item = String>) {
        texts.into_iter().for_each(|text| self.add(line, text));
    }

    /// Puts those listed in the order of their lines.
    pub fn sort(&mut self) {
        self.listed.sort_by_key(|problem| problem.line);
    }

    /// Adds a word that refuses nothing.
    pub fn warn(&mut self, text: String) {
        self.warnings.push(text);
    }

    /// What is worth a word and refuses nothing.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether there is none that refuses.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Those that are listed in words.
    pub fn listed(&self) -> &[Problem] {
        &self.listed
    }

    /// A line for each problem: `FILE:LINE: TEXT`, then how many more there are.
    pub fn lines(&self, place: &dyn Fn(Option<u64>) -> String) -> Vec<String> {
        let lines = self
            .listed
            .iter()
            .map(|one| format!("{}: {}", place(one.line), one.text));
        let mut lines: Vec<String> = lines.collect();
        let more = self.total - self.listed.len() as u64;
        if more > 0 {
            lines.push(format!("... and {more} more problems"));
        }
        lines
    }
}

/// The file can't be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The operating system says so.
    #[error("{}: {}", path.display(), reason(error))]
    Io {
        /// The file.
        path: PathBuf,
        /// Its reason.
        error: io::Error,
    },
    /// It changed while it was read.
    #[error(
        "{}: the file changed while it was read. Nothing was sent; run again once it is complete",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Its format is not known.
    #[error("{}: {}", path.display(), unknown_format(path))]
    Format {
        /// The file.
        path: PathBuf,
    },
}

impl ManifestError {
    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { path, error }
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        _ => format!("can't be read: {error}"),
    }
}

fn unknown_format(path: &Path) -> &'static str {
    const SPREADSHEETS: [&str; 6] = ["xlsx", "xlsm", "xls", "xlsb", "ods", "numbers"];
    let end = path.extension().unwrap_or_default();
    match SPREADSHEETS.iter().any(|one| end.eq_ignore_ascii_case(one)) {
        true => "this is a spreadsheet's own format; save it there as \"CSV UTF-8\"",
        false => "say what it is with --format csv, json or jsonl; its name does not tell",
    }
}
