//! The one way to standard output: to a file or a pipe bytes as they are, to a terminal nothing that
//! could steer it.

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

use super::Failure;
use crate::support::is_terminal_control;

/// Prints a whole text.
///
/// # Errors
/// When it can't be written.
pub fn print(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    print_with(|output| Ok(output.write_all(text.as_ref())?))
}

/// Prints what `write` writes piece by piece. Whoever reads it may close the pipe when they have seen
/// enough: that ends the writing and is no error.
///
/// # Errors
/// When it can't be written, and those of `write`.
pub fn print_with<E: From<io::Error>>(
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let is_closed = Cell::new(false);
    let is_terminal = io::stdout().is_terminal();
    let pipe = BufWriter::new(Pipe {
        output: io::stdout().lock(),
        is_closed: &is_closed,
    });
    let mut output: Box<dyn Write> = if is_terminal {
        Box::new(EscapingWriter::new(pipe))
    } else {
        Box::new(pipe)
    };
    let written = write(&mut *output).and_then(|()| Ok(output.flush()?));
    if is_closed.get() { Ok(()) } else { written }
}

/// A writer that notes when nobody reads any more.
struct Pipe<'a, W> {
    output: W,
    is_closed: &'a Cell<bool>,
}

impl<W> Pipe<'_, W> {
    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| {
            let is_closed = error.kind() == ErrorKind::BrokenPipe;
            self.is_closed.set(self.is_closed.get() || is_closed);
        })
    }
}

impl<W: Write> Write for Pipe<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes);
        self.note(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.output.flush();
        self.note(flushed)
    }
}

/// A writer of text that shows what would steer a terminal as `\u001b`, as JSON would write it.
struct EscapingWriter<W> {
    output: W,
    /// The start of a character, or of a line break, whose rest is still to come.
    begun: Vec<u8>,
}

impl<W: Write> EscapingWriter<W> {
    fn new(output: W) -> Self {
        Self {
            output,
            begun: Vec::new(),
        }
    }

    fn show(&mut self, text: &str) -> io::Result<()> {
        let mut shown = String::with_capacity(text.len());
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let breaks = character == '\r' && characters.peek() == Some(&'\n');
            match character {
                '\n' | '\t' => shown.push(character),
                _ if breaks => shown.push(character),
                other if is_terminal_control(other) => {
                    let _ = write!(shown, "\\u{:04x}", u32::from(other));
                }
                other => shown.push(other),
            }
        }
        self.output.write_all(shown.as_bytes())
    }
}

impl<W: Write> Write for EscapingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        // At most a character and a carriage return wait for what follows them.
        let mut whole = all.len();
        for chunk in all.utf8_chunks() {
            let rest = chunk.invalid();
            if all.ends_with(rest)
                && rest.len() < 4
                && std::str::from_utf8(rest).is_err_and(|error| error.error_len().is_none())
            {
                whole = all.len() - rest.len();
            }
        }
        whole -= usize::from(all[..whole].ends_with(b"\r"));
        self.begun = all.split_off(whole);
        let text = String::from_utf8_lossy(&all);
        self.show(&text)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.begun);
        self.show(&String::from_utf8_lossy(&rest))?;
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_shown_what_would_steer_it_wherever_a_piece_ends() {
        let text = "a\u{1b}]0;x\u{7}\r\n\u{202e}é\t\u{9b}2J\rb\r\n宽";
        let shown = "a\\u001b]0;x\\u0007\r\n\\u202eé\t\\u009b2J\\u000db\r\n宽";
        for size in 1..=text.len() {
            let mut output = EscapingWriter::new(Vec::new());
            for piece in text.as_bytes().chunks(size) {
                output.write_all(piece).unwrap();
            }
            output.flush().unwrap();
            assert_eq!(String::from_utf8(output.output).unwrap(), shown, "{size}");
        }
    }
}
