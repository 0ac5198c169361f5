//! A manifest on its way into its ledger, under the lock.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;

use crate::cli::args::{Duplicates, ReadingArgs, RunArgs};
use crate::cli::commands::pipeline::lock::take_lock;
use crate::cli::commands::shared::messages;
use crate::cli::context::{Context, today};
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::Failure;
use crate::cli::output::{Message, Output};
use crate::cli::paths::{Paths, resolved};
use crate::cli::settings::{import_identity, is_standard_input, open_manifest};
use crate::job::Record;
use crate::ledger::{
    ImportOptions, ImportSummary, Ledger, LedgerError, LedgerFacts, ListColumns, LockError,
    ManifestFacts, OtherLedgers, PlanOptions, RunLock, View, rescued_beside, set_aside,
};
use crate::manifest::{Format, Manifest, ManifestError, ReadOptions, Summary, has_report_header};

/// So many records that are not sent are told one by one.
const SKIPPED: usize = 100;

/// Opens the manifest and takes its ledger's lock. A manifest that is refused anyway is told
/// first: it would not get better by waiting. One that was replaced while another run was waited
/// for is opened again: what its author took out of it meanwhile is not sent.
pub fn open_locked(
    args: &RunArgs,
    options: &ReadOptions,
    paths: &Paths,
    context: &Context,
    output: &Output,
) -> Result<(Manifest, RunLock), Failure> {
    let manifest = open_manifest(&args.manifest, &args.reading)?;
    match RunLock::take(&paths.ledger, context.holder(Timestamp::now())) {
        Err(LockError::Held { .. }) => {}
        taken => return Ok((manifest, taken?)),
    }
    // A ledger that can't be read is told once it is free.
    let view = View::open(&paths.ledger).ok();
    if let Some(Ok(read_before)) = view.map(|view| view.columns_read_before(&manifest.name())) {
        let options = ReadOptions {
            read_before,
            ..options.clone()
        };
        let summary = manifest.read::<Failure>(&options, |_| Ok(()))?;
        if !summary.problems.is_empty() {
            return Err(messages::refused(&manifest, &summary.problems));
        }
    }
    let lock = take_lock(&paths.ledger, args.work.wait, context, output)?;
    if is_standard_input(&args.manifest) {
        return Ok((manifest, lock));
    }
    Ok((open_manifest(&args.manifest, &args.reading)?, lock))
}

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
    /// The ledgers that may have sent the list under another name.
    pub others: Option<OtherLedgers>,
}

