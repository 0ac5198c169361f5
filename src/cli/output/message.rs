//! A message: words for people, an event with fields for machines.

use std::fmt::Write;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::support::{is_terminal_control, one_line_indented};

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Only with `-v`.
    Debug,
    /// Not with `-q`.
    Info,
    /// Something is wrong; the work goes on.
    Warn,
    /// The command failed.
    Error,
}

/// A message: words for people, an event with fields for machines.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    level: Level,
    event: &'static str,
    text: String,
    more: Vec<String>,
    fields: Map<String, Value>,
}

impl Message {
    /// A message of any level.
    pub fn new(level: Level, event: &'static str, text: impl Into<String>) -> Self {
        Self {
            level,
            event,
            text: text.into(),
            more: Vec::new(),
            fields: Map::new(),
        }
    }

    /// A detail for `-v`.
    pub fn debug(event: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Debug, event, text)
    }

    /// The ordinary.
    pub fn info(event: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Info, event, text)
    }

    /// Something is wrong.
    pub fn warn(event: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Warn, event, text)
    }

    /// The command failed.
    pub fn error(event: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Error, event, text)
    }

    /// Adds a field for machines.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// Adds a line for people; machines have it as a field.
    pub fn line(mut self, line: &str) -> Self {
        self.more.push(line.into());
        self
    }

    /// Says it in other words.
    pub fn with_text(self, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { text, ..self }
    }

    /// How much it matters.
    pub fn level(&self) -> Level {
        self.level
    }

    /// What happened, for machines.
    pub fn event(&self) -> &'static str {
        self.event
    }

    /// The words of its first line.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its fields for machines.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// One of them.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// Lines that can't steer the terminal, whatever came from files and from the service: neither what
    /// it says nor an added line becomes two.
    pub fn in_text(&self, has_color: bool) -> String {
        let mut lines = String::new();
        for line in std::iter::once(&self.text).chain(&self.more) {
            let line = one_line_indented(line);
            let color = match line.split_once(": ") {
                Some((word @ "error", rest)) => Some(("31;1", word, rest)),
                Some((word @ ("warning" | "stopped"), rest)) => Some(("33", word, rest)),
                _ => None,
            };
            let _ = match color.filter(|_| has_color) {
                Some((color, word, rest)) => {
                    writeln!(lines, "\u{1b}[{color}m{word}:\u{1b}[0m {rest}")
                }
                None => writeln!(lines, "{line}"),
            };
        }
        lines
    }

    /// One JSON object on one line, in ASCII where a terminal or a line reader could stumble.
    pub fn in_json(&self, now: Timestamp) -> String {
        let event = LogLine {
            time: format!("{now:.3}"),
            level: self.level,
            event: self.event,
            message: &self.text,
            fields: &self.fields,
        };
        let plain = serde_json::to_string(&event).expect("texts and numbers are JSON");
        let mut line = String::with_capacity(plain.len() + 1);
        for character in plain.chars() {
            // Such characters can stand only inside strings, where an escape means the same.
            if is_terminal_control(character) {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    let _ = write!(line, "\\u{unit:04x}");
                }
            } else {
                line.push(character);
            }
        }
        line.push('\n');
        line
    }
}

/// What a log says of a message, in its order.
#[derive(Serialize)]
struct LogLine<'a> {
    time: String,
    level: Level,
    event: &'static str,
    message: &'a str,
    #[serde(flatten)]
    fields: &'a Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{9b}2J\r\n\u{202e}evil\u{2028}{\"x\":1}\u{61c}";

    #[test]
    fn hostile_words_neither_steer_nor_break_a_line() {
        let message = Message::info("row", format!("row '{HOSTILE}'")).with("row_id", HOSTILE);
        let line = message.in_json(Timestamp::UNIX_EPOCH);
        assert_eq!(line.matches('\n').count(), 1);
        assert!(!line.trim_end().chars().any(is_terminal_control));
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["row_id"], HOSTILE, "nothing is lost");
        assert_eq!(value["time"], "1970-01-01T00:00:00.000Z");
        let message = message.line(HOSTILE).line("next: x");
        let text = message.in_text(true);
        assert!(
            !text.replace('\n', "").chars().any(is_terminal_control),
            "{text:?}"
        );
        assert_eq!(text.lines().count(), 3, "{text:?}");
    }

    #[test]
    fn colours_are_few_and_only_when_asked() {
        let message = Message::error("failed", "error: no").line("report: r");
        assert_eq!(message.in_text(false), "error: no\nreport: r\n");
        assert_eq!(
            message.in_text(true),
            "\u{1b}[31;1merror:\u{1b}[0m no\nreport: r\n"
        );
    }
}
