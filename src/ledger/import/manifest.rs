//! A list on its way into a ledger.

use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{Transaction, TransactionBehavior};

use super::apply;
use super::duplicate_content::{DuplicateContent, duplicate_content};
use super::incoming::{self, Incoming};
use super::list_columns::ListColumns;
use super::options::ImportOptions;
use super::refusal::{ImportError, Refusal, require_none};
use super::rules::{self, RuleResults, SkippedDuplicate};
use crate::job::{Column, ManifestFacts, Record};
use crate::ledger::{Ledger, LedgerError, OtherLedgers, exclusion, manifests};
use crate::support::crash_point;

/// What an import found besides the rows to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportSummary {
    /// Records that were the same row as an earlier one.
    pub duplicates: u64,
    /// Those of them that say something else.
    pub skipped: Vec<SkippedDuplicate>,
    /// Records with values that no row may be sent with; each became a failed row.
    pub invalid: Vec<Refusal>,
    /// Rows that an earlier list had excluded, and the present one does not.
    pub readmitted: u64,
    /// Copied rows that this import found gone from the manifest.
    pub vanished: u64,
    /// Rows about to be sent that another row says too.
    pub duplicate_content: Option<DuplicateContent>,
}

/// The import of one manifest, as one transaction: dropped, it has done nothing.
pub struct ManifestImport<'a> {
    transaction: Transaction<'a>,
    facts: ManifestFacts,
    options: ImportOptions,
}

/// An import whose records are all taken and judged.
pub struct JudgedImport<'a> {
    import: ManifestImport<'a>,
    manifest: i64,
    columns: ListColumns,
    readmitted: u64,
    results: RuleResults,
    /// What is to be warned of in other ledgers, each with its path.
    pub warnings: Vec<(PathBuf, String)>,
}

impl Ledger {
    /// Starts to import a manifest.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn import(
        &mut self,
        facts: ManifestFacts,
        options: ImportOptions,
    ) -> Result<ManifestImport<'_>, LedgerError> {
        incoming::create(&self.connection)?;
        let behavior = TransactionBehavior::Immediate;
        Ok(ManifestImport {
            transaction: self.connection.transaction_with_behavior(behavior)?,
            facts,
            options,
        })
    }
}

impl<'a> ManifestImport<'a> {
    /// Takes one record. Nothing is decided before [`ManifestImport::judge`].
    ///
    /// # Errors
    /// When SQLite fails, a full disk included.
    pub fn add(&mut self, record: &Record) -> Result<(), LedgerError> {
        crash_point("import-record");
        let generated = record.hash.row_id();
        let incoming = Incoming {
            number: record.number,
            line: record.line,
            row_id: record.row_id.as_ref().unwrap_or(&generated).as_str(),
            is_keyed: record.row_id.is_some(),
            fields: &record.fields,
            constants: &record.constants,
            taken: &record.taken,
            hash: &record.hash,
            transaction_id: record.fields.text(&Column::TransactionId),
            problem: record.problem.as_deref(),
            other: &serde_json::to_string(&record.other).expect("a map of texts is JSON"),
            status: "pending",
            is_changed: false,
        };
        incoming.add(&self.transaction)?;
        Ok(rules::add_flaws(&self.transaction, record)?)
    }

    /// Judges all records together. Unless changes are accepted, `others` are asked whether they have
    /// sent records that are new to this ledger.
    ///
    /// # Errors
    /// When SQLite fails in this ledger.
    pub fn judge(
        self,
        columns: ListColumns,
        others: Option<&OtherLedgers>,
    ) -> Result<JudgedImport<'a>, LedgerError> {
        incoming::find_rows(&self.transaction)?;
        let readmitted = self.reopen()?;
        let others = others.filter(|_| !self.options.accept_changes);
        let elsewhere = others.map(|others| others.search(&self.transaction));
        let elsewhere = elsewhere.transpose()?.unwrap_or_default();
        let manifest = manifests::number_of(&self.transaction, &self.facts.name)?;
        let mut results = rules::of_list(&self.transaction, manifest, &self.options, &columns)?;
        results.refusals.splice(..0, elsewhere.refusals);
        Ok(JudgedImport {
            import: self,
            manifest,
            columns,
            readmitted,
            results,
            warnings: elsewhere.warnings,
        })
    }
}

impl ManifestImport<'_> {
    /// Plans those rows anew that earlier flags held back and those of this run may let through.
    fn reopen(&self) -> Result<u64, LedgerError> {
        let mut readmitted = 0;
        if let Some(list) = &self.options.exclusion {
            exclusion::replace(&self.transaction, list)?;
            readmitted = exclusion::reopen(&self.transaction)?;
        }
        if self.options.max_per_address.is_some() {
            // They keep their mark: the plan judges them before anything else can send them.
            let sql = "UPDATE rows SET status = 'pending' WHERE is_over_limit AND status = 'failed'
                       AND id IN (SELECT row FROM incoming)";
            self.transaction.execute(sql, [])?;
        }
        Ok(readmitted)
    }
}

impl JudgedImport<'_> {
    /// What the records would do to the ledger that forbids to import them.
    pub fn refusals(&self) -> &[Refusal] {
        &self.results.refusals
    }

    /// Commits, unless something forbids it.
    ///
    /// # Errors
    /// What refuses the manifest, or when SQLite failed; the ledger is as it was before.
    pub fn finish(self, now: Timestamp) -> Result<ImportSummary, ImportError> {
        require_none(self.results.refusals)?;
        let (manifest, import) = (self.manifest, self.import);
        let transaction = import.transaction;
        let mut summary = ImportSummary {
            duplicates: rules::duplicate_count(&transaction)?,
            skipped: rules::skipped(&transaction)?,
            invalid: self.results.invalid,
            readmitted: self.readmitted,
            vanished: manifests::newly_vanished(&transaction, manifest)?,
            duplicate_content: None,
        };
        apply::contents(&transaction)?;
        apply::statuses_of_list(&transaction)?;
        if import.options.skip_duplicates {
            rules::remember_merged(&transaction)?;
        }
        apply::records(&transaction, manifest, false)?;
        summary.duplicate_content = duplicate_content(&transaction, manifest)?;
        manifests::record(&transaction, manifest, &import.facts, self.columns, now)?;
        crash_point("import-uncommitted");
        transaction.commit()?;
        crash_point("import-committed");
        Ok(summary)
    }
}
