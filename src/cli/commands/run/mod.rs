//! `run`: import what changed in a manifest, then send what is pending.

mod manifest_ledger;

use manifest_ledger::ManifestLedger;

use super::pipeline::{self, PreparedLedger};
use super::shared::{other_ledgers, require_readable};
use crate::cli::paths::manifest_name;
use crate::cli::settings::{Input, Run, SendingCommand};
use crate::cli::{CommandContext, Exit, Failure};

/// `run MANIFEST`.
pub fn run(sending: SendingCommand<Run>, command: CommandContext<'_>) -> Result<Exit, Failure> {
    pipeline::run(command, sending, |context, settings| {
        let files = context.files;
        let path = files.input.path();
        let name = manifest_name(path);
        if let Some(metrics) = &context.metrics {
            metrics.set_manifest(&name);
        }
        let mut manifest = settings.reading.open(path)?;
        // A manifest that is refused anyway is refused first: it would not get better by waiting. One
        // that was replaced meanwhile is opened again: what its author took out of it is not sent.
        let mut has_waited = false;
        let mut lock = context.take_lock(|| {
            has_waited = true;
            require_readable(&manifest, &settings.reading, &files.paths.ledger)
        })?;
        if has_waited && !matches!(files.input, Input::Standard) {
            manifest = settings.reading.open(path)?;
        }
        let others = other_ledgers(&files.endpoint, &files.paths.ledger, path);
        let ledger = ManifestLedger {
            context,
            settings: &settings,
            manifest: &manifest,
            others: others.as_ref(),
        };
        let ledger = ledger.open(&mut lock)?;
        // Others who wait for this import go on now.
        drop(others);
        Ok(PreparedLedger {
            lock,
            ledger,
            list: manifest,
            manifest_name: name,
            manifest: path.to_owned(),
            dialect: None,
            is_of_report: false,
        })
    })
}