impl Preparation<'_> {
    /// Opens or begins the ledger, with the manifest imported.
    pub fn import(&self, lock: &mut RunLock) -> Result<Ledger, Failure> {
        let facts = LedgerFacts {
            endpoint: self.endpoint.identity(),
            manifest: self.paths.is_default_ledger.then(|| self.manifest.name()),
        };
        let path = &self.paths.ledger;
        if self.is_fresh_rehearsal() {
            // Only an older rehearsal is thrown away, nothing else that may stand there.
            let any_manifest = LedgerFacts {
                manifest: None,
                ..facts.clone()
            };
            let is_another = Ledger::open(path, &any_manifest)?.is_some();
            let import = |ledger: &mut Ledger| {
                self.fill(ledger)?;
                self.require_sendable(ledger)
            };
            let now = Timestamp::now();
            let ledger = Ledger::begin(path, &facts, now, import, || Ok::<(), Failure>(()))?;
            if is_another {
                let text =
                    "the last rehearsal's ledger and report are replaced: each begins afresh";
                self.output.emit(&Message::info("rehearsal_afresh", text));
            }
            return Ok(ledger);
        }
        if self.args.new_ledger {
            let ledger = self.begin(&facts, || self.set_aside())?;
            lock.record_new_ledger().map_err(LedgerError::from)?;
            return Ok(ledger);
        }
        let Some(mut ledger) = Ledger::open(path, &facts)? else {
            self.may_begin(lock)?;
            return self.begin(&facts, || Ok(()));
        };
        ledger.require_run(lock.last_run())?;
        if !ledger.has_imported(&self.facts()?)? {
            self.fill(&mut ledger)?;
        }
        Ok(ledger)
    }

    /// Refuses rows that can't be sent today before the last rehearsal gives way.
    fn require_sendable(&self, ledger: &mut Ledger) -> Result<(), Failure> {
        let name = self.manifest.name();
        ledger.plan_manifest(&name)?;
        let plan = PlanOptions {
            manifest: &name,
            today: today(),
            username: None,
            limit: None,
            skip_invalid: self.options.skip_invalid,
        };
        ledger
            .summarise_plan(&plan)?
            .map(drop)
            .map_err(|refusals| messages::refused_by_ledger(self.manifest, &refusals))
    }

    fn set_aside(&self) -> Result<(), Failure> {
        let now = Timestamp::now();
        let aside = set_aside(&self.paths.ledger, now).map_err(LedgerError::from)?;
        if let Some(aside) = aside {
            let aside = aside.display();
            let text = format!("the old ledger is now {aside}");
            let message = Message::info("ledger_set_aside", text);
            self.output.emit(&message.with("ledger", aside.to_string()));
        }
        // Its report is no report of the new one, nor an edited one.
        let report = &self.paths.report;
        if has_report_header(report)? == Some(true) {
            let aside = report.with_extension(format!("{}.csv", now.strftime("%Y%m%dT%H%M%SZ")));
            fs_err::rename(report, &aside)?;
            let aside = aside.display();
            let text = format!("the old report is now {aside}");
            let message = Message::info("report_set_aside", text);
            self.output.emit(&message.with("report", aside.to_string()));
        }
        Ok(())
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
            rescued: rescued_beside(&self.paths.ledger),
        };
        if lock.sending_had_begun() {
            return Err(gone("its lock file says that sending had begun".into()).into());
        }
        let report: &Path = &self.paths.report;
        if has_report_header(report).map_err(LedgerError::from)? == Some(true) {
            let because = format!("the report {} exists", report.display());
            return Err(gone(because).into());
        }
        if self.args.require_ledger {
            return Err(LedgerError::Required { path: path() }.into());
        }
        Ok(())
    }

    fn begin(
        &self,
        facts: &LedgerFacts,
        make_room: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<Ledger, Failure> {
        let import = |ledger: &mut Ledger| self.fill(ledger);
        Ledger::begin(
            &self.paths.ledger,
            facts,
            Timestamp::now(),
            import,
            make_room,
        )
    }

    /// Reads the manifest into the ledger, all or nothing.
    fn fill(&self, ledger: &mut Ledger) -> Result<(), Failure> {
        let reading = Reading {
            args: &self.args.reading,
            output: self.output,
            manifest: self.manifest,
            options: self.options,
            accept_changes: self.args.accept_changes,
            others: self.others.as_ref(),
        };
        reading.import(ledger, |_| {}).map(drop)
    }

    fn facts(&self) -> Result<ManifestFacts, ManifestError> {
        facts_of(
            self.manifest,
            import_identity(&self.args.reading, self.options),
        )
    }
}

fn facts_of(manifest: &Manifest, options: String) -> Result<ManifestFacts, ManifestError> {
    Ok(ManifestFacts {
        name: manifest.name(),
        size: manifest.size(),
        modified: manifest.modified(),
        sha256: manifest.sha256(),
        options,
        dialect: manifest.dialect()?,
    })
}

/// Where the ledgers are that may have sent the same list: in the folders of its ledger and of itself,
/// also of what its name links to. A rehearsal has sent nothing, and asks nobody.
pub fn other_ledgers(endpoint: &Endpoint, ledger: &Path, list: &Path) -> Option<OtherLedgers> {
    if *endpoint == Endpoint::Sandbox {
        return None;
    }
    let (own, list_file) = (resolved(ledger), resolved(list));
    let named = (!is_standard_input(list)).then_some([list, &list_file]);
    let paths = named.into_iter().flatten().chain([ledger, &own]);
    let folder = |path: &Path| path.parent().map(Path::to_owned);
    Some(OtherLedgers {
        endpoint: endpoint.identity(),
        folders: paths.filter_map(folder).collect(),
        own: own.clone(),
        ..OtherLedgers::default()
    })
}

