//! A report taken back into its ledger, with what was corrected in it: by `retry`, or by `check` into a copy.

use super::messages;
use crate::cli::{Failure, Output, Paths, today};
use crate::job::{Column, Fields};
use crate::ledger::{
    Correction, CorrectionSummary, ImportOptions, Ledger, ListColumns, ReportInput, rescued_beside,
};
use crate::manifest::{
    AddressColumns, InputFile, manifest_columns, read_report, suspected_misspellings,
};

/// A report whose ledger is not where its name says.
pub fn no_ledger_failure(paths: &Paths) -> Failure {
    if let Some(rescued) = rescued_beside(&paths.ledger) {
        let (path, rescued) = (paths.ledger.display(), rescued.display());
        let text = format!(
            "{path}: there is no ledger here. What its last run knew is in {rescued}: rename that to \
             the ledger's name"
        );
        return Failure::refused(text);
    }
    Failure::refused(format!(
        "{}: there is no ledger here. A report is retried with the ledger it came from; say where that \
         is with --ledger FILE. If it is lost, `retry --without-ledger` begins a new one from the \
         report, and `check --without-ledger` shows what that would do",
        paths.ledger.display()
    ))
}

/// Takes a report back into its ledger, or into a copy of it.
pub fn import_corrections(
    output: &Output,
    ledger: &mut Ledger,
    report: &InputFile,
    constants: Fields,
    options: ImportOptions,
) -> Result<CorrectionSummary, Failure> {
    let mut renamed = suspected_misspellings(report)?;
    let known = ledger.columns()?;
    renamed.retain(|(header, _)| !known.contains(header));
    let columns = list_columns(report)?;
    messages::report_columns(output, report, &known, &columns.names);
    let mut corrections = ledger.import_corrections(ReportInput {
        constants,
        columns,
        options,
        today: today(),
    })?;
    let mut problems = read_report::<Failure>(report, |line| {
        if line.repeats.is_some() {
            return Ok(());
        }
        let correction = Correction {
            line: line.line,
            new_session_id: line.other("new_session_id").to_owned(),
            status: line.other("status").to_owned(),
            row_id: line.row_id,
            cells: line.cells,
        };
        Ok(corrections.add(&correction)?)
    })?;
    for (header, meant) in &renamed {
        problems.add(Some(1), messages::renamed(header, meant));
    }
    messages::warn_and_require_none(output, report, &problems)?;
    corrections
        .finish()
        .map_err(|error| messages::not_imported(report, error))
}

/// The columns of a report's list, and which of them holds addresses where none is a signer's.
pub fn list_columns(report: &InputFile) -> Result<ListColumns, Failure> {
    let names = manifest_columns(report)?;
    let is_signer = |name: &String| matches!(name.parse(), Ok(Column::Signer(..)));
    let mut addresses = AddressColumns::default();
    if !names.iter().any(is_signer) {
        read_report::<Failure>(report, |line| {
            for (header, text) in &line.others {
                if names.contains(header) {
                    addresses.take_other(header, text);
                }
            }
            Ok(())
        })?;
    }
    Ok(ListColumns {
        addresses: addresses.found(),
        names,
        is_header_refused: false,
    })
}
