use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, named_params};

use super::plan::{self, DuplicateContent, apply, lookalikes};
use super::{Ledger, LedgerError, OtherLedgers, dialect};
use crate::job::{Column, Lookalike, ManifestFacts, Record};
use crate::support::crash_point;

/// How an import treats what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Rows that two records stand for are sent once, instead of refusing the manifest.
    pub skip_duplicates: bool,
    /// Rows whose expiry is out of range today become failed, instead of refusing the manifest.
    pub skip_invalid: bool,
    /// Changes that could copy somebody twice are accepted.
    pub accept_changes: bool,
    /// Rows may name no signer, and keep their source's.
    pub keep_source_signers: bool,
    /// Places are the numbers of records, as in JSON, and not lines.
    pub counts_records: bool,
}

impl ImportOptions {
    /// What a place is called.
    pub fn place(&self) -> &'static str {
        match self.counts_records {
            true => "record",
            false => "line",
        }
    }
}

/// The columns of a list once it is read to its end.
#[derive(Debug, Clone, Default)]
pub struct ListColumns {
    /// The columns as a report names them.
    pub names: Vec<String>,
    /// The column that holds e-mail addresses although it is no signer's.
    pub addresses: Option<String>,
    /// The header is refused: what its columns mean is not known.
    pub is_header_refused: bool,
}

/// Something in a manifest or report that forbids to send anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where it stands: a line, or a record's number; none if it concerns no record.
    pub line: Option<u64>,
    /// What is wrong and what to do.
    pub text: String,
    /// What else than a correction lets it pass.
    pub remedy: Remedy,
}

/// How a manifest passes that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Only corrected.
    Correct,
    /// With the change taken back, or with `--accept-changes`.
    RevertChange,
    /// From the whole of the report that its ledger began from, or with `--accept-changes`.
    WholeReport,
    /// In the other ledger that has sent it, or with `--accept-changes`.
    OtherLedger,
}

/// A record that is not sent, although it says something else than the earlier one of its row id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedDuplicate {
    /// Where it stands.
    pub line: u64,
    /// Where the earlier one stands.
    pub first: u64,
    /// The row id that both have.
    pub row_id: String,
}

/// What an import found beside the rows to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportSummary {
    /// Records that were the same row as an earlier one.
    pub duplicates: u64,
    /// Those of them that say something else.
    pub skipped: Vec<SkippedDuplicate>,
    /// Records with values that no row may be sent with; each became a failed row.
    pub invalid: Vec<Refusal>,
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
    elsewhere: Vec<Refusal>,
}

impl Ledger {
    /// Whether the manifest is the very one that was imported last, so that nothing is to do. What is
    /// still to be sent of it is judged anew once another list was imported: that one may have
    /// sent what looks like it.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn has_imported(&self, facts: &ManifestFacts) -> Result<bool, LedgerError> {
        let found = self.connection.query_row(
            "SELECT size = ?2 AND modified_at = ?3 AND sha256 = ?4 AND options = ?5
                AND NOT (
                    EXISTS (SELECT 1 FROM manifests AS other
                            WHERE other.imported_at > manifests.imported_at)
                    AND EXISTS (SELECT 1 FROM records JOIN rows ON rows.id = records.row
                                WHERE records.manifest = manifests.id
                                  AND rows.status = 'pending'))
             FROM manifests WHERE name = ?1",
            (
                &facts.name,
                facts.size,
                facts.modified.as_millisecond(),
                facts.sha256.as_slice(),
                &facts.options,
            ),
            |row| row.get(0),
        );
        Ok(found.optional()?.unwrap_or(false))
    }

    /// Starts to import a manifest.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn import(
        &mut self,
        facts: ManifestFacts,
        options: ImportOptions,
    ) -> Result<ManifestImport<'_>, LedgerError> {
        self.connection.execute_batch(plan::INCOMING)?;
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        Ok(ManifestImport {
            transaction,
            facts,
            options,
            elsewhere: Vec::new(),
        })
    }
}

