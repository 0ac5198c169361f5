//! The terminal that the bar is drawn on, in indicatif's terms.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::Term;
use indicatif::TermLike;

/// The terminal, as indicatif draws on it. By itself indicatif pads each line to the last
/// column, where an echoed `^C` or a window made narrower breaks the line and leaves a piece of
/// the bar behind. Here a line is as long as its text, and ends by a line break.
#[derive(Debug, Default)]
pub struct BarTerminal {
    drawing: Mutex<Drawing>,
}

#[derive(Debug, Default)]
struct Drawing {
    codes: String,
    /// Whether the line is full in indicatif's eyes: what comes next is on the next one.
    is_line_over: bool,
}

/// Columns left free at the end of a line: room for the echo of a key.
const FREE_COLUMNS: usize = 4;

impl BarTerminal {
    /// How long a line of the bar may be.
    pub fn width_of_lines() -> usize {
        let (_, width) = Term::stderr().size();
        usize::from(width).saturating_sub(FREE_COLUMNS).max(1)
    }

    fn drawing(&self) -> MutexGuard<'_, Drawing> {
        self.drawing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self, count: usize, code: char) -> io::Result<()> {
        let mut drawing = self.drawing();
        drawing.is_line_over = false;
        // A count of none would be taken for one.
        if count > 0 {
            let _ = write!(drawing.codes, "\u{1b}[{count}{code}");
        }
        Ok(())
    }
}

impl TermLike for BarTerminal {
    fn width(&self) -> u16 {
        Term::stderr().size().1
    }

    fn height(&self) -> u16 {
        Term::stderr().size().0
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        self.step(count, 'A')
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        self.step(count, 'B')
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        self.step(count, 'C')
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        self.step(count, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.drawing().codes.push_str("\r\n");
        Ok(())
    }

    /// Blanks alone are indicatif's filling up of a line.
    fn write_str(&self, text: &str) -> io::Result<()> {
        let mut drawing = self.drawing();
        if text.chars().all(|character| character == ' ') {
            drawing.codes.push_str("\u{1b}[K");
            drawing.is_line_over = true;
            return Ok(());
        }
        if drawing.is_line_over {
            drawing.codes.push_str("\r\n");
        }
        drawing.codes.push_str(text);
        drawing.is_line_over = false;
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        let mut drawing = self.drawing();
        drawing.codes.push_str("\r\u{1b}[2K");
        drawing.is_line_over = false;
        Ok(())
    }

    /// One write for one drawing. A terminal that is gone is no reason to fail.
    fn flush(&self) -> io::Result<()> {
        let mut drawing = self.drawing();
        let _ = io::stderr().lock().write_all(drawing.codes.as_bytes());
        drawing.codes.clear();
        Ok(())
    }
}
