//! A report whose ledger is lost, on its way into a new one.

use jiff::Timestamp;
use rusqlite::named_params;

use super::incoming::Incoming;
use super::refusal::{ImportError, require_none};
use super::report::{ReportImport, ReportInput};
use super::reported_row::ReportedRow;
use super::{apply, rules};
use crate::job::{
    AddressKey, Column, CopyRequest, ErrorClass, FieldProblem, HeaderNames, ManifestFacts, Status,
    TakenCells,
};
use crate::ledger::{Ledger, LedgerError, exclusion, manifests};

/// A ledger being rebuilt from a report, as one transaction: dropped, it has done nothing.
pub struct Recovery<'a> {
    report: ReportImport<'a>,
    facts: ManifestFacts,
    looks_up: bool,
    summary: RecoverySummary,
}

/// What a report brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecoverySummary {
    /// Rows that are copied.
    pub copied: u64,
    /// Rows that the report calls uncertain.
    pub uncertain: u64,
    /// Rows that the report calls failed or pending.
    pub to_send: u64,
}

impl Ledger {
    /// Starts to rebuild this ledger, which is new and empty, from a report of the manifest that
    /// `facts` describe. Its failed and pending rows are looked up before they are sent; without
    /// `looks_up`, the report is simply trusted.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn recover(
        &mut self,
        facts: ManifestFacts,
        mut input: ReportInput,
        looks_up: bool,
    ) -> Result<Recovery<'_>, LedgerError> {
        let constants = input.constants.iter();
        let constants = constants.map(|(column, _)| column.to_string());
        manifests::add_missing(&mut input.columns.names, constants);
        let headers = HeaderNames::new(&input.columns.names);
        Ok(Recovery {
            report: ReportImport::begin(&mut self.connection, input, headers)?,
            facts,
            looks_up,
            summary: RecoverySummary::default(),
        })
    }
}

