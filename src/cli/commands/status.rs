use std::path::{Path, PathBuf};

use clap::Parser;

use crate::cli::args::{Cli, StatusArgs};
use crate::cli::commands::shared::find_job::Place;
use crate::cli::context::Context;
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::next_command::{Next, text, value_of};
use crate::cli::paths::Paths;
use crate::cli::settings::is_standard_input;
use crate::cli::standard_output::print;
use crate::job::{RowCounts, StopKind};
use crate::ledger::{ManifestView, RunView, View, holder_of};
use crate::support::{command_line, one_line_indented};

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
    let endpoint = Endpoint::of_identity(&endpoint)?;
    lines.push(match &holder {
        Some(holder) => format!(
            "held by process {} on {} since {}",
            holder.pid, holder.host, holder.since
        ),
        None => "no run works on it".into(),
    });
    let manifests = counted_manifests(&place, &view)?;
    lines.extend(manifests.iter().map(manifest_line));
    let runs = view.runs(RUNS)?;
    let all_runs = view.run_count()?;
    if all_runs > u64::from(RUNS) {
        lines.push(format!("the last {RUNS} of {all_runs} runs:"));
    }
    lines.extend(runs.iter().map(|run| run_line(run, holder.is_some())));
    match holder {
        Some(_) => lines.push(format!(
            "next: {}",
            command(context, "status", &place.ledger, &endpoint)
        )),
        None => lines.extend(next_lines(
            &place,
            &view,
            &args.place.path,
            &manifests,
            context,
        )?),
    }
    for other in &place.others {
        lines.push(format!("see also: {}", other.display()));
    }
    let lines = lines.iter();
    let text: String = lines
        .map(|line| format!("{}\n", one_line_indented(line)))
        .collect();
    print(text)?;
    Ok(Exit::Done)
}

/// The manifests that are meant, each with how its rows stand.
pub fn counted_manifests(
    place: &Place,
    view: &View,
) -> Result<Vec<(ManifestView, RowCounts)>, Failure> {
    let mut manifests = view.manifests()?;
    if let Some(name) = &place.manifest {
        place.require(&manifests)?;
        manifests.retain(|manifest| manifest.name == *name);
    }
    let counted = manifests.into_iter().map(|manifest| {
        let counts = view.counts(&manifest)?;
        Ok((manifest, counts))
    });
    counted.collect()
}

/// What is to be done about a job that nobody works on, and the next command. `named` is what its
/// user called it by.
pub fn next_lines(
    place: &Place,
    view: &View,
    named: &Path,
    manifests: &[(ManifestView, RowCounts)],
    context: &Context,
) -> Result<Vec<String>, Failure> {
    let last = view.last_run(place.manifest.as_deref())?;
    let job = Job {
        place,
        manifest: manifest_path(named, place, manifests),
        endpoint: Endpoint::of_identity(&view.endpoint()?)?,
        last: last.as_ref(),
        context,
    };
    let mut all = RowCounts::default();
    manifests.iter().for_each(|(_, counts)| all += *counts);
    Ok(job.next(&all))
}

fn manifest_line((manifest, counts): &(ManifestView, RowCounts)) -> String {
    let (name, time) = (&manifest.name, manifest.imported_at);
    format!("{name} (imported {time:.0}): {counts}")
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

/// Where the manifest probably is: where it was said to be, else beside its ledger.
fn manifest_path(named: &Path, place: &Place, manifests: &[(ManifestView, RowCounts)]) -> PathBuf {
    match (&place.manifest, manifests) {
        (None, [(manifest, _), ..]) if is_standard_input(Path::new(&manifest.name)) => {
            PathBuf::from(&manifest.name)
        }
        (None, [(manifest, _), ..]) => place.ledger.with_file_name(&manifest.name),
        _ => named.to_owned(),
    }
}

/// A job that nobody works on.
struct Job<'a> {
    place: &'a Place,
    manifest: PathBuf,
    endpoint: Endpoint,
    last: Option<&'a RunView>,
    context: &'a Context,
}

