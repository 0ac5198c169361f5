//! The steps that corrections and a recovery share: a report on its way into a ledger.

use jiff::civil::Date;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::list_columns::ListColumns;
use super::options::ImportOptions;
use super::refusal::Refusal;
use super::rules::{self, ConstantProblems, RowRules};
use super::{apply, incoming, to_send};
use crate::job::{Fields, HeaderNames};
use crate::ledger::{LedgerError, exclusion};

/// What is known of a report before its first line is read.
#[derive(Debug, Clone)]
pub struct ReportInput {
    /// `--set` values, for empty cells of the rows that may be sent.
    pub constants: Fields,
    /// The report's columns.
    pub columns: ListColumns,
    /// How its rows are treated.
    pub options: ImportOptions,
    /// For limits that depend on it.
    pub today: Date,
}

/// A report being imported, as one transaction.
pub(super) struct ReportImport<'a> {
    pub(super) transaction: Transaction<'a>,
    pub(super) rules: RowRules,
    pub(super) columns: ListColumns,
    pub(super) options: ImportOptions,
    refusals: Vec<Refusal>,
}

impl<'a> ReportImport<'a> {
    /// Begins it. `headers` are those that a placeholder may stand around.
    pub(super) fn begin(
        connection: &'a mut Connection,
        input: ReportInput,
        headers: HeaderNames,
    ) -> Result<Self, LedgerError> {
        let (columns, options) = (input.columns, input.options);
        incoming::create(connection)?;
        let behavior = TransactionBehavior::Immediate;
        Ok(Self {
            transaction: connection.transaction_with_behavior(behavior)?,
            rules: RowRules {
                constants: input.constants,
                headers,
                needs_signer: columns.name_signers() && !options.keep_source_signers,
                today: input.today,
                constant_problems: ConstantProblems::default(),
            },
            columns,
            options,
            refusals: Vec::new(),
        })
    }

    /// Keeps what is wrong with a line for the end.
    pub(super) fn refuse(&mut self, line: u64, texts: impl IntoIterator<Item = String>) {
        let refusal = |text| Refusal::new(line, text);
        self.refusals.extend(texts.into_iter().map(refusal));
    }

    /// Finds the rows of all lines, and what refuses those that say the same.
    pub(super) fn find_rows(&mut self) -> rusqlite::Result<()> {
        incoming::find_rows(&self.transaction)?;
        if let Some(list) = &self.options.exclusion {
            exclusion::replace(&self.transaction, list)?;
        }
        to_send::find_in_report(&self.transaction)?;
        self.refusals
            .extend(rules::same_content(&self.transaction)?);
        Ok(())
    }

    /// Writes the rows' contents, and judges those that are about to be sent. Returns everything that
    /// refuses the report, which undoes it all; `more` was found in the meantime.
    pub(super) fn apply(&mut self, more: Vec<Refusal>) -> rusqlite::Result<Vec<Refusal>> {
        let mut refusals = std::mem::take(&mut self.refusals);
        refusals.extend(self.rules.constant_problems.refusals());
        refusals.extend(more);
        apply::contents(&self.transaction)?;
        to_send::find_new_rows(&self.transaction)?;
        let conflicts =
            rules::of_report(&self.transaction, &self.options, &self.columns, &refusals)?;
        refusals.extend(conflicts);
        Ok(refusals)
    }
}
