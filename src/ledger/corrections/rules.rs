//! What rows of a report that are about to be sent must be.

use std::collections::{BTreeSet, HashSet};

use jiff::civil::Date;
use rusqlite::Connection;

use crate::job::{Column, CopyRequest, Fields, HeaderNames, text_problems};
use crate::ledger::plan::{lookalikes, sending, signers};
use crate::ledger::{ImportOptions, LedgerError, ListColumns, Refusal, Remedy};

/// What a report's rows are judged by.
pub(super) struct Rules {
    /// The `--set` values.
    pub(super) constants: Fields,
    /// The report's columns.
    pub(super) columns: ListColumns,
    /// The headers of report and lists, which a placeholder may stand around.
    pub(super) headers: HeaderNames,
    /// Whether rows may name no signer.
    pub(super) keep_source_signers: bool,
    /// For limits that depend on it.
    pub(super) today: Date,
    /// What is wrong with constants that rows are sent with.
    pub(super) constant_flaws: BTreeSet<String>,
}

impl Rules {
    /// Why a row's cells can't be sent, in words. What is wrong with a constant is kept for the end.
    pub(super) fn problem(&mut self, fields: &Fields) -> Option<String> {
        let mut texts: Vec<String> = CopyRequest::problem(fields, Some(self.today))
            .into_iter()
            .collect();
        let is_constant = |column: &Column| {
            let set = self.constants.text(column);
            set.is_some() && set == fields.text(column)
        };
        for problem in text_problems(fields, &self.headers) {
            let (column, text) = (problem.column, problem.text);
            match is_constant(&column) {
                true => drop(
                    self.constant_flaws
                        .insert(format!("--set {column}: {text}")),
                ),
                false => texts.push(format!("column {column}: {text}")),
            }
        }
        if !self.keep_source_signers
            && signers::has_signers(&self.columns)
            && !fields.names_signer()
        {
            texts.push(signers::EMPTY.into());
        }
        (!texts.is_empty()).then(|| texts.join("; "))
    }

    /// What is wrong with the constants.
    pub(super) fn of_constants(&self) -> impl Iterator<Item = Refusal> {
        self.constant_flaws.iter().map(|text| Refusal {
            line: None,
            text: text.clone(),
            remedy: Remedy::Correct,
        })
    }

    /// What refuses rows beside the others.
    pub(super) fn beside(
        &self,
        connection: &Connection,
        options: ImportOptions,
    ) -> Result<Vec<Refusal>, LedgerError> {
        const PLACE: &str = "line";
        let keeps = self.keep_source_signers;
        let mut refusals = Vec::new();
        sending::find_corrected(connection)?;
        if !keeps && !signers::has_signers(&self.columns) {
            signers::find_in_report(connection)?;
            refusals.extend(signers::missing(connection, &self.columns, PLACE)?);
        }
        let advice = lookalikes::IN_REPORT;
        refusals.extend(lookalikes::among_sending(connection, PLACE, advice, keeps)?);
        if !options.accept_changes {
            refusals.extend(lookalikes::of_sent(connection, &HashSet::new())?);
        }
        Ok(refusals)
    }
}
