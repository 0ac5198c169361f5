//! A manifest's report, rendered from the ledger alone: as CSV, JSON or a page for people.

use std::io::Write;
use std::path::Path;

use jiff::Timestamp;

use crate::cli::report_format::ReportFormat;
use crate::cli::{Endpoint, Failure};
use crate::job::CsvDialect;
use crate::ledger::{ManifestView, View};
use crate::report::{CsvReport, HtmlFacts, HtmlReport, HtmlSummary, JsonReport, ReportWriter};
use crate::support::replace;

/// Renders a manifest's report, as CSV in the dialect given.
pub fn render(
    view: &View,
    manifest: &ManifestView,
    is_working: bool,
    format: ReportFormat,
    dialect: CsvDialect,
    file: &mut dyn Write,
) -> Result<(), Failure> {
    let columns = &manifest.columns;
    let mut report: Box<dyn ReportWriter> = match format {
        ReportFormat::Csv => Box::new(CsvReport::new(file, columns, dialect)?),
        ReportFormat::Json => Box::new(JsonReport::new(file, columns)?),
        ReportFormat::Html => return render_page(view, manifest, is_working, file),
    };
    view.lines::<Failure>(manifest, is_working, |line| Ok(report.line(line)?))?;
    Ok(report.finish()?)
}

/// Renders a manifest's page.
fn render_page(
    view: &View,
    manifest: &ManifestView,
    is_working: bool,
    file: &mut dyn Write,
) -> Result<(), Failure> {
    let mut summary = HtmlSummary::default();
    view.lines::<Failure>(manifest, is_working, |line| {
        summary.add(line);
        Ok(())
    })?;
    let facts = facts(view, manifest, is_working)?;
    let mut report = HtmlReport::new(file, facts, summary)?;
    view.lines::<Failure>(manifest, is_working, |line| Ok(report.line(line)?))?;
    Ok(report.finish()?)
}

fn facts(view: &View, manifest: &ManifestView, is_working: bool) -> Result<HtmlFacts, Failure> {
    let endpoint = view.endpoint()?;
    let last = view.last_run(None)?;
    let is_rehearsal = endpoint == Endpoint::Sandbox.identity();
    let known = [
        (Endpoint::Stage, "test system (stage)"),
        (Endpoint::Production, "production"),
        (Endpoint::Sandbox, "rehearsal"),
    ];
    let known = known.iter().find(|(known, _)| known.identity() == endpoint);
    // A base URL says no more than its host to a person, and a page without addresses is one
    // that loads nothing.
    let host = || endpoint.split('/').nth(2).unwrap_or_default().to_owned();
    Ok(HtmlFacts {
        manifest: manifest.name.clone(),
        endpoint: known.map_or_else(host, |(_, words)| (*words).to_owned()),
        is_rehearsal,
        is_working,
        stop: last
            .filter(|run| run.manifest == manifest.name)
            .and_then(|run| run.stop),
        made_at: Timestamp::now(),
    })
}

/// Writes a manifest's page, whole and at once.
pub fn write_page(view: &View, manifest_name: &str, path: &Path) -> Result<(), Failure> {
    let Some(manifest) = view.manifest(manifest_name)? else {
        return Ok(());
    };
    replace(path, |file| render_page(view, &manifest, false, file))
}
