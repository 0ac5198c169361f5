use std::io::{self, BufWriter, Write};

use super::inspect::{Place, is_worked_on};
use super::outputs::Written;
use super::report_file::{render, replace_file};
use crate::cli::args::{ReportArgs, ReportFormat};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;

/// `report`: render the report from the ledger alone.
pub fn report(args: &ReportArgs, output: &Output) -> Result<Exit, Failure> {
    let format = args.format;
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
            written.may_replace(path)?;
            replace_file(path, |file| {
                render(&view, &manifest, is_working, format, file).map(drop)
            })?;
        }
        None => {
            let file = BufWriter::new(io::stdout().lock());
            let written = render(&view, &manifest, is_working, format, file)
                .and_then(|mut file| Ok(file.flush()?));
            match written {
                // Whoever reads has seen enough.
                Err(failure) if failure.is_broken_pipe => {}
                other => other?,
            }
        }
    }
    Ok(Exit::Done)
}