impl Job<'_> {
    /// What its last run said at its end, given how the rows stand now.
    fn next(&self, counts: &RowCounts) -> Vec<String> {
        let typed = self.typed();
        let html = value_of(&typed, "--html").map(Path::new);
        let next = Next {
            typed: &typed,
            has_token: self.context.has_token(),
            endpoint: &self.endpoint,
            username: self.last.and_then(|last| last.facts.username.as_deref()),
            paths: &self.paths(),
            html,
            manifest: &self.manifest,
        };
        let trouble = self.last.and_then(|last| last.trouble);
        let mut lines = next.advice(counts, trouble);
        lines.extend(self.way_of_last_run());
        let ledger = &self.place.ledger;
        lines.push(match next.work(counts, trouble) {
            Some(work) => format!("next: {work}"),
            None if trouble == Some(StopKind::Canary) => {
                format!("next: {}", next.after(counts, trouble))
            }
            None if counts.uncertain > 0 => {
                format!(
                    "next: {}",
                    command(self.context, "report", ledger, &self.endpoint)
                )
            }
            None => "nothing is left to do".into(),
        });
        lines
    }

    /// The proxy and the certificates of the last run, for whoever knows them to add.
    fn way_of_last_run(&self) -> Option<String> {
        let words = shlex::split(&self.last?.facts.command)?;
        let said = WAYS[1..].iter().filter_map(|flag| {
            let value = value_of(&words, flag)?;
            Some(format!("{flag} {}", command_line([value])))
        });
        let said: Vec<String> = said.collect();
        let text = format!(
            "the last run had {}: add it if it is yours",
            said.join(" and ")
        );
        (!said.is_empty()).then_some(text)
    }

    /// The last run's command, else the one that begins. A ledger may have been handed over, or changed:
    /// of what it says, only flags of our own count, and the program is the one that runs.
    fn typed(&self) -> Vec<String> {
        let program = self.context.arguments.first().cloned().unwrap_or_default();
        let last = self.last.and_then(|last| shlex::split(&last.facts.command));
        let last = last.filter(|words| is_ours(words));
        match last {
            Some(words) => {
                let words = without_ways(words.into_iter().skip(1));
                std::iter::once(program).chain(words).collect()
            }
            None => {
                let manifest = self.manifest.to_string_lossy().into_owned();
                vec![program, "run".into(), manifest]
            }
        }
    }

    fn paths(&self) -> Paths {
        let default = Paths::of_manifest(&self.manifest, &self.endpoint, None, None);
        let ledger = self.place.ledger.clone();
        let report = self
            .last
            .map(|last| self.context.nearby(&last.facts.report));
        Paths {
            is_default_ledger: default.ledger == ledger,
            report: report.map_or(default.report, Path::to_owned),
            ledger,
        }
    }
}

/// Flags of a stored command that say where requests go, and whom to trust with them.
const WAYS: [&str; 3] = ["--endpoint", "--proxy", "--ca-file"];

/// The words of a stored command without those flags: the endpoint is the ledger's own, and a proxy and
/// certificates are named by who uses them.
fn without_ways(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let flag = word.split('=').next().unwrap_or_default();
        match WAYS.contains(&flag) {
            true if word == flag => drop(words.next()),
            true => {}
            false => kept.push(word),
        }
    }
    kept
}

/// Whether a command line is one of this program's that sends.
fn is_ours(words: &[String]) -> bool {
    let is_sending = words
        .get(1)
        .is_some_and(|name| ["run", "retry"].contains(&name.as_str()));
    is_sending && Cli::try_parse_from(words).is_ok()
}

/// A command on a ledger, with the program as it was typed, and with the endpoint: a variable may
/// say another one.
pub fn command(context: &Context, name: &str, ledger: &Path, endpoint: &Endpoint) -> String {
    let program = context.arguments.first().filter(|name| name.contains('/'));
    let program = program.map_or("esign-copy", String::as_str);
    let (ledger, endpoint) = (text(ledger), endpoint.argument());
    command_line([program, name, &ledger, "--endpoint", &endpoint])
}
