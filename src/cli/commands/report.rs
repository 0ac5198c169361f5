use std::path::PathBuf;

use crate::cli::args::{ReportArgs, ReportFormat};
use crate::cli::commands::shared::file_names::form_of;
use crate::cli::commands::shared::find_job::{Place, is_worked_on};
use crate::cli::commands::shared::output_files::{Written, may_be_output};
use crate::cli::commands::shared::report_file::render;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::paths::Paths;
use crate::cli::standard_output::print_with;
use crate::job::CsvDialect;
use crate::ledger::{LedgerError, View};
use crate::support::replace;

/// `report`: render the report from the ledger alone.
pub fn report(args: &ReportArgs, output: &Output) -> Result<Exit, Failure> {
    let format = form_of(args.output.as_deref(), args.format)?;
    let place = Place::find(&args.place)?;
    let is_working = is_worked_on(&place.ledger);
    let view = place.open()?;
    let manifest = place.manifest(&view, output)?;
    match &args.output {
        Some(path) => {
            let written = match format {
                ReportFormat::Html => Written::Page,
                ReportFormat::Csv | ReportFormat::Json => Written::Report,
            };
            may_be_output(
                written,
                path,
                &place.ledger,
                &manifests(args, &place, &view)?,
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

/// Where the ledger's manifests are: one where it was said to be, others beside the ledger.
fn manifests(args: &ReportArgs, place: &Place, view: &View) -> Result<Vec<PathBuf>, LedgerError> {
    let beside = |name: &str| place.ledger.with_file_name(name);
    let known = view.manifests()?;
    let mut all: Vec<PathBuf> = known.iter().map(|known| beside(&known.name)).collect();
    if Paths::ledger_of_report(&args.place.path).is_none() {
        all.push(args.place.path.clone());
    }
    Ok(all)
}
