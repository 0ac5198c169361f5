//! `resolve`: what a person found out of uncertain rows.

use std::path::PathBuf;

use jiff::Timestamp;

use super::pipeline::RunReport;
use super::shared::{Job, counted_manifests, next_lines, require_rewritable_report};
use crate::cli::settings::Resolve;
use crate::cli::{CommandContext, Endpoint, Exit, Failure, Paths, print};
use crate::ledger::{
    Ledger, LedgerFacts, ManifestView, Resolution, ResolveError, Resolved, RunLock, View,
};
use crate::support::one_line;

/// `resolve`: a person's answer for uncertain rows.
pub fn resolve(settings: &Resolve, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let (rows, resolution) = (&settings.rows, settings.resolution);
    let job = Job::find(&settings.job)?;
    let view = job.open()?;
    let facts = LedgerFacts::of_endpoint(view.endpoint()?);
    let manifests = job.manifests(&view)?;
    let numbered = match &manifests[..] {
        [only] => Some(only.name.as_str()),
        _ => None,
    };
    drop(view);
    let now = Timestamp::now();
    let lock = RunLock::take(&job.ledger, command.environment.holder(now))?;
    let mut ledger = Ledger::open_existing(&job.ledger, &facts)?;
    ledger.require_run(lock.last_run())?;
    let resolved = ledger
        .resolve(rows, numbered, resolution, now)
        .map_err(not_recorded)?;
    print(lines(&resolved, resolution))?;
    let view = job.open()?;
    for manifest in &manifests {
        write_report(&mut ledger, &job, &view, manifest, settings, command).map_err(|failure| {
            let ledger = job.ledger.display();
            let text = failure.text;
            Failure::internal(format!(
                "your answer is recorded, but the report could not be written again: {text}. \
                 `esign-copy report {ledger}` renders it"
            ))
        })?;
    }
    ledger.close()?;
    drop(view);
    print_next(settings, &job, command)
}

fn not_recorded(error: ResolveError) -> Failure {
    match error {
        ResolveError::Refused(problems) => Failure {
            problem_lines: problems,
            ..Failure::usage("nothing was recorded")
        },
        ResolveError::Ledger(error) => error.into(),
    }
}

/// What was recorded, a line for each row.
fn lines(resolved: &[Resolved], resolution: Resolution) -> String {
    let lines = resolved.iter().map(|row| {
        let became = match resolution {
            Resolution::Absent => "is pending: the next run sends it".to_owned(),
            Resolution::Copied(session) => format!("is copied: {session}"),
        };
        format!("{} {became}\n", one_line(&row.label, 200))
    });
    let mut text: String = lines.collect();
    if resolution == Resolution::Absent {
        text += "Before the next run, `audit` finds a copy that exists after all. Until a row is sent, `resolve` with \
                 --copied takes your answer back\n";
    }
    text
}

/// Writes the report of the manifest's last run again, where that run wrote it.
fn write_report(
    ledger: &mut Ledger,
    job: &Job,
    view: &View,
    manifest: &ManifestView,
    settings: &Resolve,
    command: CommandContext<'_>,
) -> Result<(), Failure> {
    let Some(path) = report_path(job, view, manifest)? else {
        return Ok(());
    };
    let mut lists = vec![job.ledger.with_file_name(&manifest.name)];
    lists.extend(job.manifest.is_some().then(|| settings.job.path.clone()));
    require_rewritable_report(&path, &job.ledger, &lists)?;
    let keeps_edits = view.endpoint()? != Endpoint::Sandbox.identity();
    let report = RunReport {
        path: &path,
        dialect: None,
        keeps_edits,
    };
    let edited = report.write(ledger, view, &manifest.name)?;
    let shown = command
        .environment
        .relative_path(&path)
        .display()
        .to_string();
    let mut text = format!("report: {shown}\n");
    if let Some(edited) = edited {
        let edited = command
            .environment
            .relative_path(&edited)
            .display()
            .to_string();
        text += &format!("the report had been edited; that file is now {edited}\n");
    }
    print(text)
}

/// Where the manifest's report is. What a ledger says of it counts only where a file is there already: a ledger may
/// have been handed over.
fn report_path(
    job: &Job,
    view: &View,
    manifest: &ManifestView,
) -> Result<Option<PathBuf>, Failure> {
    let endpoint = Endpoint::of_identity(&view.endpoint()?)?;
    let list = job.ledger.with_file_name(&manifest.name);
    let default = Paths::of_manifest(&list, &endpoint, None, None);
    let last = view.last_run(Some(&manifest.name))?;
    let recorded = last.map(|run| run.facts.report);
    let is_usual = recorded
        .as_ref()
        .is_some_and(|path| *path == default.report);
    Ok(recorded.filter(|path| is_usual || path.exists()))
}

fn print_next(settings: &Resolve, job: &Job, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let view = job.open()?;
    let manifests = counted_manifests(job, &view)?;
    let next = next_lines(job, &view, &settings.job.path, &manifests, command)?;
    let lines = next
        .iter()
        .map(|line| format!("{}\n", one_line(line, 2000)));
    print(lines.collect::<String>())?;
    Ok(Exit::Done)
}