/// A manifest about to be read into a ledger.
pub struct Reading<'a> {
    /// What was typed.
    pub args: &'a ReadingArgs,
    /// Where warnings go.
    pub output: &'a Output,
    /// The manifest.
    pub manifest: &'a Manifest,
    /// How it is read.
    pub options: &'a ReadOptions,
    /// Whether changes that could copy somebody twice are accepted.
    pub accept_changes: bool,
    /// The ledgers that may have sent the list under another name, where an endpoint was said.
    pub others: Option<&'a OtherLedgers>,
}

impl Reading<'_> {
    /// Imports the manifest and shows each record to `see`.
    ///
    /// # Errors
    /// Every problem at once: those of its cells, and those of its rows beside each other and
    /// beside what the ledger knows.
    pub fn import(
        &self,
        ledger: &mut Ledger,
        mut see: impl FnMut(&Record),
    ) -> Result<Summary, Failure> {
        let import_options = ImportOptions {
            skip_duplicates: self.args.duplicates == Duplicates::Skip,
            skip_invalid: self.options.skip_invalid,
            accept_changes: self.accept_changes,
            keep_source_signers: self.args.set.keep_source_signers,
            counts_records: self.manifest.format() != Format::Csv,
        };
        let options = ReadOptions {
            read_before: ledger.columns_read_before(&self.manifest.name())?,
            ..self.options.clone()
        };
        let identity = import_identity(self.args, self.options);
        let mut import = ledger.import(facts_of(self.manifest, identity)?, import_options)?;
        let mut summary = self.manifest.read::<Failure>(&options, |record| {
            see(&record);
            Ok(import.add(&record)?)
        })?;
        for warning in &summary.warnings {
            self.output.emit(&messages::warning(warning));
        }
        if let Some(others) = self.others {
            for (path, text) in import.check_other_ledgers(others)? {
                self.output.emit(&messages::other_ledger(&path, &text));
            }
        }
        let columns = ListColumns {
            names: summary.columns.clone(),
            addresses: summary.addresses.clone(),
            is_header_refused: summary.has_header_problems,
        };
        if !summary.problems.is_empty() {
            let refusals = import.refusals(&columns)?;
            return Err(messages::refused_for_all(
                self.manifest,
                &summary.problems,
                &refusals,
            ));
        }
        let finished = import.finish(&columns, Timestamp::now())?;
        let imported =
            finished.map_err(|refusals| messages::refused_by_ledger(self.manifest, &refusals))?;
        self.tell(&imported, import_options.place());
        let rows: BTreeSet<Option<u64>> = imported.invalid.iter().map(|one| one.line).collect();
        summary.invalid += rows.len() as u64;
        for invalid in imported.invalid {
            summary.let_through.add(invalid.line, invalid.text);
        }
        summary.let_through.sort();
        Ok(summary)
    }

    fn tell(&self, imported: &ImportSummary, place: &str) {
        for skipped in imported.skipped.iter().take(SKIPPED) {
            self.output
                .emit(&messages::skipped(self.manifest, skipped, place));
        }
        let more = imported.skipped.len().saturating_sub(SKIPPED);
        if more > 0 {
            let text = format!("... and {more} more records like these");
            self.output.emit(&Message::warn("duplicates", text));
        }
        let (duplicates, vanished) = (imported.duplicates, imported.vanished);
        if duplicates > 0 {
            let records = if duplicates == 1 {
                "record is"
            } else {
                "records are"
            };
            let text = format!(
                "{duplicates} {records} the same row as an earlier one; each row is sent once"
            );
            let message = Message::info("duplicates", text);
            self.output.emit(&message.with("records", duplicates));
        }
        if vanished > 0 {
            let text = if vanished == 1 {
                "1 copied row is no longer in the manifest; it stays in the report".into()
            } else {
                format!(
                    "{vanished} copied rows are no longer in the manifest; they stay in the report"
                )
            };
            let message = Message::info("vanished", text);
            self.output.emit(&message.with("rows", vanished));
        }
        if let Some(found) = &imported.duplicate_content {
            self.output
                .emit(&messages::duplicate_content(self.manifest, found));
        }
    }
}
