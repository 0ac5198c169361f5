//! What is to be done about a job that nobody works on.

use std::path::Path;

use super::find_job::Job;
use super::last_run::LastRun;
use crate::cli::{CommandContext, Failure};
use crate::job::{RowCounts, StopKind};
use crate::ledger::{ManifestView, View};

/// The manifests that are meant, each with the counts of its rows.
pub fn counted_manifests(
    job: &Job,
    view: &View,
) -> Result<Vec<(ManifestView, RowCounts)>, Failure> {
    let counted = job.manifests(view)?.into_iter().map(|manifest| {
        let counts = view.counts(&manifest)?;
        Ok((manifest, counts))
    });
    counted.collect()
}

/// Advice and the next command, as its last run said them at its end, given how the rows are now. `named`
/// is what its user called the job by.
///
/// # Errors
/// When the ledger can't be read.
pub fn next_lines(
    job: &Job,
    view: &View,
    named: &Path,
    manifests: &[(ManifestView, RowCounts)],
    command: CommandContext<'_>,
) -> Result<Vec<String>, Failure> {
    let manifest = manifests.first().map(|(manifest, _)| &manifest.name);
    let manifest = manifest.map_or_else(|| named.to_owned(), |name| job.list_path(named, name));
    let last = LastRun::of(
        view,
        &job.ledger,
        job.manifest.as_deref(),
        &manifest,
        command.environment,
    )?;
    let next = last.next_command(command.environment);
    let mut counts = RowCounts::default();
    for (_, of_one) in manifests {
        counts += *of_one;
    }
    let stop = last.trouble;
    let mut lines = next.advice(&counts, stop);
    lines.extend(last.trust_flags());
    lines.push(match next.useful(&counts, stop) {
        Some(useful) => format!("next: {useful}"),
        None if stop == Some(StopKind::Canary) => format!("next: {}", next.after(&counts, stop)),
        None if counts.uncertain > 0 => format!("next: {}", next.on_ledger("report")),
        None => "nothing is left to do".into(),
    });
    Ok(lines)
}
