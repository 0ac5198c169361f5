//! Request bodies on standard output, for `check --show`.

use std::io::{self, Write};

/// Prints each on a line of its own. Whoever has seen enough may close the pipe.
///
/// # Errors
/// When standard output can't be written.
pub fn print_bodies(bodies: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for body in bodies {
        let written = stdout.write_all(body.as_ref());
        match written.and_then(|()| stdout.write_all(b"\n")) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            Err(_) => break,
            Ok(()) => {}
        }
    }
    Ok(())
}
