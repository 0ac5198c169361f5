//! A manifest read into a ledger: of its own, or one to throw away.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;

use super::messages;
use crate::cli::paths::resolve_links;
use crate::cli::progress::StepProgress;
use crate::cli::settings::{ReadingSettings, is_standard_input};
use crate::cli::{Endpoint, Failure, Message, Output};
use crate::job::Record;
use crate::ledger::{ImportOptions, ImportSummary, Ledger, ListColumns, OtherLedgers, View};
use crate::manifest::{InputFile, ReadOptions, ReadSummary};
use crate::support::{counted, singular_or};

/// So many records that are not sent are reported one by one.
const MAX_LISTED: usize = 100;

/// Where the ledgers are that may have sent the same list: in the folders of its ledger and of itself,
/// also of what its name links to. A rehearsal has sent nothing, and asks nobody.
pub fn other_ledgers(endpoint: &Endpoint, ledger: &Path, list: &Path) -> Option<OtherLedgers> {
    if *endpoint == Endpoint::Sandbox {
        return None;
    }
    let (own, list_file) = (resolve_links(ledger), resolve_links(list));
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

/// Refuses a manifest with problems of its own, while another run works on its ledger.
///
/// # Errors
/// Every problem of its cells at once.
pub fn require_readable(
    manifest: &InputFile,
    reading: &ReadingSettings,
    ledger: &Path,
) -> Result<(), Failure> {
    // A ledger that can't be read is refused once it is free.
    let view = View::open(ledger).ok();
    let Some(Ok(read_before)) = view.map(|view| view.columns_read_before(&manifest.name())) else {
        return Ok(());
    };
    let options = ReadOptions {
        read_before,
        ..reading.options.clone()
    };
    let summary = manifest.read::<Failure>(&options, |_| Ok(()))?;
    messages::require_none(manifest, &summary.problems)
}

/// A manifest about to be read into a ledger.
pub struct ManifestImport<'a> {
    /// Where warnings go.
    pub output: &'a Output,
    /// The manifest.
    pub manifest: &'a InputFile,
    /// How it is read.
    pub reading: &'a ReadingSettings,
    /// The ledgers that may have sent the list under another name, where an endpoint was said.
    pub others: Option<&'a OtherLedgers>,
}

impl ManifestImport<'_> {
    /// Imports the manifest and shows each record to `see`.
    ///
    /// # Errors
    /// Every problem at once: those of its cells, and those of its rows compared with
    /// each other and with what the ledger has.
    pub fn import(
        &self,
        ledger: &mut Ledger,
        mut see: impl FnMut(&Record),
    ) -> Result<ReadSummary, Failure> {
        let import_options = ImportOptions {
            place: Some(self.manifest.line_word()),
            ..self.reading.import.clone()
        };
        let options = ReadOptions {
            read_before: ledger.columns_read_before(&self.manifest.name())?,
            ..self.reading.options.clone()
        };
        let facts = self.manifest.facts(self.reading.identity())?;
        let place = import_options.place();
        let mut import = ledger.import(facts, import_options)?;
        let progress = StepProgress::new(self.output, format!("reading {}", self.manifest.name()));
        let mut summary = self.manifest.read::<Failure>(&options, |record| {
            progress.add_row();
            see(&record);
            Ok(import.add(&record)?)
        })?;
        for warning in &summary.warnings {
            self.output.emit(&messages::warning(warning));
        }
        let columns = ListColumns {
            mapped_from: summary.mapped_from.clone(),
            names: summary.columns.clone(),
            addresses: summary.addresses.clone(),
            is_header_refused: summary.has_header_problems,
        };
        progress.go_on(&format!("comparing {}", counted(summary.records, "row")));
        let judged = import.judge(columns, self.others)?;
        for (path, text) in &judged.warnings {
            self.output.emit(&messages::other_ledger(path, text));
        }
        if !summary.problems.is_empty() {
            let (problems, refusals) = (&summary.problems, judged.refusals());
            return Err(messages::refused_for_all(self.manifest, problems, refusals));
        }
        progress.go_on(&format!("importing {}", counted(summary.records, "row")));
        let imported = judged.finish(Timestamp::now());
        drop(progress);
        let imported = imported.map_err(|error| messages::not_imported(self.manifest, error))?;
        self.report(&imported, place);
        let rows: BTreeSet<Option<u64>> = imported.invalid.iter().map(|one| one.line).collect();
        summary.invalid += rows.len() as u64;
        for invalid in imported.invalid {
            summary.let_through.add(invalid.line, invalid.text);
        }
        Ok(summary)
    }

    fn report(&self, imported: &ImportSummary, place: &str) {
        for skipped in imported.skipped.iter().take(MAX_LISTED) {
            self.output
                .emit(&messages::skipped(self.manifest, skipped, place));
        }
        let more = imported.skipped.len().saturating_sub(MAX_LISTED);
        if more > 0 {
            let text = format!("... and {more} more records like these");
            self.output.emit(&Message::warn("duplicates", text));
        }
        let (duplicates, vanished) = (imported.duplicates, imported.vanished);
        if duplicates > 0 {
            let (records, verb) = (
                counted(duplicates, "record"),
                singular_or(duplicates, "repeats", "repeat"),
            );
            let text = format!("{records} {verb} an earlier row; each row is sent once");
            let message = Message::info("duplicates", text);
            self.output.emit(&message.with("records", duplicates));
        }
        if imported.readmitted > 0 {
            let rows = counted(imported.readmitted, "row");
            let text = format!(
                "warning: {rows} that an earlier --exclude list left out can be sent now: the present list does \
                 not have their addresses"
            );
            let message = Message::warn("readmitted", text);
            self.output.emit(&message.with("rows", imported.readmitted));
        }
        if vanished > 0 {
            let [verb, they] = match vanished {
                1 => ["is", "it stays"],
                _ => ["are", "they stay"],
            };
            let rows = counted(vanished, "copied row");
            let text = format!("{rows} {verb} no longer in the manifest; {they} in the report");
            self.output
                .emit(&Message::info("vanished", text).with("rows", vanished));
        }
        if let Some(found) = &imported.duplicate_content {
            self.output
                .emit(&messages::duplicate_content(self.manifest, found));
        }
    }
}
