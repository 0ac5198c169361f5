//! The progress of a run at one moment, shown as a bar on a terminal or as a line in a file.

use std::time::Duration;

use crate::cli::Message;
use crate::job::RowCounts;
use crate::support::one_line;

/// How a run stands at an instant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProgressSnapshot {
    /// Rows that this run is to send.
    pub total: u64,
    /// How they stand; pending are those still to be sent, in this run or, put off, in the next.
    pub counts: RowCounts,
    /// Rows whose copy is looked up, because their answer was lost.
    pub settling: u64,
    /// Rows done in a second, of late.
    pub rate: f64,
    /// Time left at that rate, if that can be said.
    pub left: Option<Duration>,
    /// How much longer the run pauses, and why.
    pub pause: Option<(Duration, String)>,
}

/// A part of a line, with the code of its color on a terminal, if it has one.
type Part = (String, Option<u8>);

const RED: u8 = 31;
const YELLOW: u8 = 33;

/// The narrowest bar that is worth its place, without its brackets.
const MIN_BAR_WIDTH: usize = 8;

impl ProgressSnapshot {
    /// Rows with an outcome.
    pub fn done(&self) -> u64 {
        self.counts.copied + self.counts.failed + self.counts.uncertain
    }

    /// Two lines of at most that many columns.
    pub fn bar(&self, width: usize, has_color: bool) -> String {
        let left = self
            .left
            .map(|left| format!("  {} left", short_duration(left)));
        let figures = format!(
            "{}/{} {}%  {}{}",
            self.done(),
            self.total,
            self.percent(),
            rate_in_words(self.rate),
            left.unwrap_or_default()
        );
        // The brackets and the blank behind them.
        let room = width.saturating_sub(figures.len() + 3);
        let first = match room {
            ..MIN_BAR_WIDTH => figures,
            _ => format!("{} {figures}", self.stripe(room)),
        };
        let first = paint(&[(first, None)], width, has_color);
        format!("{first}\n{}", paint(&self.parts(), width, has_color))
    }

    /// A line for a file or a pipe.
    pub fn plain(&self) -> Message {
        let figures = [
            ("done", self.done()),
            ("total", self.total),
            ("copied", self.counts.copied),
            ("failed", self.counts.failed),
            ("uncertain", self.counts.uncertain),
            ("waiting", self.counts.pending),
            ("settling", self.settling),
        ];
        let [(_, done), (_, total), of_status @ .., _] = &figures;
        let of_status = of_status
            .map(|(status, count)| format!("{count} {status}"))
            .join(", ");
        let (looked_up, pace) = (self.looked_up(), rate_in_words(self.rate));
        let mut text = format!("{done} of {total}: {of_status}{looked_up}; {pace}");
        let message = Message::info("progress", "");
        let message = (figures.iter()).fold(message, |all, (name, figure)| all.with(name, *figure));
        let rounded = (self.rate * 100.0).round() / 100.0;
        let mut message = message.with("rows_per_second", rounded);
        if let Some(left) = self.left {
            text.push_str(&format!(", about {} left", short_duration(left)));
            message = message.with("seconds_left", left.as_secs());
        }
        if let Some((wait, _)) = &self.pause {
            text.push_str(&format!(", paused for {} more", short_duration(*wait)));
            message = message.with("paused_seconds", wait.as_secs());
        }
        message.with_text(text)
    }

    fn looked_up(&self) -> String {
        match self.settling {
            0 => String::new(),
            count => format!(", {count} being looked up"),
        }
    }

    fn percent(&self) -> u64 {
        // Rounded down: 100 % is when all is done.
        (u128::from(self.done()) * 100 / u128::from(self.total.max(1))).min(100) as u64
    }

    fn stripe(&self, room: usize) -> String {
        let filled = u128::from(self.done()) * room as u128 / u128::from(self.total.max(1));
        let filled = usize::try_from(filled).map_or(room, |filled| filled.min(room));
        let head = if filled < room { ">" } else { "" };
        let empty = room - filled - head.len();
        format!("[{}{head}{}]", "=".repeat(filled), " ".repeat(empty))
    }

    /// The second line of the bar.
    fn parts(&self) -> Vec<Part> {
        let noted = |count: u64, color| Some(color).filter(|_| count > 0);
        let RowCounts {
            copied,
            failed,
            uncertain,
            pending,
            ..
        } = self.counts;
        let mut parts = vec![
            (format!("{copied} copied, "), None),
            (format!("{failed} failed"), noted(failed, RED)),
            (", ".into(), None),
            (format!("{uncertain} uncertain"), noted(uncertain, YELLOW)),
            (format!(", {pending} waiting"), None),
            (self.looked_up(), noted(self.settling, YELLOW)),
        ];
        if let Some((wait, why)) = &self.pause {
            let why = one_line(why, 200);
            parts.push(("  ".into(), None));
            parts.push((
                format!("paused {}: {why}", short_duration(*wait)),
                Some(YELLOW),
            ));
        }
        parts
    }
}

