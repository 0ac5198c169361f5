//! A manifest's report, rendered from the ledger alone: as CSV, JSON or a page for people.

use std::io::Write;
use std::path::Path;

use jiff::Timestamp;

use super::last_run::LastRun;
use crate::cli::progress::StepProgress;
use crate::cli::settings::is_standard_input;
use crate::cli::{Endpoint, Environment, Failure};
use crate::job::CsvDialect;
use crate::ledger::{ManifestView, View};
use crate::report::{
    CsvReport, HtmlCommands, HtmlFacts, HtmlReport, HtmlSummary, JsonReport, ReportWriter,
};
use crate::support::replace;

/// How a report is rendered.
pub enum Rendering<'a> {
    Csv(CsvDialect),
    Json,
    Page(PageContext<'a>),
}

/// What a page says beside the ledger's own: the commands for what is left to do.
#[derive(Clone, Copy)]
pub struct PageContext<'a> {
    /// The ledger.
    pub ledger: &'a Path,
    /// Where the list is.
    pub manifest: &'a Path,
    /// How the program was called.
    pub environment: &'a Environment,
}

/// Renders a manifest's report.
pub fn render(
    view: &View,
    manifest: &ManifestView,
    is_working: bool,
    rendering: &Rendering<'_>,
    file: &mut dyn Write,
    progress: &StepProgress,
) -> Result<(), Failure> {
    let columns = &manifest.columns;
    let mut report: Box<dyn ReportWriter> = match rendering {
        Rendering::Csv(dialect) => Box::new(CsvReport::new(file, columns, *dialect)?),
        Rendering::Json => Box::new(JsonReport::new(file, columns)?),
        Rendering::Page(context) => {
            return render_page(view, manifest, is_working, *context, file);
        }
    };
    view.lines::<Failure>(manifest, is_working, |line| {
        progress.add_row();
        Ok(report.line(line)?)
    })?;
    Ok(report.finish()?)
}

/// Renders a manifest's page.
fn render_page(
    view: &View,
    manifest: &ManifestView,
    is_working: bool,
    context: PageContext<'_>,
    file: &mut dyn Write,
) -> Result<(), Failure> {
    let mut summary = HtmlSummary::default();
    view.lines::<Failure>(manifest, is_working, |line| {
        summary.add(line);
        Ok(())
    })?;
    let facts = facts(view, manifest, is_working, context)?;
    let mut report = HtmlReport::new(file, facts, summary)?;
    view.lines::<Failure>(manifest, is_working, |line| Ok(report.line(line)?))?;
    Ok(report.finish()?)
}

fn facts(
    view: &View,
    manifest: &ManifestView,
    is_working: bool,
    context: PageContext<'_>,
) -> Result<HtmlFacts, Failure> {
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
        key: view.page_key(manifest)?,
        manifest: manifest.name.clone(),
        endpoint: known.map_or_else(host, |(_, words)| (*words).to_owned()),
        is_rehearsal,
        is_working,
        stop: last
            .filter(|run| run.manifest == manifest.name)
            .and_then(|run| run.stop),
        made_at: Timestamp::now(),
        commands: commands(view, manifest, is_rehearsal, context)?,
    })
}

/// What somebody who reads the page may do next, as the end of a run says it.
fn commands(
    view: &View,
    manifest: &ManifestView,
    is_rehearsal: bool,
    context: PageContext<'_>,
) -> Result<HtmlCommands, Failure> {
    let PageContext {
        ledger,
        manifest: list,
        environment,
    } = context;
    let last = LastRun::of(view, ledger, Some(&manifest.name), list, environment)?;
    let next = last.next_command(environment);
    Ok(HtmlCommands {
        list: match is_standard_input(list) {
            true => "the list".into(),
            false => list.display().to_string(),
        },
        report: next.paths.report.display().to_string(),
        // Each `run` begins a rehearsal afresh, from the corrected list.
        run: match is_rehearsal {
            true => next.rehearse(),
            false => next.again(&[]),
        },
        retry: next.retry(),
        look_up: next.again(&["on-uncertain"]),
        has_owner: next.username.is_some(),
        resolve: match view.manifests()?.len() {
            0 | 1 => next.on_ledger("resolve"),
            // A row's number says which one only with its manifest.
            _ => next.on_manifest("resolve"),
        },
        trouble: last.trouble,
    })
}

/// Writes a manifest's page, whole and at once.
pub fn write_page(
    view: &View,
    manifest_name: &str,
    context: PageContext<'_>,
    path: &Path,
) -> Result<(), Failure> {
    let Some(manifest) = view.manifest(manifest_name)? else {
        return Ok(());
    };
    replace(path, |file| {
        render_page(view, &manifest, false, context, file)
    })
}
