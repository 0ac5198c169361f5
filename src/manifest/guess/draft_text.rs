//! The text of a mapping file as it grows: comments, values, and values left as comments.

use std::fmt::Write;

use super::column_facts::ColumnFacts;
use super::expression::toml_text;
use crate::support::one_line;

/// The text of a mapping file as it grows.
#[derive(Debug, Default)]
pub(super) struct DraftText(String);

/// What a list or the service says is shown up to here in a comment.
const LONGEST: usize = 2_000;

/// A comment's line is so long at most.
const WIDTH: usize = 100;

impl DraftText {
    pub(super) fn empty_line(&mut self) {
        self.0.push('\n');
    }

    /// Words for people, in lines that fit a screen.
    pub(super) fn comment(&mut self, text: &str) {
        let mut line = String::new();
        for word in one_line(text, LONGEST).split(' ') {
            if !line.is_empty() && line.chars().count() + word.chars().count() >= WIDTH {
                self.line("# ", &line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line("# ", &line);
    }

    /// A command within the comments.
    pub(super) fn command(&mut self, command: &str) {
        self.line("#   ", &one_line(command, LONGEST));
    }

    /// A table's head.
    pub(super) fn head(&mut self, is_comment: bool, name: &str) {
        self.line(mark(is_comment), &format!("[[{name}]]"));
    }

    /// A template or a text, or one that is left as a comment; `note` is said behind it.
    pub(super) fn value(&mut self, is_comment: bool, key: &str, value: &str, note: &str) {
        self.toml(is_comment, key, &toml_text(value), note);
    }

    /// A value that its user knows.
    pub(super) fn blank(&mut self, key: &str, note: &str) {
        self.toml(true, key, "\"...\"", note);
    }

    /// A flag, as a comment.
    pub(super) fn flag(&mut self, key: &str, note: &str) {
        self.toml(true, key, "true", note);
    }

    fn toml(&mut self, is_comment: bool, key: &str, value: &str, note: &str) {
        let note = one_line(note, LONGEST);
        let note = match note.as_str() {
            "" => String::new(),
            note => format!("  # {note}"),
        };
        self.line(mark(is_comment), &format!("{key} = {value}{note}"));
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn line(&mut self, before: &str, text: &str) {
        let _ = writeln!(self.0, "{before}{text}");
    }
}

fn mark(is_comment: bool) -> &'static str {
    if is_comment { "# " } else { "" }
}

/// A column as comments call it.
pub(super) fn named(column: &ColumnFacts) -> String {
    format!("Column '{}'", column.header)
}
