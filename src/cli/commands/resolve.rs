//! `resolve`: what a person found out of uncertain rows.

use jiff::Timestamp;

use super::shared::{Job, counted_manifests, next_lines};
use crate::cli::settings::Resolve;
use crate::cli::{CommandContext, Exit, Failure, print};
use crate::ledger::{Ledger, LedgerFacts, Resolution, ResolveError, RunLock};
use crate::support::one_line;

/// `resolve`: a person's answer for uncertain rows.
pub fn resolve(settings: &Resolve, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let (row_ids, resolution) = (&settings.row_ids, settings.resolution);
    let job = Job::find(&settings.job)?;
    let view = job.open()?;
    let facts = LedgerFacts::of_endpoint(view.endpoint()?);
    drop(view);
    let now = Timestamp::now();
    let lock = RunLock::take(&job.ledger, command.environment.holder(now))?;
    let mut ledger = Ledger::open_existing(&job.ledger, &facts)?;
    ledger.require_run(lock.last_run())?;
    ledger
        .resolve(row_ids, resolution, now)
        .map_err(not_recorded)?;
    ledger.close()?;
    report(settings, &job, command)
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

fn report(settings: &Resolve, job: &Job, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let resolution = settings.resolution;
    let mut lines = Vec::new();
    for row_id in &settings.row_ids {
        let row_id = one_line(row_id, 200);
        lines.push(match resolution {
            Resolution::Absent => format!("row '{row_id}' is pending: the next run sends it"),
            Resolution::Copied(session) => format!("row '{row_id}' is copied: {session}"),
        });
    }
    if resolution == Resolution::Absent {
        let text = "`audit` tells whether the service has a copy after all, best before the next run; \
                    until then, `resolve` with --copied takes the answer back";
        lines.push(text.into());
    }
    let view = job.open()?;
    let manifests = counted_manifests(job, &view)?;
    let next = next_lines(job, &view, &settings.job.path, &manifests, command)?;
    lines.extend(next);
    let lines = lines
        .iter()
        .map(|line| format!("{}\n", one_line(line, 2000)));
    print(lines.collect::<String>())?;
    Ok(Exit::Done)
}
