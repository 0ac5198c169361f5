//! The metrics of a run, also of one that fails before its first request.

use std::sync::Arc;

use crate::cli::commands::shared::OutputKind;
use crate::cli::metrics::Metrics;
use crate::cli::settings::RunFiles;
use crate::cli::{CommandContext, Exit, Failure, Message};

/// Does a run's work with its metrics, if it is to have any. Where it fails, the file says so: an
/// alert would sleep through a refused list if the last night's 0 were still in it.
///
/// # Errors
/// Metrics that can't be written, before anything is done; what `work` fails with.
pub fn with_metrics(
    command: CommandContext<'_>,
    files: &RunFiles,
    work: impl FnOnce(Option<Arc<Metrics>>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let Some(file) = &files.named.metrics else {
        return work(None);
    };
    OutputKind::METRICS.require_writable(file)?;
    let metrics = Arc::new(Metrics::new(file, &files.paths.ledger));
    work(Some(Arc::clone(&metrics))).inspect_err(|failure| {
        // The run that holds the ledger writes its own.
        if failure.exit == Exit::LockHeld {
            return;
        }
        if let Err(unwritten) = metrics.write_failed(failure.exit) {
            let text = format!("the metrics could not be written: {}", unwritten.text);
            command.output.emit(&Message::warn("metrics", text));
        }
    })
}
