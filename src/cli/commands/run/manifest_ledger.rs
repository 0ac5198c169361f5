//! A manifest's ledger: gone on with, begun, or begun anew.

use std::path::Path;

use jiff::Timestamp;

use crate::cli::commands::pipeline::PipelineContext;
use crate::cli::commands::shared::{ManifestImport, plan};
use crate::cli::settings::Run;
use crate::cli::{Endpoint, Failure, Message, Output, Paths, today};
use crate::ledger::{
    FileProblem, Ledger, LedgerError, LedgerFacts, OtherLedgers, PlanOptions, RunLock,
    rescued_beside, set_aside,
};
use crate::manifest::{InputFile, has_report_header};
use crate::support::unused_path;

/// A manifest with everything needed to import it.
pub struct ManifestLedger<'a> {
    /// The run.
    pub context: &'a PipelineContext<'a>,
    /// What is `run`'s own.
    pub settings: &'a Run,
    /// The manifest.
    pub manifest: &'a InputFile,
    /// The ledgers that may have sent the list under another name.
    pub others: Option<&'a OtherLedgers>,
}

impl ManifestLedger<'_> {
    /// Opens or begins the ledger, with the manifest imported.
    pub fn open(&self, lock: &mut RunLock) -> Result<Ledger, Failure> {
        let is_default = self.paths().is_default_ledger;
        let facts = (self.context).ledger_facts(is_default.then(|| self.manifest.name()));
        let path = &self.paths().ledger;
        if self.is_fresh_rehearsal() {
            // Only an older rehearsal is thrown away, nothing else that may be there.
            let any_manifest = self.context.ledger_facts(None);
            let is_another = Ledger::open(path, &any_manifest)?.is_some();
            let ledger = self.begin(&facts, || Ok(()))?;
            if is_another {
                let text = "the last rehearsal's ledger and report are replaced: each rehearsal begins afresh";
                self.output().emit(&Message::info("rehearsal_afresh", text));
            }
            return Ok(ledger);
        }
        if self.settings.new_ledger {
            let ledger = self.begin(&facts, || self.set_aside())?;
            lock.record_new_ledger().map_err(LedgerError::from)?;
            return Ok(ledger);
        }
        let Some(mut ledger) = Ledger::open(path, &facts)? else {
            self.may_begin(lock)?;
            return self.begin(&facts, || Ok(()));
        };
        ledger.require_run(lock.last_run())?;
        let reading = &self.settings.reading;
        let is_known = ledger.has_imported(&self.manifest.facts(reading.identity())?)?
            && ledger.is_excluding(reading.import.exclusion.as_deref())?;
        if !is_known {
            self.fill(&mut ledger)?;
        }
        Ok(ledger)
    }

    /// Refuses rows that can't be sent today.
    fn require_sendable(&self, ledger: &mut Ledger) -> Result<(), Failure> {
        let name = self.manifest.name();
        ledger.plan_manifest(&name)?;
        let options = PlanOptions {
            manifest: &name,
            today: today(),
            username: None,
            limit: None,
            skip_invalid: self.settings.reading.import.skip_invalid,
            max_per_address: self.settings.reading.import.max_per_address,
        };
        plan::require_sendable(self.manifest, ledger, &options).map(drop)
    }

    fn set_aside(&self) -> Result<(), Failure> {
        let now = Timestamp::now();
        let aside = set_aside(&self.paths().ledger, now).map_err(LedgerError::from)?;
        let report_aside = |what: &'static str, event, aside: &Path| {
            let text = format!("the old {what} is now {}", aside.display());
            let message = Message::info(event, text);
            self.output()
                .emit(&message.with(what, aside.to_string_lossy()));
        };
        if let Some(aside) = aside {
            report_aside("ledger", "ledger_set_aside", &aside);
        }
        // Its report belongs to it: left in place, it would be taken for an edited report of the new one.
        let report = &self.paths().report;
        if has_report_header(report)? == Some(true) {
            let time = now.strftime("%Y%m%dT%H%M%SZ");
            let aside = unused_path(report.with_extension(format!("{time}.csv")))?;
            fs_err::rename(report, &aside)?;
            report_aside("report", "report_set_aside", &aside);
        }
        Ok(())
    }

    /// A rehearsal at its default place begins afresh each time: its sandbox is new as well.
    fn is_fresh_rehearsal(&self) -> bool {
        self.context.files.endpoint == Endpoint::Sandbox && self.paths().is_default_ledger
    }

    /// A missing ledger may be begun only if nothing shows that there was one.
    fn may_begin(&self, lock: &RunLock) -> Result<(), Failure> {
        let path = &self.paths().ledger;
        let gone = |because: String| {
            let rescued = rescued_beside(path);
            FileProblem::Gone { because, rescued }.of(path)
        };
        if lock.sending_had_begun() {
            return Err(gone("its lock file says that sending had begun".into()).into());
        }
        let report = &self.paths().report;
        if has_report_header(report).map_err(LedgerError::from)? == Some(true) {
            let because = format!("the report {} exists", report.display());
            return Err(gone(because).into());
        }
        if self.settings.require_ledger {
            return Err(FileProblem::Required.of(path).into());
        }
        Ok(())
    }

    /// Begins a ledger with the manifest in it. A rehearsal's that can't be sent today is refused before
    /// the last rehearsal gives way.
    fn begin(
        &self,
        facts: &LedgerFacts,
        make_room: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<Ledger, Failure> {
        let fill = |ledger: &mut Ledger| {
            self.fill(ledger)?;
            match self.is_fresh_rehearsal() {
                true => self.require_sendable(ledger),
                false => Ok(()),
            }
        };
        let (path, now) = (&self.paths().ledger, Timestamp::now());
        Ok(Ledger::begin(path, facts, now, fill, make_room)?.0)
    }

    fn paths(&self) -> &Paths {
        &self.context.files.paths
    }

    fn output(&self) -> &Output {
        self.context.command.output
    }

    /// Reads the manifest into the ledger, all or nothing.
    fn fill(&self, ledger: &mut Ledger) -> Result<(), Failure> {
        let import = ManifestImport {
            output: self.output(),
            manifest: self.manifest,
            reading: &self.settings.reading,
            others: self.others,
        };
        import.import(ledger, |_| {}).map(drop)
    }
}
