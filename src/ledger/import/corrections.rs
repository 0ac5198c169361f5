//! A report on its way back into its ledger.

use std::collections::BTreeSet;

use super::correction::{Correction, LedgerRow, unknown_row};
use super::correction_summary::{CorrectedRow, CorrectionSummary};
use super::incoming::Incoming;
use super::own_cells::{MappedRow, Refill, Refilled};
use super::refusal::{ImportError, require_none};
use super::report::{ReportImport, ReportInput};
use super::{apply, rules};
use crate::job::{Column, Fields, HeaderNames, is_report_column};
use crate::ledger::named_row::{list_meant, name_of};
use crate::ledger::plan::create_work;
use crate::ledger::sql_types::Statements;
use crate::ledger::{Ledger, LedgerError, manifests};
use crate::support::crash_point;

/// The corrections of a report, as one transaction: the ledger's statuses, ids and history win, and
/// only content cells are taken. Dropped, it has done nothing.
pub struct Corrections<'a> {
    /// The mapping of the list, if there is one.
    refill: Option<Box<Refill<'a>>>,
    report: ReportImport<'a>,
    /// The only list of the ledger, if there is but one: its rows are called by their numbers alone.
    list: Option<i64>,
    /// The columns that rows had no cell of before.
    columns: BTreeSet<Column>,
    summary: CorrectionSummary,
}

