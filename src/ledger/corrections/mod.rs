mod beside;
mod known;
mod rules;
mod told;

use std::collections::BTreeSet;

use jiff::civil::Date;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior};

use super::import::names_json;
use super::run::create_work;
use super::{ImportOptions, Ledger, LedgerError, ListColumns, Refusal, Remedy};
use crate::job::{
    CellEquivalence, Column, Fields, HeaderNames, Lookalike, RowId, is_report_column,
};
use crate::support::crash_point;
use beside::{add_columns, reached};
use known::{Known, damaged, misread, split_constants, unknown};
use rules::Rules;
use told::spelling;
pub use told::{CorrectedRow, CorrectionSummary, RespelledRows, RowSample};

/// One line of a report, as the user gives it back to `retry`.
#[derive(Debug, Clone)]
pub struct Correction {
    /// Where it stands in the report.
    pub line: u64,
    /// Which row it is.
    pub row_id: RowId,
    /// The known cells that the report has a column for; empty ones were emptied.
    pub cells: Vec<(Column, String)>,
    /// The session that the report calls the row's copy; empty for none.
    pub new_session_id: String,
    /// How the row stands, says the report.
    pub status: String,
}

/// A report on its way back into its ledger, as one transaction: the ledger's statuses, ids and
/// history win, and only content cells are taken. Dropped, it has done nothing.
pub struct Corrections<'a> {
    transaction: Transaction<'a>,
    rules: Rules,
    options: ImportOptions,
    refusals: Vec<Refusal>,
    changed: Vec<CorrectedRow>,
    /// The columns that rows had no cell of before.
    columns: BTreeSet<Column>,
    respelled: RespelledRows,
    sent_otherwise: RowSample,
    not_listed: RowSample,
    copied_since: RowSample,
    other_sessions: RowSample,
}

impl Ledger {
    /// Starts to take a report back. `constants` are the `--set` values, for empty cells; `columns`
    /// are the report's; `today` is for the limits that depend on it.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn import_corrections(
        &mut self,
        constants: Fields,
        columns: ListColumns,
        options: ImportOptions,
        today: Date,
    ) -> Result<Corrections<'_>, LedgerError> {
        let known = self.columns()?;
        let headers = HeaderNames::new(known.iter().chain(&columns.names));
        let rules = Rules {
            constants,
            columns,
            headers,
            keep_source_signers: options.keep_source_signers,
            today,
            constant_flaws: BTreeSet::new(),
        };
        create_work(&self.connection)?;
        self.connection.execute_batch(
            "DROP TABLE IF EXISTS temp.reported;
             CREATE TEMP TABLE reported
                (row INTEGER PRIMARY KEY, is_changed INTEGER NOT NULL, line INTEGER NOT NULL,
                 audience TEXT) STRICT;",
        )?;
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let (refusals, changed) = (Vec::new(), Vec::new());
        Ok(Corrections {
            transaction,
            rules,
            options,
            refusals,
            changed,
            columns: BTreeSet::new(),
            respelled: RespelledRows::default(),
            sent_otherwise: RowSample::default(),
            not_listed: RowSample::default(),
            copied_since: RowSample::default(),
            other_sessions: RowSample::default(),
        })
    }
}

