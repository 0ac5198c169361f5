//! What is to be done about a job that nobody works on.

use std::path::{Path, PathBuf};

use super::find_job::Job;
use crate::cli::next_command::NextCommand;
use crate::cli::settings::{TypedCommand, is_standard_input};
use crate::cli::{CommandContext, Endpoint, Failure, Paths};
use crate::job::{RowCounts, StopKind};
use crate::ledger::{ManifestView, RunView, View};
use crate::support::command_line;

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
    let last = view.last_run(job.manifest.as_deref())?;
    let endpoint = &Endpoint::of_identity(&view.endpoint()?)?;
    let manifest = &manifest_path(named, job, manifests);
    let stored = last.as_ref().and_then(stored_command);
    let typed = match &stored {
        Some(stored) => stored.clone().again(&TRUST_FLAGS),
        None => TypedCommand::new("run", manifest.to_string_lossy().into_owned()),
    };
    let default = Paths::of_manifest(manifest, endpoint, None, None);
    let last = last.as_ref();
    let report = last.map(|last| command.environment.relative_path(&last.facts.report));
    let paths = Paths {
        is_default_ledger: default.ledger == job.ledger,
        report: report.map_or(default.report, Path::to_owned),
        ledger: job.ledger.clone(),
    };
    let next = NextCommand {
        environment: command.environment,
        typed: &typed,
        endpoint,
        username: last.and_then(|last| last.facts.username.as_deref()),
        paths: &paths,
        html: typed.value("html").map(Path::new),
        manifest,
    };
    let mut counts = RowCounts::default();
    for (_, of_one) in manifests {
        counts += *of_one;
    }
    let stop = last.and_then(|last| last.trouble);
    let mut lines = next.advice(&counts, stop);
    lines.extend(stored.as_ref().and_then(trust_flags_of));
    lines.push(match next.useful(&counts, stop) {
        Some(useful) => format!("next: {useful}"),
        None if stop == Some(StopKind::Canary) => format!("next: {}", next.after(&counts, stop)),
        None if counts.uncertain > 0 => format!("next: {}", next.on_ledger("report")),
        None => "nothing is left to do".into(),
    });
    Ok(lines)
}

/// Flags of a stored command that say where requests go, and whom to trust with them: the endpoint is the
/// ledger's own, and a proxy and certificates are named by who uses them.
const TRUST_FLAGS: [&str; 3] = ["endpoint", "proxy", "ca-file"];

/// The last run's command. A ledger may have been handed over, or changed: of what it says, only flags of
/// our own count.
fn stored_command(last: &RunView) -> Option<TypedCommand> {
    let stored = TypedCommand::parse(&shlex::split(&last.facts.command)?)?;
    let is_sending = ["run", "retry"].contains(&stored.name.as_str());
    is_sending.then_some(stored)
}

/// The proxy and the certificates of the last run, for whoever knows them to add.
fn trust_flags_of(stored: &TypedCommand) -> Option<String> {
    let said = TRUST_FLAGS[1..].iter().filter_map(|flag| {
        let value = command_line([stored.value(flag)?]);
        Some(format!("--{flag} {value}"))
    });
    let said = said.collect::<Vec<String>>().join(" and ");
    (!said.is_empty()).then(|| format!("the last run had {said}: add it if it is yours"))
}

/// Where the manifest probably is: where the user says it is, else next to its ledger.
fn manifest_path(named: &Path, job: &Job, manifests: &[(ManifestView, RowCounts)]) -> PathBuf {
    match (&job.manifest, manifests) {
        (None, [(manifest, _), ..]) if is_standard_input(Path::new(&manifest.name)) => {
            PathBuf::from(&manifest.name)
        }
        (None, [(manifest, _), ..]) => job.ledger.with_file_name(&manifest.name),
        _ => named.to_owned(),
    }
}
