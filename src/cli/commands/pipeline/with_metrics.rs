//! The metrics of a run, also of one that fails before its first request.

use std::sync::Arc;

use crate::cli::args::WorkArgs;
use crate::cli::commands::shared::output_files::Written;
use crate::cli::exit::{Exit, Failure};
use crate::cli::metrics::Metrics;
use crate::cli::output::{Message, Output};
use crate::cli::paths::Paths;

/// Does a run's work with its metrics, if it is to have any. Where it fails, the file says so: an
/// alert would sleep through a refused list if the last night's 0 still stood there.
///
/// # Errors
/// Metrics that can't be written, before anything is done; what `work` fails with.
pub fn measured(
    args: &WorkArgs,
    paths: &Paths,
    output: &Output,
    work: impl FnOnce(Option<Arc<Metrics>>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let Some(file) = &args.metrics else {
        return work(None);
    };
    Written::Metrics.writable(file)?;
    let metrics = Arc::new(Metrics::new(file, &paths.ledger));
    work(Some(Arc::clone(&metrics))).inspect_err(|failure| {
        // The run that holds the ledger writes its own.
        if failure.exit == Exit::LockHeld {
            return;
        }
        if let Err(unwritten) = metrics.write_failed(failure.exit) {
            let text = format!("the metrics could not be written: {}", unwritten.text);
            output.emit(&Message::warn("metrics", text));
        }
    })
}

/// Writes the metrics of a run that has taken its ledger's lock; from then on they are its own.
///
/// # Errors
/// Metrics that can't be written: nothing was sent yet.
pub fn write_begun(metrics: Option<&Metrics>) -> Result<(), Failure> {
    metrics.map_or(Ok(()), Metrics::write_begun)
}
