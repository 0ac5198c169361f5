//! Request bodies on standard output, for `check --show`.

use std::io::{self, Write};

use crate::cli::standard_output::standard_output;

/// Prints each on a line of its own. Whoever has seen enough may close the pipe.
///
/// # Errors
/// When standard output can't be written.
pub fn print_bodies(bodies: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
    let mut stdout = standard_output();
    for body in bodies {
        let written = stdout.write_all(body.as_ref());
        match written.and_then(|()| stdout.write_all(b"\n")) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            Err(_) => break,
            Ok(()) => {}
        }
    }
    match stdout.flush() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
