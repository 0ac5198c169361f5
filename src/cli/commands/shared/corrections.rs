//! A report taken back into its ledger, with what was corrected in it: by `retry`, or by `check` into a copy.

use super::messages;
use crate::cli::settings::{CorrectionSettings, has_mapping, refused_for};
use crate::cli::{Failure, Output, Paths, today};
use crate::job::{Column, is_report_column};
use crate::ledger::{
    Correction, CorrectionSummary, ImportOptions, Ledger, ListColumns, OwnCells, Refill,
    ReportInput, rescued_beside,
};
use crate::manifest::{
    AddressColumns, InputFile, ListMapping, Mapping, list_header, manifest_columns, read_report,
    suspected_misspellings,
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
    settings: CorrectionSettings,
    options: ImportOptions,
) -> Result<CorrectionSummary, Failure> {
    let mut renamed = suspected_misspellings(report)?;
    let known = ledger.columns()?;
    renamed.retain(|(header, _)| !known.contains(header));
    let columns = list_columns(report)?;
    messages::report_columns(output, report, &known, &columns.names);
    let own_columns = columns.names.clone();
    let input = ReportInput {
        constants: settings.constants,
        columns,
        options,
        today: today(),
    };
    let mapping = settings.mapping.as_ref();
    // A header that can't be read is a problem of its own, which its lines say.
    let mapping = mapping.filter(|_| !own_columns.is_empty());
    if let Some(mapping) = mapping {
        require_imported(ledger, mapping)?;
    }
    let refill = mapping.map(|mapping| refill(mapping, own_columns));
    let mut corrections = ledger.import_corrections(input, refill.transpose()?)?;
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
            own: own_cells(line.others),
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

/// A mapping that changed says something else of every row, not only of the corrected ones.
fn require_imported(ledger: &Ledger, mapping: &Mapping) -> Result<(), Failure> {
    let lists = ledger.mapped_lists()?;
    let has_it = |(_, flags): &(String, String)| has_mapping(flags, mapping);
    let Some((list, _)) = lists.first().filter(|_| !lists.iter().any(has_it)) else {
        return Ok(());
    };
    let path = mapping.path().display();
    Err(Failure::refused(format!(
        "{path}: this mapping changed since {list} was read with it. `run {list} --mapping {path}` fills the \
         failed and pending rows anew and sends them; copied rows stay as they are"
    )))
}

/// The list's own cells, without those of the report.
fn own_cells(others: Vec<(String, String)>) -> OwnCells {
    let own = others.into_iter();
    own.filter(|(name, _)| !is_report_column(name)).collect()
}

/// What fills the known columns anew from a list's own cells. The names are those of the report.
fn refill(mapping: &Mapping, columns: Vec<String>) -> Result<Box<Refill<'_>>, Failure> {
    let own = columns
        .into_iter()
        .filter(|name| name.parse::<Column>().is_err());
    let own: Vec<String> = own.collect();
    let headers = own.iter().map(|name| list_header(name).to_owned());
    let list = ListMapping::new(mapping, headers.collect());
    let list = list.map_err(refused_for)?;
    Ok(Box::new(move |cells| {
        let values = own
            .iter()
            .map(|name| cells.get(name).cloned().unwrap_or_default());
        let filled = list.fill(values.collect())?.into_iter();
        Ok(filled.map(|filled| filled.cell).collect())
    }))
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
        mapped_from: None,
        is_header_refused: false,
    })
}