impl Corrections<'_> {
    /// Takes one line of the report.
    ///
    /// # Errors
    /// When SQLite fails or the ledger is damaged. What is wrong with the line itself is kept
    /// for [`Corrections::finish`].
    pub fn add(&mut self, correction: &Correction) -> Result<(), LedgerError> {
        let Some(known) = Known::find(&self.transaction, &correction.row_id)? else {
            let text = unknown(&self.transaction, &correction.row_id)?;
            self.refuse(correction.line, text);
            return Ok(());
        };
        let damaged = damaged(&known, correction);
        if !damaged.is_empty() {
            for text in damaged {
                self.refuse(correction.line, text);
            }
            return Ok(());
        }
        let says_session = &correction.new_session_id;
        if known.status == "copied" && correction.status != "copied" {
            self.copied_since.add(correction);
        } else if !says_session.is_empty()
            && !says_session.eq_ignore_ascii_case(&known.new_session_id)
        {
            self.other_sessions.add(correction);
        }
        let mut fields = corrected(&known, correction);
        let is_open = matches!(known.status.as_str(), "failed" | "pending");
        if is_open && !known.is_wanted {
            self.not_listed.add(correction);
            return Ok(());
        }
        if is_open {
            let misread = misread(&known, correction);
            if !misread.is_empty() {
                for text in misread {
                    self.refuse(correction.line, text);
                }
                return Ok(());
            }
            self.fill(&mut fields);
        }
        let is_changed = fields != known.fields;
        // An address in other letters, or a default spelt out, is taken and is no correction.
        let says_else = is_changed && fields.content_hash(None) != known.fields.content_hash(None);
        let audience = fields.audience();
        let has_moved = is_open && audience.as_str() != known.fields.audience().as_str();
        let moved_to = has_moved.then_some(audience.as_str());
        self.transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO reported (row, is_changed, line, audience)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((known.id, says_else, correction.line, moved_to))?;
        if !is_open {
            if says_else {
                self.sent_otherwise.add(correction);
            }
            return Ok(());
        }
        self.respelled.add(correction, &known.fields);
        if says_else {
            let changed = CorrectedRow::new(correction, &known.fields, &fields);
            self.changed.push(changed);
        }
        self.take(&known, &fields, is_changed, correction)
    }

    /// Commits, with every failed and pending row of the report planned to be sent.
    ///
    /// # Errors
    /// The inner error: what refuses the report; the ledger is as it was. The outer one: SQLite
    /// failed.
    pub fn finish(mut self) -> Result<Result<CorrectionSummary, Vec<Refusal>>, LedgerError> {
        self.refusals.extend(self.rules.of_constants());
        let beside = self.rules.beside(&self.transaction, self.options)?;
        self.refusals.extend(beside);
        if !self.refusals.is_empty() {
            return Ok(Err(self.refusals));
        }
        let planned = self
            .transaction
            .query_row("SELECT count(*) FROM work", [], |row| row.get(0))?;
        add_columns(&self.transaction, &self.columns)?;
        let reached = reached(&self.transaction)?;
        crash_point("corrections-uncommitted");
        self.transaction.commit()?;
        crash_point("corrections-committed");
        Ok(Ok(CorrectionSummary {
            planned,
            changed: self.changed,
            respelled: self.respelled,
            sent_otherwise: self.sent_otherwise,
            not_listed: self.not_listed,
            copied_since: self.copied_since,
            other_sessions: self.other_sessions,
            reached_again: reached,
        }))
    }

    /// The `--set` values for cells that are empty.
    fn fill(&self, fields: &mut Fields) {
        for (column, text) in self.rules.constants.iter() {
            if fields.text(column).is_none() {
                fields.set(column.clone(), text);
            }
        }
    }

    fn take(
        &mut self,
        known: &Known,
        fields: &Fields,
        is_changed: bool,
        correction: &Correction,
    ) -> Result<(), LedgerError> {
        let problem = self.rules.problem(fields);
        if let (Some(text), false) = (&problem, self.options.skip_invalid) {
            self.refuse(correction.line, text.clone());
            return Ok(());
        }
        if is_changed {
            self.store(known, fields, correction)?;
        }
        self.plan(known.id, problem.as_deref())
    }

    fn store(
        &mut self,
        known: &Known,
        fields: &Fields,
        correction: &Correction,
    ) -> Result<(), LedgerError> {
        let new = fields.iter().map(|(column, _)| column);
        let new = new.filter(|column| known.fields.text(column).is_none());
        let is_shown = |column: &&Column| !is_report_column(&column.to_string());
        self.columns.extend(new.filter(is_shown).cloned());
        let (constants, own) = split_constants(known, fields, &self.rules.constants);
        let hash = own.content_hash(fields.text(&Column::SourceSessionId));
        let same: Option<String> = self
            .transaction
            .prepare_cached(
                "SELECT rows.row_id FROM contents JOIN rows ON rows.id = contents.row
                 WHERE contents.hash = ?1 AND contents.row <> ?2 LIMIT 1",
            )?
            .query_row((hash.as_bytes(), known.id), |row| row.get(0))
            .optional()?;
        if let Some(same) = same {
            let text =
                format!("corrected, this row says the same as row '{same}'; leave one of them out");
            self.refuse(correction.line, text);
            return Ok(());
        }
        self.transaction
            .prepare_cached(
                "UPDATE rows SET fields = ?2, constants = ?3, hash = ?4, audience = ?5,
                    expires_on = ?6,
                    transaction_id = coalesce(?7,
                        iif(json_extract(fields, '$.transaction_id') IS NULL, transaction_id,
                            generated_transaction_id(row_id))),
                    lookalike = ?8
                 WHERE id = ?1",
            )?
            .execute((
                known.id,
                fields.to_json(),
                names_json(&constants),
                hash.as_bytes(),
                fields.audience().as_str(),
                fields.text(&Column::ExpiresOn),
                fields.text(&Column::TransactionId),
                Lookalike::of(fields).as_ref().map(Lookalike::as_bytes),
            ))?;
        self.transaction
            .prepare_cached("INSERT OR IGNORE INTO contents (hash, row) VALUES (?1, ?2)")?
            .execute((hash.as_bytes(), known.id))?;
        Ok(())
    }

    /// Puts the row among those to be sent, or fails it as invalid.
    fn plan(&self, row: i64, problem: Option<&str>) -> Result<(), LedgerError> {
        if let Some(problem) = problem {
            let sql = "UPDATE rows SET status = 'failed', error_class = 'invalid', error = ?2
                       WHERE id = ?1";
            self.transaction
                .prepare_cached(sql)?
                .execute((row, problem))?;
            return Ok(());
        }
        let sql = "UPDATE rows SET status = 'pending' WHERE id = ?1";
        self.transaction.prepare_cached(sql)?.execute([row])?;
        let sql = "INSERT OR IGNORE INTO work (row) VALUES (?1)";
        self.transaction.prepare_cached(sql)?.execute([row])?;
        Ok(())
    }

    fn refuse(&mut self, line: u64, text: String) {
        self.refusals.push(Refusal {
            line: Some(line),
            text,
            remedy: Remedy::Correct,
        });
    }
}

