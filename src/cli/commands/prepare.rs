//! A manifest on its way into its ledger, under the lock.

use std::path::Path;

use jiff::Timestamp;

use super::guard;
use crate::cli::args::{Duplicates, RunArgs};
use crate::cli::context::Context;
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::Failure;
use crate::cli::output::{Message, Output};
use crate::cli::paths::Paths;
use crate::cli::settings::import_identity;
use crate::ledger::{
    ImportOptions, Ledger, LedgerError, LedgerFacts, LockError, ManifestFacts, RunLock, set_aside,
};
use crate::manifest::{Manifest, ReadOptions, Summary, has_report_header};

/// A manifest with everything needed to import it.
pub struct Preparation<'a> {
    /// What was typed.
    pub args: &'a RunArgs,
    /// Where warnings go.
    pub output: &'a Output,
    /// The manifest.
    pub manifest: &'a Manifest,
    /// How it is read.
    pub options: &'a ReadOptions,
    /// Where requests go.
    pub endpoint: &'a Endpoint,
    /// The job's files.
    pub paths: &'a Paths,
}

impl Preparation<'_> {
    /// Takes the lock. A manifest that is refused anyway is told first: it would not get better
    /// by waiting.
    pub fn lock(&self, context: &Context) -> Result<RunLock, Failure> {
        let taken = RunLock::take(&self.paths.ledger, context.holder(Timestamp::now()));
        if let Err(LockError::Held { .. }) = &taken {
            let summary = self.manifest.read::<Failure>(self.options, |_| Ok(()))?;
            if !summary.problems.is_empty() {
                return Err(guard::refused(self.manifest, &summary.problems));
            }
        }
        Ok(taken?)
    }

    /// Opens or begins the ledger, with the manifest imported.
    pub fn import(&self, lock: &mut RunLock) -> Result<Ledger, Failure> {
        let facts = LedgerFacts {
            endpoint: self.endpoint.identity(),
            manifest: self.paths.is_default_ledger.then(|| self.manifest.name()),
        };
        let path = &self.paths.ledger;
        if self.is_fresh_rehearsal() {
            return self.begin(&facts);
        }
        if self.args.new_ledger {
            if let Some(aside) = set_aside(path, Timestamp::now()).map_err(LedgerError::from)? {
                let aside = aside.display();
                let text = format!("the old ledger is now {aside}");
                let message = Message::info("ledger_set_aside", text);
                self.output.tell(&message.with("ledger", aside.to_string()));
            }
            lock.record_new_ledger().map_err(LedgerError::from)?;
            return self.begin(&facts);
        }
        let Some(mut ledger) = Ledger::open(path, &facts)? else {
            self.may_begin(lock)?;
            return self.begin(&facts);
        };
        if !ledger.has_imported(&self.facts())? {
            self.fill(&mut ledger)?;
        }
        Ok(ledger)
    }

    /// A rehearsal at its default place begins afresh each time: its sandbox is new as well.
    fn is_fresh_rehearsal(&self) -> bool {
        *self.endpoint == Endpoint::Sandbox && self.paths.is_default_ledger
    }

    /// A missing ledger may be begun only if nothing shows that there was one.
    fn may_begin(&self, lock: &RunLock) -> Result<(), Failure> {
        let path = || self.paths.ledger.clone();
        let gone = |because: String| LedgerError::Gone {
            path: path(),
            because,
        };
        if lock.sending_had_begun() {
            return Err(gone("its lock file says that sending had begun".into()).into());
        }
        let report: &Path = &self.paths.report;
        if has_report_header(report).map_err(LedgerError::from)? == Some(true) {
            let because = format!("the results file {} exists", report.display());
            return Err(gone(because).into());
        }
        if self.args.require_ledger {
            return Err(LedgerError::Required { path: path() }.into());
        }
        Ok(())
    }

    fn begin(&self, facts: &LedgerFacts) -> Result<Ledger, Failure> {
        let now = Timestamp::now();
        Ledger::begin(&self.paths.ledger, facts, now, |ledger| self.fill(ledger))
    }

    /// Reads the manifest into the ledger, all or nothing.
    pub fn fill(&self, ledger: &mut Ledger) -> Result<(), Failure> {
        let options = ImportOptions {
            skip_duplicates: self.args.reading.duplicates == Duplicates::Skip,
            skip_invalid: self.options.skip_invalid,
            accept_changes: self.args.accept_changes,
        };
        let mut import = ledger.import(self.facts(), options)?;
        let read = self
            .manifest
            .read::<Failure>(self.options, |record| Ok(import.add(&record)?));
        let summary = read?;
        self.tell(&summary)?;
        let finished = import.finish(&summary.columns, Timestamp::now())?;
        finished.map_err(|refusals| guard::refused_by_ledger(self.manifest, &refusals))
    }

    fn tell(&self, summary: &Summary) -> Result<(), Failure> {
        for warning in &summary.warnings {
            self.output.tell(&guard::warning(warning));
        }
        if !summary.problems.is_empty() {
            return Err(guard::refused(self.manifest, &summary.problems));
        }
        Ok(())
    }

    fn facts(&self) -> ManifestFacts {
        ManifestFacts {
            name: self.manifest.name(),
            size: self.manifest.size(),
            modified: self.manifest.modified(),
            sha256: self.manifest.sha256(),
            options: import_identity(&self.args.reading, self.options),
        }
    }
}
