//! Request bodies on standard output, for `check --show`.

use std::io;

use crate::cli::standard_output::print_with;

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
