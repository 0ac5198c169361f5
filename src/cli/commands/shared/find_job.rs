//! Finding a job's ledger.

use std::path::{Path, PathBuf};

use crate::cli::paths::{follow_link, is_same_file, manifest_name};
use crate::cli::settings::{JobSelector, is_standard_input};
use crate::cli::{Endpoint, Failure, Message, Output, Paths};
use crate::ledger::{FileProblem, ManifestView, View, holder_of, is_ledger};
use crate::manifest::{has_report_header, is_report_workbook, is_workbook};

/// A job that was asked about.
pub struct Job {
    /// Its ledger.
    pub ledger: PathBuf,
    /// The manifest's name, if a manifest was named.
    pub manifest: Option<String>,
    /// Other ledgers of the same manifest, for other endpoints.
    pub others: Vec<PathBuf>,
    endpoint: Option<String>,
    /// The report that was named, if one was.
    report: Option<PathBuf>,
}

impl Job {
    /// Finds the ledger of a manifest or of its report, or takes the ledger that was named.
    pub fn find(selector: &JobSelector) -> Result<Self, Failure> {
        // A ledger that is named says its endpoint itself; the variable is meant for other commands.
        let asked = selector.endpoint.as_ref();
        let typed = asked.filter(|_| !selector.is_usual_endpoint);
        let named = |ledger: &Path, manifest| Self {
            ledger: follow_link(ledger),
            manifest,
            others: Vec::new(),
            endpoint: typed.map(Endpoint::identity),
            report: None,
        };
        let of_named_report = |ledger: &Path| Self {
            report: Some(selector.path.clone()),
            ..named(ledger, None)
        };
        if selector.path.is_dir() {
            let path = selector.path.display();
            let text =
                format!("{path}: this is a folder. Name a manifest, its report or its ledger");
            return Err(Failure::usage(text));
        }
        let of_report = Paths::ledger_of_report(&selector.path);
        if let (None, Some(ledger)) = (&selector.ledger, of_report.filter(|ledger| ledger.exists()))
        {
            return Ok(of_named_report(&ledger));
        }
        let is_named_ledger = selector.path.extension().is_some_and(|end| end == "ledger");
        if is_named_ledger || is_ledger(&selector.path)? {
            return Ok(named(&selector.path, None));
        }
        let manifest = Some(manifest_name(&selector.path));
        if let Some(ledger) = &selector.ledger {
            let is_report = has_report_header(&selector.path).ok().flatten() == Some(true)
                || is_workbook(&selector.path) && is_report_workbook(&selector.path, None);
            return Ok(match is_report {
                true => of_named_report(ledger),
                false => named(ledger, manifest),
            });
        }
        if let Some(endpoint) = asked {
            let ledger = Paths::of_manifest(&selector.path, endpoint, None, None).ledger;
            return Ok(Self {
                endpoint: Some(endpoint.identity()),
                ..named(&ledger, manifest)
            });
        }
        let all = Paths::ledgers_of(&selector.path);
        let mut found: Vec<PathBuf> = all.iter().filter(|path| path.exists()).cloned().collect();
        if found.is_empty() {
            let [path, ..] = all;
            return Err(FileProblem::Missing.of(&path).into());
        }
        let ledger = found.remove(0);
        Ok(Self {
            others: found,
            ..named(&ledger, manifest)
        })
    }

    /// Opens the ledger. One of another endpoint than was asked for is not the one that is meant.
    pub fn open(&self) -> Result<View, Failure> {
        let view = View::open(&self.ledger)?;
        view.require_endpoint(&self.ledger, self.endpoint.as_deref())?;
        Ok(view)
    }

    /// The manifest that is meant: the one named, else the latest imported, and then says so.
    pub fn manifest(&self, view: &View, output: &Output) -> Result<ManifestView, Failure> {
        let manifests = self.manifests(view)?;
        if let [latest, others @ ..] = &manifests[..]
            && !others.is_empty()
        {
            let (latest, others) = (&latest.name, others.len());
            let text = format!(
                "this is the report of {latest}, the latest of the {} lists in this ledger. For the report of \
                 another one (`status` shows them), name that list, and the ledger with --ledger",
                others + 1
            );
            output.emit(&Message::info("other_manifests", text).with("others", others));
        }
        let latest = manifests.into_iter().next();
        latest.ok_or_else(|| self.refused("this ledger has no list yet"))
    }

    /// The manifests that are meant: the one named, else all, the latest imported first. One that the
    /// ledger does not have is refused.
    pub fn manifests(&self, view: &View) -> Result<Vec<ManifestView>, Failure> {
        let all = view.manifests()?;
        let Some(name) = &self.manifest else {
            let own = self
                .report
                .as_ref()
                .map(|report| of_report(view, &all, report));
            let own = own.transpose()?.flatten();
            return Ok(own.map_or(all, |own| vec![own]));
        };
        let has: Vec<String> = all.iter().map(|manifest| manifest.name.clone()).collect();
        let meant = all.into_iter().find(|manifest| manifest.name == *name);
        let meant = meant.ok_or_else(|| {
            self.refused(&match has.is_empty() {
                true => "this ledger has no list yet".into(),
                false => format!("{name} is not in this ledger, which has {}", has.join(", ")),
            })
        })?;
        Ok(vec![meant])
    }

    /// Where a manifest of the job probably is: where the user says it is, else next to its ledger.
    pub fn list_path(&self, named: &Path, name: &str) -> PathBuf {
        match &self.manifest {
            Some(_) => named.to_owned(),
            None if is_standard_input(Path::new(name)) => name.into(),
            None => self.ledger.with_file_name(name),
        }
    }

    fn refused(&self, text: &str) -> Failure {
        let ledger = self.ledger.display();
        Failure::internal(format!("{ledger}: {text}"))
    }
}

/// The manifest whose last run wrote the report.
fn of_report(
    view: &View,
    all: &[ManifestView],
    report: &Path,
) -> Result<Option<ManifestView>, Failure> {
    for manifest in all {
        let last = view.last_run(Some(&manifest.name))?;
        if last.is_some_and(|last| is_same_file(&last.facts.report, report)) {
            return Ok(Some(manifest.clone()));
        }
    }
    Ok(None)
}

/// Whether a run works on the ledger right now.
pub fn is_worked_on(ledger: &Path) -> bool {
    matches!(holder_of(ledger), Ok(Some(_)))
}
