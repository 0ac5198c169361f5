//! `report`: a job's report written again.

use std::path::PathBuf;

use super::shared::{Job, OutputKind, is_worked_on, render, require_allowed_output};
use crate::cli::report_format::ReportFormat;
use crate::cli::settings::Report;
use crate::cli::{CommandContext, Exit, Failure, Paths, print_with};
use crate::job::CsvDialect;
use crate::ledger::{LedgerError, View};
use crate::support::replace;

/// `report`: render the report from the ledger alone.
pub fn report(settings: &Report, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let format = settings.format;
    let job = Job::find(&settings.job)?;
    let is_working = is_worked_on(&job.ledger);
    let view = job.open()?;
    let manifest = job.manifest(&view, command.output)?;
    match &settings.output {
        Some(path) => {
            let written = match format {
                ReportFormat::Html => OutputKind::PAGE,
                ReportFormat::Csv | ReportFormat::Json => OutputKind::REPORT,
            };
            require_allowed_output(
                written,
                path,
                &job.ledger,
                &manifests(settings, &job, &view)?,
            )?;
            let dialect = manifest.dialect.unwrap_or_default();
            replace::<Failure>(path, |file| {
                render(&view, &manifest, is_working, format, dialect, file)
            })?;
        }
        None => {
            // Programs read it, or somebody who pipes it into one.
            let dialect = CsvDialect::default();
            print_with(|out| render(&view, &manifest, is_working, format, dialect, out))?;
        }
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
