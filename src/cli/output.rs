//! Words on standard error. A closed pipe means that nobody reads; the work goes on.

use std::io::Write;

/// Prints a line, or does without it.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(text));
}

/// Prints why a command failed. Problems of a file stand on lines of their own, each beginning
/// with its place, and end with their number.
pub fn failure(text: &str) {
    let says_so = text
        .lines()
        .last()
        .is_some_and(|last| last.starts_with("error: "));
    line(&if says_so {
        text.to_owned()
    } else {
        format!("error: {text}")
    });
}

/// Keeps what came from files and from the service from steering the terminal.
fn printable(text: &str) -> String {
    let lines = text.split('\n').map(crate::support::one_line_indented);
    lines.collect::<Vec<_>>().join("\n")
}