impl Recovery<'_> {
    /// Takes one line of the report.
    ///
    /// # Errors
    /// When SQLite fails. What is wrong with the line itself is kept for [`Recovery::finish`].
    pub fn add(&mut self, line: &ReportedRow) -> Result<(), LedgerError> {
        let (mut own, mut fields) = (line.fields.clone(), line.fields.clone());
        let mut constants = Vec::new();
        let is_held_back = self.is_held_back(line);
        let may_be_sent = matches!(line.status, Status::Failed | Status::Pending) && !is_held_back;
        if may_be_sent {
            constants = self.report.rules.fill(&mut fields);
        }
        // Ids that a ledger generated are not the user's.
        if line.transaction_id.is_generated() {
            own.set(Column::TransactionId, "");
            fields.set(Column::TransactionId, "");
        }
        if !line.row_id.is_generated() {
            fields.set(Column::RowId, line.row_id.as_str());
        }
        let problem = match line.status {
            _ if is_held_back => None,
            Status::Copied => None,
            Status::Uncertain => {
                let problems = CopyRequest::from_fields(&fields).err();
                FieldProblem::joined(&problems.unwrap_or_default())
            }
            Status::Failed | Status::Pending => self.report.rules.problem(&fields),
        };
        if !line.is_repeated {
            if !is_held_back {
                self.count(line.status);
            }
            if !(may_be_sent && self.report.options.skip_invalid) {
                self.report.refuse(line.line, problem.clone());
            }
        }
        let incoming = Incoming {
            number: line.number,
            line: line.line,
            row_id: line.row_id.as_str(),
            is_keyed: true,
            fields: &fields,
            constants: &constants,
            taken: &TakenCells::default(),
            hash: &own.content_hash(fields.text(&Column::SourceSessionId)),
            transaction_id: Some(line.transaction_id.as_str()),
            problem: problem.as_deref(),
            other: &line.other,
            status: line.status.as_str(),
            is_changed: true,
        };
        incoming.add(&self.report.transaction)?;
        if is_held_back {
            self.exclude_again(line)?;
        }
        self.add_history(line)
    }

    /// Whether a row was excluded and stays so, because no other list is given.
    fn is_held_back(&self, line: &ReportedRow) -> bool {
        line.status == Status::Failed
            && line.error_class == Some(ErrorClass::Excluded)
            && self.report.options.exclusion.is_none()
    }

    /// The list is lost with the ledger; whom it had of this row, the row's error says.
    fn exclude_again(&self, line: &ReportedRow) -> rusqlite::Result<()> {
        let words = line.error.split_whitespace();
        let said: Vec<AddressKey> = words.map(AddressKey::of).collect();
        let keys = line.fields.addresses();
        let keys: Vec<AddressKey> = keys.map(|(_, address)| AddressKey::of(address)).collect();
        // Where its error was edited, nobody of the row gets a copy.
        let is_said = keys.iter().any(|key| said.contains(key));
        for key in keys.iter().filter(|key| !is_said || said.contains(key)) {
            exclusion::add(&self.report.transaction, key)?;
        }
        Ok(())
    }

    fn count(&mut self, status: Status) {
        match status {
            Status::Copied => self.summary.copied += 1,
            Status::Uncertain => self.summary.uncertain += 1,
            Status::Failed | Status::Pending => self.summary.to_send += 1,
        }
    }

    /// Takes what the report knows of what became of the row.
    fn add_history(&self, line: &ReportedRow) -> Result<(), LedgerError> {
        let sql = "UPDATE incoming SET new_session_id = :new_session_id,
                error_class = :error_class, error = :error, http_status = :http_status,
                attempts = :attempts, first_sent_at = :first_sent_at, finished_at = :finished_at,
                is_held_back = :is_held_back
             WHERE number = :number";
        let mut statement = self.report.transaction.prepare_cached(sql)?;
        statement.execute(named_params! {
            ":number": line.number,
            ":is_held_back": self.is_held_back(line),
            ":new_session_id": line.new_session_id,
            ":error_class": line.error_class.map(ErrorClass::as_str),
            ":error": line.error,
            ":http_status": line.http_status,
            ":attempts": line.attempts,
            ":first_sent_at": line.first_sent_at.map(Timestamp::as_millisecond),
            ":finished_at": line.finished_at.map(Timestamp::as_millisecond),
        })?;
        Ok(())
    }

    /// Commits, unless something refuses the report.
    ///
    /// # Errors
    /// What refuses it, or when SQLite failed.
    pub fn finish(mut self, now: Timestamp) -> Result<RecoverySummary, ImportError> {
        self.report.find_rows()?;
        let sessions = rules::refused_sessions(&self.report.transaction)?;
        require_none(self.report.apply(sessions)?)?;
        let (transaction, facts) = (self.report.transaction, &self.facts);
        transaction.execute_batch(if self.looks_up { LOOK_UP } else { SEND })?;
        // An import of the manifest itself must notice rows that the report did not have.
        transaction.execute("INSERT INTO facts VALUES ('taken_over', ?1)", [&facts.name])?;
        let manifest = manifests::number_of(&transaction, &facts.name)?;
        apply::records(&transaction, manifest, true)?;
        manifests::record(&transaction, manifest, facts, self.report.columns, now)?;
        transaction.commit()?;
        Ok(self.summary)
    }
}

/// Until it is looked up, a copy may exist: the report may be older than it.
const LOOK_UP: &str = "
    INSERT INTO taken_over (row, error_class, error, http_status)
    SELECT row, error_class, error, http_status FROM incoming
    WHERE number IN (SELECT number FROM to_send);
    UPDATE rows SET status = 'uncertain', error_class = 'unknown',
        error = 'not looked up yet; its report says ' || status || iif(error = '', '', ': ' || error)
    WHERE id IN (SELECT row FROM to_send);";

const SEND: &str = "UPDATE rows SET status = 'pending' WHERE id IN (SELECT row FROM to_send)";
