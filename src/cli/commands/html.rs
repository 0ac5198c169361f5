//! The report as a page for people: its place, its guards, its two passes over the ledger.

use std::io::{Read, Write};
use std::path::Path;

use jiff::Timestamp;

use super::guard;
use super::inspect::replace_file;
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::paths::{Paths, is_same_file};
use crate::ledger::{ManifestView, View};
use crate::report::{HTML_REPORT_START, HtmlFacts, HtmlReport, HtmlSurvey};

/// The page never replaces a file of this job, nor one that is no such page.
pub fn path_allowed(page: &Path, paths: &Paths, manifest: Option<&Path>) -> Result<(), Failure> {
    let what = if is_same_file(&paths.report, page) {
        "the report"
    } else {
        guard::file_of_job(page, paths, manifest)
    };
    match what {
        "" => not_ours(page),
        what => Err(Failure::usage(format!(
            "--html {}: this is {what}; name another file",
            page.display()
        ))),
    }
}

/// Refuses a path where anything but a page of ours stands.
pub fn not_ours(page: &Path) -> Result<(), Failure> {
    guard::replaceable(page)?;
    let failure = |error| Failure::new(Exit::Internal, format!("{}: {error}", page.display()));
    let file = match fs_err::File::open(page) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failure(error)),
    };
    let mut start = Vec::new();
    let length = HTML_REPORT_START.len() as u64;
    file.take(length).read_to_end(&mut start).map_err(failure)?;
    if start == HTML_REPORT_START.as_bytes() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{}: this file is no HTML report of esign-copy and is not overwritten; name another, or \
         move it away",
        page.display()
    )))
}

/// Renders a manifest's page.
pub fn render<W: Write>(
    view: &View,
    manifest: &ManifestView,
    is_working: bool,
    file: W,
) -> Result<W, Failure> {
    let mut survey = HtmlSurvey::default();
    view.lines::<Failure>(manifest, is_working, |line| {
        survey.see(line);
        Ok(())
    })?;
    let facts = facts(view, manifest, is_working)?;
    let mut report = HtmlReport::new(file, facts, survey)?;
    view.lines::<Failure>(manifest, is_working, |line| Ok(report.line(line)?))?;
    Ok(report.finish()?)
}

fn facts(view: &View, manifest: &ManifestView, is_working: bool) -> Result<HtmlFacts, Failure> {
    let endpoint = view.endpoint()?;
    let last = view.runs(1)?.into_iter().next();
    let is_rehearsal = endpoint == Endpoint::Sandbox.identity();
    let known = [
        (Endpoint::Stage, "test system (stage)"),
        (Endpoint::Production, "production"),
        (Endpoint::Sandbox, "rehearsal"),
    ];
    let known = known.iter().find(|(known, _)| known.identity() == endpoint);
    // A base URL says no more than its host to a person, and a page without addresses is one
    // that surely loads nothing.
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
    replace_file(path, |file| render(view, &manifest, false, file).map(drop))
}
