//! `resolve`: what a person found out of uncertain rows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::pipeline::{RunReport, edited_report, pages_of, stale_page};
use super::shared::{Job, OutputKind, counted_manifests, next_lines, require_allowed_output};
use crate::cli::next_command::path_argument;
use crate::cli::paths::follow_link;
use crate::cli::settings::Resolve;
use crate::cli::{CommandContext, Endpoint, Exit, Failure, Paths, print};
use crate::ledger::{Ledger, LedgerFacts, Resolution, ResolveError, ResolvedRow, RunLock, View};
use crate::manifest::{Format, InputFile, has_report_header};
use crate::support::one_line;

/// `resolve`: a person's answer for uncertain rows, recorded in the ledger and in the report.
pub fn resolve(settings: &Resolve, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let job = Job::find(&settings.job)?;
    let view = job.open()?;
    let lists = job.manifests(&view)?;
    let facts = LedgerFacts::of_endpoint(view.endpoint()?);
    drop(view);
    let now = Timestamp::now();
    let lock = RunLock::take(&job.ledger, command.environment.holder(now))?;
    let mut ledger = Ledger::open_existing(&job.ledger, &facts)?;
    ledger.require_run(lock.last_run())?;
    let list = match &lists[..] {
        [only] => Some(only.name.as_str()),
        _ => None,
    };
    let resolved = ledger.resolve(&settings.rows, list, settings.resolution, now);
    let resolved = resolved.map_err(not_recorded)?;
    let mut lines = answers(&resolved, settings.resolution);
    let view = View::of_own_run(&job.ledger)?;
    let lists: BTreeSet<&String> = resolved.iter().flat_map(|row| &row.lists).collect();
    let (mut reports, mut unwritten) = (Vec::new(), None);
    for list in lists {
        let rewriting = Rewriting {
            job: &job,
            view: &view,
            list,
            list_path: job.list_path(&settings.job.path, list),
            command,
        };
        match rewriting.write(&mut ledger) {
            Ok(path) => reports.push(format!("report: {}", path.display())),
            Err(failure) => unwritten = Some(failure),
        }
    }
    let manifests = counted_manifests(&job, &view)?;
    lines.extend(next_lines(
        &job,
        &view,
        &settings.job.path,
        &manifests,
        command,
    )?);
    // The next command goes last.
    let end = lines.len() - 1;
    lines.splice(end..end, reports);
    drop(view);
    ledger.close()?;
    let lines = lines
        .iter()
        .map(|line| format!("{}\n", one_line(line, 2000)));
    print(lines.collect::<String>())?;
    unwritten.map_or(Ok(Exit::Done), Err)
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

fn answers(resolved: &[ResolvedRow], resolution: Resolution) -> Vec<String> {
    let answer = |row: &ResolvedRow| match resolution {
        Resolution::Absent if row.is_listed => {
            format!("{} is pending: the next run sends it", row.name)
        }
        Resolution::Absent => {
            format!(
                "{} is pending, but no list has it any more: no run sends it",
                row.name
            )
        }
        Resolution::Copied(session) => format!("{} is copied: {session}", row.name),
    };
    let mut lines: Vec<String> = resolved.iter().map(answer).collect();
    if resolution == Resolution::Absent {
        let text = "Run `audit` before the next run: it lists a copy that you missed. To take your answer back, use `resolve` \
                    with --copied before the row is sent";
        lines.push(text.into());
    }
    lines
}

/// A list's report, about to be written again.
struct Rewriting<'a> {
    job: &'a Job,
    view: &'a View,
    list: &'a str,
    list_path: PathBuf,
    command: CommandContext<'a>,
}

impl Rewriting<'_> {
    /// Writes it, by the rules of a run. Returns where it is.
    fn write(&self, ledger: &mut Ledger) -> Result<PathBuf, Failure> {
        let written = self.path().and_then(|path| {
            self.write_at(&path, ledger)?;
            Ok(path)
        });
        let environment = self.command.environment;
        written.map_err(|failure| {
            let render = ["report", &path_argument(&self.job.ledger), "--output", "FILE"];
            let render = environment.command_line(render.map(str::to_owned));
            Failure::internal(format!(
                "your answer is recorded, but the report could not be written again: {}. To write it elsewhere: {render}",
                failure.text
            ))
        })
    }

    fn write_at(&self, path: &Path, ledger: &mut Ledger) -> Result<(), Failure> {
        let lists = [self.list_path.clone()];
        require_allowed_output(OutputKind::REPORT, path, &self.job.ledger, &lists)?;
        let dialect = match path.exists() {
            true => InputFile::open(path, Some(Format::Csv))?.dialect()?,
            false => None,
        };
        let endpoint = Endpoint::of_identity(&self.view.endpoint()?)?;
        let CommandContext {
            environment,
            output,
        } = self.command;
        let report = RunReport {
            output,
            path,
            dialect,
            keeps_edits: endpoint != Endpoint::Sandbox,
        };
        if let Some(edited) = report.write(ledger, self.view, self.list)? {
            output.emit(&edited_report(path, &self.job.ledger, &edited));
        }
        for page in pages_of(self.view, self.list, path)? {
            let ledger = &self.job.ledger;
            output.emit(&stale_page(
                &page,
                ledger,
                &endpoint,
                environment,
                "this answer",
            ));
        }
        Ok(())
    }

    /// Where the last run wrote it, if it is there; else of that name next to the ledger, which may have
    /// been moved.
    fn path(&self) -> Result<PathBuf, Failure> {
        let last = self.view.last_run(Some(self.list))?;
        let endpoint = Endpoint::of_identity(&self.view.endpoint()?)?;
        let default = Paths::of_manifest(&self.list_path, &endpoint, None, None).report;
        let written = last.map_or(default, |run| run.facts.report);
        let there = has_report_header(&written).ok().flatten() == Some(true);
        let path = match written.file_name() {
            Some(name) if !there => follow_link(&self.job.ledger.with_file_name(name)),
            _ => written,
        };
        Ok(self.command.environment.relative_path(&path).to_owned())
    }
}
