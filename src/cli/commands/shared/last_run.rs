//! What a ledger's last run leaves for the next command: its command line, its files, its owner.

use std::path::{Path, PathBuf};

use crate::cli::next_command::NextCommand;
use crate::cli::settings::TypedCommand;
use crate::cli::{Endpoint, Environment, Failure, Paths};
use crate::job::StopKind;
use crate::ledger::{LedgerError, RunView, View};
use crate::support::command_line;

/// Flags of a stored command that say where requests go, and whom to trust with them: the endpoint is the
/// ledger's own, and a proxy and certificates are named by who uses them.
const TRUST_FLAGS: [&str; 3] = ["endpoint", "proxy", "ca-file"];

/// A ledger's last run, and what the next command takes from it.
pub struct LastRun {
    /// What its user must know of before the next command.
    pub trouble: Option<StopKind>,
    /// The list of copies.
    pub manifest: PathBuf,
    endpoint: Endpoint,
    username: Option<String>,
    paths: Paths,
    stored: Option<TypedCommand>,
    typed: TypedCommand,
    list_run: Option<TypedCommand>,
}

impl LastRun {
    /// Reads the last run on a manifest, or on any if none is named. `manifest` is where the list is.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub fn of(
        view: &View,
        ledger: &Path,
        manifest_name: Option<&str>,
        manifest: &Path,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let last = view.last_run(manifest_name)?;
        let endpoint = Endpoint::of_identity(&view.endpoint()?)?;
        let stored = last.as_ref().and_then(stored_command);
        let typed = match &stored {
            Some(stored) => stored.clone().again(&TRUST_FLAGS),
            None => TypedCommand::new("run", manifest.to_string_lossy().into_owned()),
        };
        let default = Paths::of_manifest(manifest, &endpoint, None, None);
        let report = last.as_ref().map(|last| last.facts.report.as_path());
        let report = report.map(|report| environment.relative_path(report).to_owned());
        Ok(Self {
            trouble: last.as_ref().and_then(|last| last.trouble),
            manifest: manifest.to_owned(),
            endpoint,
            username: last.and_then(|last| last.facts.username),
            paths: Paths {
                is_default_ledger: default.ledger == ledger,
                report: report.unwrap_or(default.report),
                ledger: ledger.to_owned(),
            },
            stored,
            typed,
            list_run: list_run(view, manifest_name)?,
        })
    }

    /// What is needed to say the next command.
    pub fn next_command<'a>(&'a self, environment: &'a Environment) -> NextCommand<'a> {
        NextCommand {
            environment,
            typed: &self.typed,
            endpoint: &self.endpoint,
            username: self.username.as_deref(),
            paths: &self.paths,
            html: self.typed.value("html").map(Path::new),
            manifest: &self.manifest,
            list_run: self.list_run.as_ref(),
        }
    }

    /// The proxy and the certificates of that run, for whoever knows them to add.
    pub fn trust_flags(&self) -> Option<String> {
        let stored = self.stored.as_ref()?;
        let said = TRUST_FLAGS[1..].iter().filter_map(|flag| {
            let value = command_line([stored.value(flag)?]);
            Some(format!("--{flag} {value}"))
        });
        let said = said.collect::<Vec<String>>().join(" and ");
        (!said.is_empty()).then(|| format!("the last run used {said}: add it if you trust it"))
    }
}

/// So many runs are looked through.
const RECENT: u32 = 100;

/// The command of the last `run` on a manifest, or on any if none is named.
///
/// # Errors
/// When the ledger can't be read.
pub fn list_run(view: &View, manifest: Option<&str>) -> Result<Option<TypedCommand>, LedgerError> {
    let runs = view.runs(manifest, RECENT)?;
    let mut commands = runs.iter().filter_map(stored_command);
    Ok(commands.find(|command| command.name == "run"))
}

/// A run's command. A ledger may have been handed over, or changed: of what it says, only flags of
/// our own count.
pub fn stored_command(run: &RunView) -> Option<TypedCommand> {
    let stored = TypedCommand::parse(&shlex::split(&run.facts.command)?)?;
    let is_sending = ["run", "retry"].contains(&stored.name.as_str());
    is_sending.then_some(stored)
}