impl ManifestImport<'_> {
    /// Takes one record. Nothing is decided before [`ManifestImport::finish`].
    ///
    /// # Errors
    /// When SQLite fails, a full disk included.
    pub fn add(&mut self, record: &Record) -> Result<(), LedgerError> {
        crash_point("import-record");
        let generated = record.hash.row_id();
        let row_id = record.row_id.as_ref().unwrap_or(&generated);
        let text = |column: Column| record.fields.text(&column);
        let lookalike = Lookalike::of(&record.fields);
        self.transaction
            .prepare_cached(plan::ADD)?
            .execute(named_params! {
                ":number": record.number,
                ":line": record.line,
                ":row_id": row_id.as_str(),
                ":keyed": record.row_id.is_some(),
                ":fields": record.fields.to_json(),
                ":constants": names_json(&record.constants),
                ":hash": record.hash.as_bytes(),
                ":audience": record.fields.audience().as_str(),
                ":is_signed": record.fields.names_signer(),
                ":lookalike": lookalike.as_ref().map(Lookalike::as_bytes),
                ":transaction_id": text(Column::TransactionId),
                ":expires_on": text(Column::ExpiresOn),
                ":problem": record.problem,
                ":other": serde_json::to_string(&record.other).expect("a map of texts is JSON"),
            })?;
        for flaw in &record.flaws {
            self.transaction.prepare_cached(plan::ADD_FLAW)?.execute((
                record.number,
                &flaw.text,
                flaw.is_constant,
            ))?;
        }
        Ok(())
    }

    /// Asks other ledgers whether they have sent records that are new to this one, unless changes
    /// are accepted. Those refuse the import. Returns what is to be warned of, each with its ledger.
    ///
    /// # Errors
    /// When SQLite fails in this ledger.
    pub fn check_other_ledgers(
        &mut self,
        others: &OtherLedgers,
    ) -> Result<Vec<(PathBuf, String)>, LedgerError> {
        if self.options.accept_changes {
            return Ok(Vec::new());
        }
        plan::resolve(&self.transaction)?;
        let found = others.asked(&self.transaction)?;
        self.elsewhere = found.refusals;
        Ok(found.warnings)
    }

    /// What the records taken so far would do to the ledger that forbids to import them.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn refusals(&self, columns: &ListColumns) -> Result<Vec<Refusal>, LedgerError> {
        Ok(self.judge(columns)?.0)
    }

    /// What refuses the records, and those of them that become failed rows instead.
    fn judge(&self, columns: &ListColumns) -> Result<(Vec<Refusal>, Vec<Refusal>), LedgerError> {
        let manifest = self.manifest_id()?;
        let (mut refusals, invalid) =
            plan::judge(&self.transaction, manifest, self.options, columns)?;
        refusals.splice(..0, self.elsewhere.iter().cloned());
        Ok((refusals, invalid))
    }

    /// Decides over all records together and commits, unless something forbids it.
    ///
    /// # Errors
    /// The inner error: what refuses the manifest; the ledger is as it was before. The outer
    /// one: SQLite failed.
    pub fn finish(
        self,
        columns: &ListColumns,
        now: Timestamp,
    ) -> Result<Result<ImportSummary, Vec<Refusal>>, LedgerError> {
        let (refusals, invalid) = self.judge(columns)?;
        if !refusals.is_empty() {
            return Ok(Err(refusals));
        }
        let manifest = self.manifest_id()?;
        let duplicates = plan::duplicate_count(&self.transaction)?;
        let skipped = plan::skipped(&self.transaction)?;
        let vanished = plan::newly_vanished_count(&self.transaction, manifest)?;
        apply::rows(&self.transaction)?;
        if self.options.skip_duplicates {
            lookalikes::remember_merged(&self.transaction)?;
        }
        apply::records(&self.transaction, manifest)?;
        let imported = ImportSummary {
            duplicates,
            skipped,
            invalid,
            vanished,
            duplicate_content: plan::duplicate_content(&self.transaction, manifest)?,
        };
        self.record_manifest(manifest, &columns.names, now)?;
        crash_point("import-uncommitted");
        self.transaction.commit()?;
        crash_point("import-committed");
        Ok(Ok(imported))
    }

    /// The manifest's number, given at its first import.
    fn manifest_id(&self) -> Result<i64, LedgerError> {
        self.transaction.execute(
            "INSERT INTO manifests (name, size, modified_at, sha256, options, columns, imported_at)
             VALUES (?1, 0, 0, x'', '', '[]', 0) ON CONFLICT (name) DO NOTHING",
            [&self.facts.name],
        )?;
        let id = self.transaction.query_row(
            "SELECT id FROM manifests WHERE name = ?1",
            [&self.facts.name],
            |row| row.get(0),
        )?;
        Ok(id)
    }

    fn record_manifest(
        &self,
        manifest: i64,
        columns: &[String],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let columns = self.with_former_columns(manifest, columns)?;
        self.transaction.execute(
            "UPDATE manifests SET size = ?2, modified_at = ?3, sha256 = ?4, options = ?5,
                columns = ?6, imported_at = ?7 WHERE id = ?1",
            (
                manifest,
                self.facts.size,
                self.facts.modified.as_millisecond(),
                self.facts.sha256.as_slice(),
                &self.facts.options,
                serde_json::to_string(&columns).expect("a list of texts is JSON"),
                now.as_millisecond(),
            ),
        )?;
        dialect::record(&self.transaction, manifest, self.facts.dialect)
    }

    /// Rows that the manifest no longer has stay in the report, and with them their columns.
    fn with_former_columns(
        &self,
        manifest: i64,
        columns: &[String],
    ) -> Result<Vec<String>, LedgerError> {
        let mut columns = columns.to_vec();
        let has_former = self.transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM former WHERE manifest = ?1)",
            [manifest],
            |row| row.get::<_, bool>(0),
        )?;
        if has_former {
            let before: String = self.transaction.query_row(
                "SELECT columns FROM manifests WHERE id = ?1",
                [manifest],
                |row| row.get(0),
            )?;
            let before: Vec<String> = serde_json::from_str(&before).unwrap_or_default();
            columns.extend(
                before
                    .into_iter()
                    .filter(|name| !columns.contains(name))
                    .collect::<Vec<_>>(),
            );
        }
        Ok(columns)
    }
}

pub(super) fn names_json(columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(Column::to_string).collect();
    serde_json::to_string(&names).expect("a list of texts is JSON")
}
