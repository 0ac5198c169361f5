//! `report`: a job's report written again.

use std::io::Write;
use std::path::PathBuf;

use super::shared::{
    Job, OutputKind, PageContext, Rendering, is_worked_on, render, require_allowed_output,
};
use crate::cli::progress::StepProgress;
use crate::cli::report_format::ReportFormat;
use crate::cli::settings::Report;
use crate::cli::{CommandContext, Exit, Failure, Paths, print_with};
use crate::ledger::{LedgerError, View};
use crate::support::replace;

/// `report`: render the report from the ledger alone.
pub fn report(settings: &Report, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let job = Job::find(&settings.job)?;
    let is_working = is_worked_on(&job.ledger);
    let view = job.open()?;
    let manifest = job.manifest(&view, command.output)?;
    // Read by programs, or by somebody who pipes it into one, unless it has a file of its own.
    let dialect = settings.output.as_ref().and(manifest.dialect);
    let list = job.list_path(&settings.job.path, &manifest.name);
    let rendering = match settings.format {
        ReportFormat::Csv => Rendering::Csv(dialect.unwrap_or_default()),
        ReportFormat::Json => Rendering::Json,
        ReportFormat::Html => Rendering::Page(PageContext {
            ledger: &job.ledger,
            manifest: &list,
            environment: command.environment,
        }),
    };
    let progress = StepProgress::new(command.output, "writing the report".into());
    let render =
        |file: &mut dyn Write| render(&view, &manifest, is_working, &rendering, file, &progress);
    match &settings.output {
        Some(path) => {
            let written = match settings.format {
                ReportFormat::Html => OutputKind::PAGE,
                ReportFormat::Csv | ReportFormat::Json => OutputKind::REPORT,
            };
            let manifests = manifests(settings, &job, &view)?;
            require_allowed_output(written, path, &job.ledger, &manifests)?;
            replace::<Failure>(path, render)?;
        }
        None => print_with(render)?,
    }
    Ok(Exit::Done)
}

/// Where the ledger's manifests are: one where the user says it is, others next to the ledger.
fn manifests(settings: &Report, job: &Job, view: &View) -> Result<Vec<PathBuf>, LedgerError> {
    let next_to = |name: &str| job.ledger.with_file_name(name);
    let manifests = view.manifests()?;
    let mut all: Vec<PathBuf> = manifests
        .iter()
        .map(|manifest| next_to(&manifest.name))
        .collect();
    if Paths::ledger_of_report(&settings.job.path).is_none() {
        all.push(settings.job.path.clone());
    }
    Ok(all)
}