/// The parts as one line of at most `width` columns.
fn paint(parts: &[Part], width: usize, has_color: bool) -> String {
    let mut line = String::new();
    let mut room = width;
    for (text, color) in parts {
        let part = truncate(text, room);
        room -= text_width(&part);
        let is_cut = part.len() != text.len();
        match color.filter(|_| has_color) {
            Some(code) => line.push_str(&format!("\u{1b}[{code}m{part}\u{1b}[0m")),
            None => line.push_str(&part),
        }
        if is_cut {
            break;
        }
    }
    line
}

/// As much of the text as fits, with an ellipsis where it is cut.
fn truncate(text: &str, width: usize) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let Some(mut room) = width.checked_sub(3) else {
        return ".".repeat(width);
    };
    let fits = |character: &char| {
        let columns = char_width(*character);
        let fits = columns <= room;
        room = room.saturating_sub(columns);
        fits
    };
    let mut part: String = text.chars().take_while(fits).collect();
    part.push_str("...");
    part
}

fn text_width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Terminals disagree about all but ASCII. Two columns is the most that one takes.
fn char_width(character: char) -> usize {
    if character.is_ascii() { 1 } else { 2 }
}

fn rate_in_words(rows_per_second: f64) -> String {
    if rows_per_second > 0.0 && rows_per_second < 1.0 {
        format!("{:.1} rows/min", rows_per_second * 60.0)
    } else {
        format!("{rows_per_second:.1} rows/s")
    }
}

/// A span in its two largest units.
fn short_duration(span: Duration) -> String {
    // Rounded up, so that a countdown ends at 1s.
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, _, _) => format!("{hours}h {}m", minutes % 60),
        (1..1000, _, _) => format!("{days}d {}h", hours % 24),
        _ => "years".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> ProgressSnapshot {
        ProgressSnapshot {
            total: 12_000,
            counts: RowCounts {
                copied: 4_321,
                failed: 21,
                uncertain: 3,
                pending: 17,
                ..RowCounts::default()
            },
            settling: 0,
            rate: 4.96,
            left: Some(Duration::from_secs(1540)),
            pause: Some((
                Duration::from_millis(11_500),
                "the service asked us to wait".into(),
            )),
        }
    }

    #[test]
    fn eighty_columns_hold_all_of_it() {
        assert_eq!(
            snapshot().bar(76, false),
            "[===========>                     ] 4345/12000 36%  5.0 rows/s  25m 40s left\n\
             4321 copied, 21 failed, 3 uncertain, 17 waiting  paused 12s: the service ..."
        );
    }

    #[test]
    fn two_hundred_columns_are_used() {
        let text = snapshot().bar(196, false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].len(), 196);
        assert!(lines[1].ends_with("paused 12s: the service asked us to wait"));
    }

    #[test]
    fn no_line_is_ever_too_long() {
        let mut hostile = snapshot();
        let why = "\u{1b}[2J宽字符\u{202e}é👩‍👩‍👧".repeat(40);
        hostile.pause = Some((Duration::from_secs(3), why));
        hostile.total = u64::MAX;
        for snapshot in [snapshot(), hostile, ProgressSnapshot::default()] {
            for width in 0..250 {
                for line in snapshot.bar(width, false).lines() {
                    assert!(text_width(line) <= width, "{width}: {line}");
                    assert!(
                        !line.chars().any(crate::support::is_terminal_control),
                        "{line:?}"
                    );
                }
                let colored = snapshot.bar(width, true);
                let plain = ["\u{1b}[31m", "\u{1b}[33m", "\u{1b}[0m"]
                    .iter()
                    .fold(colored, |text, code| text.replace(code, ""));
                assert_eq!(plain, snapshot.bar(width, false));
            }
        }
    }

    #[test]
    fn a_plain_line_says_the_same() {
        assert_eq!(
            snapshot().plain().in_text(true),
            "4345 of 12000: 4321 copied, 21 failed, 3 uncertain, 17 waiting; 5.0 rows/s, about \
             25m 40s left, paused for 12s more\n"
        );
        let begun = ProgressSnapshot {
            total: 5,
            ..ProgressSnapshot::default()
        };
        assert_eq!(
            begun.plain().in_text(true),
            "0 of 5: 0 copied, 0 failed, 0 uncertain, 0 waiting; 0.0 rows/s\n"
        );
    }

    #[test]
    fn spans_and_rates_are_short() {
        let seconds = [0, 59, 61, 3_700, 90_000, u64::MAX];
        let spans = seconds.map(|seconds| short_duration(Duration::from_secs(seconds)));
        assert_eq!(spans, ["0s", "59s", "1m 1s", "1h 1m", "1d 1h", "years"]);
        assert_eq!(rate_in_words(0.05), "3.0 rows/min");
    }
}
