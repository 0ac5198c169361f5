//! What is looked at before anything is opened or sent.

use std::path::Path;

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Message;
use crate::cli::paths::{Paths, is_same_file};
use crate::ledger::Refusal;
use crate::manifest::{Format, Manifest, Problem, Problems, has_report_header};
use crate::support::temporary_beside;

/// A results file never replaces a file that is not one of ours, nor a file of this job.
pub fn report_path(paths: &Paths, manifest: Option<&Path>) -> Result<(), Failure> {
    let report = &paths.report;
    let lock = paths.ledger.with_file_name(format!(
        "{}.lock",
        paths
            .ledger
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
    ));
    let twins = [
        ("the manifest", manifest),
        ("the ledger", Some(&paths.ledger)),
        ("the ledger's lock", Some(&lock)),
    ];
    for (what, path) in twins {
        if path.is_some_and(|path| is_same_file(path, report)) {
            return Err(Failure::usage(format!(
                "--report {}: this is {what}; name another file",
                report.display()
            )));
        }
    }
    if manifest.is_some_and(|manifest| is_same_file(manifest, &paths.ledger)) {
        return Err(Failure::usage(format!(
            "--ledger {}: this is the manifest; name another file",
            paths.ledger.display()
        )));
    }
    not_ours(report)
}

/// Refuses a path where a file stands that has not our header.
pub fn not_ours(report: &Path) -> Result<(), Failure> {
    match has_report_header(report) {
        Ok(Some(false)) => Err(Failure::usage(format!(
            "{}: this file is no results file of esign-copy and is not overwritten; name another \
             with --report, or move it away",
            report.display()
        ))),
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::new(
            Exit::Internal,
            format!("{}: {error}", report.display()),
        )),
    }
}

/// Finds out before the first request whether the results can be written after the last.
pub fn report_writable(report: &Path) -> Result<(), Failure> {
    temporary_beside(report).map(drop).map_err(|error| {
        Failure::new(
            Exit::Internal,
            format!("the results file could not be written, so nothing was sent: {error}"),
        )
    })
}

/// A manifest or report refused for what is in it.
pub fn refused(manifest: &Manifest, problems: &Problems) -> Failure {
    let mut lines = problems.lines(&|line| manifest.place(line));
    let count = problems.total();
    let noun = if count == 1 { "problem" } else { "problems" };
    lines.push(format!("error: {count} {noun}; nothing was sent"));
    Failure {
        problems: told(manifest, problems),
        ..Failure::new(Exit::Refused, lines.join("\n"))
    }
}

/// The problems that are told one by one, each with its place.
fn told(manifest: &Manifest, problems: &Problems) -> Vec<Message> {
    let place = match manifest.format() {
        Format::Csv => "line",
        Format::Json | Format::JsonLines => "record",
    };
    let message = |problem: &Problem| {
        let message = Message::error("problem", problem.text.as_str())
            .with("file", manifest.path().to_string_lossy());
        match problem.line {
            Some(line) => message.with(place, line),
            None => message,
        }
    };
    problems.told().iter().map(message).collect()
}

/// Something in a manifest that does not refuse it.
pub fn warning(text: &str) -> Message {
    Message::warn("warning", format!("warning: {text}"))
}

/// A manifest or report refused for what it would do to the ledger.
pub fn refused_by_ledger(manifest: &Manifest, refusals: &[Refusal]) -> Failure {
    let mut problems = Problems::default();
    for refusal in refusals {
        problems.add(refusal.line, refusal.text.clone());
    }
    let mut failure = refused(manifest, &problems);
    if refusals.iter().any(|refusal| refusal.is_change) {
        failure.text.push_str(
            ". If the changes are meant, say --accept-changes: new rows are then sent, copied and \
             uncertain ones never again",
        );
    }
    failure
}
