//! Request bodies on standard output, for `check --show`.

use crate::cli::print_with;
use std::io;

/// Prints each on a line of its own.
///
/// # Errors
/// When standard output can't be written.
pub fn print_bodies(bodies: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<()> {
    print_with(|output| {
        for body in bodies {
            output.write_all(body.as_ref())?;
            output.write_all(b"\n")?;
        }
        Ok(())
    })
}
