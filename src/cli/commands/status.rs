use std::io::{self, Write};

use super::inspect::Place;
use crate::cli::args::StatusArgs;
use crate::cli::context::Context;
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::next_command::without_once;
use crate::ledger::{Counts, ManifestView, RunView, holder_of};
use crate::report::counts_line;
use crate::support::one_line_indented;

/// How many runs are listed.
const RUNS: u32 = 5;

/// `status`: how a job stands, who works on it, and the next command.
pub fn status(args: &StatusArgs, context: &Context) -> Result<Exit, Failure> {
    let place = Place::find(&args.place)?;
    let holder = holder_of(&place.ledger)?;
    let view = place.open()?;
    let endpoint = view.endpoint()?;
    let mut lines = vec![
        format!("ledger: {}", place.ledger.display()),
        format!("endpoint: {endpoint}"),
    ];
    lines.push(match &holder {
        Some(holder) => format!(
            "held by process {} on {} since {}",
            holder.pid, holder.host, holder.since
        ),
        None => "no run works on it".into(),
    });
    let mut manifests = view.manifests()?;
    if let Some(name) = &place.manifest {
        manifests.retain(|manifest| manifest.name == *name);
    }
    let mut all = Counts::default();
    for manifest in &manifests {
        let counts = view.counts(manifest)?;
        lines.push(manifest_line(manifest, &counts));
        all = sum(all, counts);
    }
    let runs = view.runs(RUNS)?;
    let all_runs = view.run_count()?;
    if all_runs > u64::from(RUNS) {
        lines.push(format!("the last {RUNS} of {all_runs} runs:"));
    }
    lines.extend(runs.iter().map(|run| run_line(run, holder.is_some())));
    lines.push(next(
        &place,
        &all,
        holder.is_some(),
        &endpoint,
        runs.first(),
        context,
    ));
    for other in &place.others {
        lines.push(format!("see also: {}", other.display()));
    }
    let lines = lines.iter().flat_map(|line| line.split('\n'));
    let text: String = lines
        .map(|line| format!("{}\n", one_line_indented(line)))
        .collect();
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Done),
    }
}

fn manifest_line(manifest: &ManifestView, counts: &Counts) -> String {
    format!(
        "{} (imported {:.0}): {}",
        manifest.name,
        manifest.imported_at,
        counts_line(|status| counts.of(status))
    )
}

fn run_line(run: &RunView, is_held: bool) -> String {
    let end = match (run.ended_at, run.exit_code) {
        (Some(ended), Some(code)) => format!("ended {ended:.0} with {code}"),
        _ if is_held => "works".into(),
        _ => "died".into(),
    };
    let stop = run
        .stop
        .as_ref()
        .map(|stop| format!(" ({stop})"))
        .unwrap_or_default();
    format!(
        "run {} on {}: began {:.0}, {end}{stop}",
        run.number, run.manifest, run.began_at
    )
}

fn sum(one: Counts, other: Counts) -> Counts {
    Counts {
        copied: one.copied + other.copied,
        failed: one.failed + other.failed,
        uncertain: one.uncertain + other.uncertain,
        pending: one.pending + other.pending,
    }
}

fn next(
    place: &Place,
    counts: &Counts,
    is_held: bool,
    endpoint: &str,
    last: Option<&RunView>,
    context: &Context,
) -> String {
    let program = context.arguments.first().filter(|name| name.contains('/'));
    let program = program.map_or("esign-copy", String::as_str);
    let quoted = |words: &[&str]| shlex::try_join(words.iter().copied()).unwrap_or_default();
    let ledger = place.ledger.to_string_lossy();
    let endpoint = match endpoint {
        "sandbox" => "sandbox".to_owned(),
        url => Endpoint::parse(url).map_or_else(|_| url.to_owned(), |known| known.argument()),
    };
    // With the endpoint: a variable may say another one.
    let look = |command| quoted(&[program, command, &ledger, "--endpoint", &endpoint]);
    if is_held {
        return format!("next: {}", look("status"));
    }
    match last {
        Some(last) if counts.pending > 0 => format!("next: {}", again(last)),
        _ if counts.failed > 0 => {
            let results = ledger
                .strip_suffix(".ledger")
                .map(|name| format!("{name}.results.csv"));
            let results = results.unwrap_or_else(|| "RESULTS.csv".into());
            let retry = [
                program,
                "retry",
                &results,
                "--ledger",
                &ledger,
                "--endpoint",
                &endpoint,
            ];
            format!(
                "correct the failed rows in {results}, then\nnext: {}",
                quoted(&retry)
            )
        }
        Some(last) if counts.uncertain > 0 && last.facts.command.contains("--username") => {
            format!("next: {}", again(last))
        }
        _ if counts.uncertain > 0 => format!(
            "look the uncertain rows up in the service by their transaction_id and say what you \
             found with resolve, or run again with --username\nnext: {}",
            look("report")
        ),
        _ => "nothing is left to do".into(),
    }
}

/// The last run's command, without what was meant for that run only.
fn again(last: &RunView) -> String {
    let typed = shlex::split(&last.facts.command).unwrap_or_default();
    let words = without_once(typed.iter().map(String::as_str));
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}