impl Ledger {
    /// Starts to take a report back. `refill` is the list's mapping, for corrections in its own columns.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn import_corrections<'a>(
        &'a mut self,
        input: ReportInput,
        refill: Option<Box<Refill<'a>>>,
    ) -> Result<Corrections<'a>, LedgerError> {
        let known = self.columns()?;
        let headers = HeaderNames::new(known.iter().chain(&input.columns.names));
        create_work(&self.connection)?;
        self.connection
            .execute_batch("DROP TABLE IF EXISTS temp.reported")?;
        let list = list_meant(&self.connection, None)?;
        Ok(Corrections {
            refill,
            list,
            report: ReportImport::begin(&mut self.connection, input, headers)?,
            columns: BTreeSet::new(),
            summary: CorrectionSummary::default(),
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
        let Correction { line, row_id, .. } = correction;
        let Some(row) = LedgerRow::find(&self.report.transaction, row_id)? else {
            let text = unknown_row(&self.report.transaction, row_id)?;
            self.report.refuse(*line, Some(text));
            return Ok(());
        };
        let damaged = row.damaged(correction);
        if !damaged.is_empty() {
            self.report.refuse(*line, damaged);
            return Ok(());
        }
        let session = &correction.new_session_id;
        let name = || name_of(&self.report.transaction, row.key, self.list);
        if row.status == "copied" && correction.status != "copied" {
            self.summary.copied_since.add(*line, name)?;
        } else if !session.is_empty() && !session.eq_ignore_ascii_case(&row.new_session_id) {
            self.summary.other_sessions.add(*line, name)?;
        }
        let mapped = MappedRow::find(&self.report.transaction, row.key)?;
        if !row.is_open() {
            let own = mapped.as_ref().map(|mapped| mapped.corrected(correction));
            return self.add_sent(&row, correction, own.is_some_and(|own| !own.is_empty()));
        }
        if !row.is_listed {
            let name = || name_of(&self.report.transaction, row.key, self.list);
            self.summary.not_listed.add(*line, name)?;
            return Ok(());
        }
        let misread = row.misread(correction);
        if !misread.is_empty() {
            self.report.refuse(*line, misread);
            return Ok(());
        }
        let mapped = mapped.unwrap_or_default();
        match mapped.refill(&row, correction, self.refill.as_deref()) {
            Ok(refilled) => self.add_open(&row, &refilled.apply(correction), &refilled),
            Err(problems) => {
                self.report.refuse(*line, problems);
                Ok(())
            }
        }
    }

    /// Takes the line of a row that was sent, or may have been: it stays as it is.
    fn add_sent(
        &mut self,
        row: &LedgerRow,
        correction: &Correction,
        is_own_corrected: bool,
    ) -> Result<(), LedgerError> {
        let (says, has) = (row.corrected(correction), &row.fields);
        let is_changed = is_own_corrected || says.content_hash(None) != has.content_hash(None);
        if is_changed {
            let name = || name_of(&self.report.transaction, row.key, self.list);
            let sent_otherwise = &mut self.summary.sent_otherwise;
            sent_otherwise.add(correction.line, name)?;
        }
        self.add_row(row, correction, has, None, is_changed, &Refilled::default())
    }

    /// Takes the line of a failed or pending row.
    fn add_open(
        &mut self,
        row: &LedgerRow,
        correction: &Correction,
        refilled: &Refilled,
    ) -> Result<(), LedgerError> {
        let (mut fields, has) = (row.corrected(correction), &row.fields);
        self.report.rules.fill(&mut fields);
        let name = || name_of(&self.report.transaction, row.key, self.list);
        self.summary.respelled.add(correction, has, name)?;
        // An address in another case, or a default written out, is accepted and does not count as a correction.
        if fields.content_hash(None) != has.content_hash(None) {
            let changed = CorrectedRow::new(correction, name()?, has, &fields);
            self.summary.changed.push(changed);
        }
        let problem = self.report.rules.problem(&fields);
        if !self.report.options.skip_invalid {
            self.report.refuse(correction.line, problem.clone());
        }
        let new = fields.iter().map(|(column, _)| column);
        let new = new.filter(|column| has.text(column).is_none());
        let is_shown = |column: &&Column| !is_report_column(&column.to_string());
        self.columns.extend(new.filter(is_shown).cloned());
        let is_changed = fields != *has;
        refilled.record(&self.report.transaction, row.key)?;
        self.add_row(row, correction, &fields, problem, is_changed, refilled)
    }

    fn add_row(
        &self,
        row: &LedgerRow,
        correction: &Correction,
        fields: &Fields,
        problem: Option<String>,
        is_changed: bool,
        refilled: &Refilled,
    ) -> Result<(), LedgerError> {
        let (constants, mut taken) = row.not_own(fields, &self.report.rules.constants);
        refilled.note_taken(fields, &mut taken);
        let own = taken.own_content(fields, &constants);
        let incoming = Incoming {
            number: correction.line,
            line: correction.line,
            row_id: correction.row_id.as_str(),
            is_keyed: true,
            fields,
            constants: &constants,
            taken: &taken,
            hash: &own.content_hash(fields.text(&Column::SourceSessionId)),
            transaction_id: fields.text(&Column::TransactionId),
            problem: problem.as_deref(),
            other: "{}",
            status: &row.status,
            is_changed,
        };
        Ok(incoming.add(&self.report.transaction)?)
    }

    /// Commits, with every failed and pending row of the report planned to be sent.
    ///
    /// # Errors
    /// What refuses the report, or when SQLite failed; the ledger is as it was.
    pub fn finish(mut self) -> Result<CorrectionSummary, ImportError> {
        self.report.find_rows()?;
        let transaction = &self.report.transaction;
        self.summary.reached_again = rules::reached_again(transaction, self.list)?;
        require_none(self.report.apply(Vec::new())?)?;
        let transaction = self.report.transaction;
        apply::statuses_of_report(&transaction)?;
        transaction.execute_batch(CREATE_REPORTED)?;
        transaction.execute_batch(
            "INSERT INTO reported SELECT row, line, is_changed FROM incoming;
             DROP TABLE temp.incoming",
        )?;
        manifests::add_columns(&transaction, &self.columns)?;
        self.summary.planned = transaction.value("SELECT count(*) FROM work", [])?;
        crash_point("corrections-uncommitted");
        transaction.commit()?;
        crash_point("corrections-committed");
        Ok(self.summary)
    }
}

/// The rows of a report, for its run; empty if there is none.
pub(in crate::ledger) const CREATE_REPORTED: &str = "
    CREATE TEMP TABLE IF NOT EXISTS reported
        (row INTEGER PRIMARY KEY, line INTEGER NOT NULL, is_changed INTEGER NOT NULL) STRICT;";