/// The row's cells with what the report says instead. A column that the report lacks says nothing;
/// the generated transaction id, given back unchanged, is not the user's. What a spreadsheet only
/// spells differently is nobody's correction.
fn corrected(known: &Known, correction: &Correction) -> Fields {
    let mut fields = known.fields.clone();
    for (column, text) in &correction.cells {
        let is_own = *column == Column::TransactionId && known.is_own(text);
        let is_other = spelling(&known.fields, column, text) == CellEquivalence::Different;
        if *column != Column::RowId && !is_own && is_other {
            fields.set(column.clone(), text);
        }
    }
    fields
}

impl Ledger {
    /// The columns of every manifest.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn columns(&self) -> Result<BTreeSet<String>, LedgerError> {
        let mut statement = self.connection.prepare("SELECT columns FROM manifests")?;
        let mut rows = statement.query([])?;
        let mut columns = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let names: Vec<String> =
                serde_json::from_str(&row.get::<_, String>(0)?).unwrap_or_default();
            columns.extend(names);
        }
        Ok(columns)
    }

    /// The manifest whose records hold most rows of the report that was taken back, or the latest
    /// imported: the one whose report a `retry` renews.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn manifest_of_report(&self) -> Result<Option<String>, LedgerError> {
        let name = self.connection.query_row(
            "SELECT name FROM manifests ORDER BY
                (SELECT count(*) FROM reported JOIN records ON records.row = reported.row
                 WHERE records.manifest = manifests.id) DESC, imported_at DESC LIMIT 1",
            [],
            |row| row.get(0),
        );
        Ok(name.optional()?)
    }
}
