//! The one runtime: of the current thread.

use std::io;

/// Drives a future to its end.
///
/// # Errors
/// When the system has no timer or poll to give.
pub fn block_on<F: Future>(future: F) -> io::Result<F::Output> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    Ok(runtime.enable_all().build()?.block_on(future))
}
