//! `status`: the state of a job.

use super::shared::{Job, counted_manifests, next_lines};
use crate::cli::next_command::command_on_ledger;
use crate::cli::settings::JobSelector;
use crate::cli::{CommandContext, Endpoint, Exit, Failure, print};
use crate::job::RowCounts;
use crate::ledger::{Holder, ManifestView, RunView, holder_of};
use crate::support::one_line_indented;

/// How many runs are listed.
const MAX_RUNS: u32 = 5;

/// `status`: how a job stands, who works on it, and the next command.
pub fn status(selector: &JobSelector, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let job = Job::find(selector)?;
    let holder = holder_of(&job.ledger)?;
    let view = job.open()?;
    let endpoint = Endpoint::of_identity(&view.endpoint()?)?;
    let manifests = counted_manifests(&job, &view)?;
    let mut lines: Vec<String> = manifests.iter().map(manifest_line).collect();
    lines.push(match &holder {
        Some(Holder {
            pid, host, since, ..
        }) => format!("a run is working on it: held by process {pid} on {host} since {since}"),
        None => "no run is working on it".into(),
    });
    let runs = view.runs(None, MAX_RUNS)?;
    let all_runs = view.run_count()?;
    if all_runs > u64::from(MAX_RUNS) {
        lines.push(format!("the last {MAX_RUNS} of {all_runs} runs:"));
    }
    lines.extend(runs.iter().map(|run| run_line(run, holder.is_some())));
    lines.push(format!("endpoint: {}", endpoint_line(&endpoint)));
    lines.push(format!("ledger: {}", job.ledger.display()));
    for other in &job.others {
        lines.push(format!("see also: {}", other.display()));
    }
    match holder {
        Some(_) => {
            let status = command_on_ledger("status", &job.ledger, &endpoint);
            let status = command.environment.command_line(status);
            lines.push(format!("next: {status}"));
        }
        None => {
            let next = next_lines(&job, &view, &selector.path, &manifests, command)?;
            lines.extend(next);
        }
    }
    let lines = lines
        .iter()
        .map(|line| format!("{}\n", one_line_indented(line)));
    print(lines.collect::<String>())?;
    Ok(Exit::Done)
}

/// The endpoint's name, and its address where that says more.
fn endpoint_line(endpoint: &Endpoint) -> String {
    let (name, address) = (endpoint.argument(), endpoint.identity());
    match name == address {
        true => name,
        false => format!("{name} ({address})"),
    }
}

fn manifest_line((manifest, counts): &(ManifestView, RowCounts)) -> String {
    let (name, time) = (&manifest.name, manifest.imported_at);
    format!("{name} (read {time:.0}): {counts}")
}

fn run_line(run: &RunView, is_held: bool) -> String {
    let end = match (run.ended_at, run.exit_code) {
        (Some(ended), Some(code)) => format!("ended {ended:.0} with exit code {code}"),
        _ if is_held => "is working".into(),
        _ => "was killed".into(),
    };
    let stop = run.stop.as_ref().map(|stop| format!(" ({stop})"));
    let (stop, number, manifest) = (stop.unwrap_or_default(), run.number, &run.manifest);
    format!(
        "run {number} of {manifest}: began {:.0}, {end}{stop}",
        run.began_at
    )
}
