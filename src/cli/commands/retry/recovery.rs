//! A report whose ledger is lost becomes the beginning of a new one.

use jiff::Timestamp;

use crate::cli::commands::pipeline::{PipelineContext, PreparedLedger};
use crate::cli::commands::shared::{ReportImport, ledger_exists_failure};
use crate::cli::settings::{CorrectionSettings, Recovery};
use crate::cli::{Failure, Message, Output, Paths};
use crate::ledger::{Ledger, LedgerError, RecoverySummary};
use crate::manifest::InputFile;

/// Begins the ledger from the report.
pub fn prepare(
    context: &PipelineContext<'_>,
    corrections: CorrectionSettings,
    recovery: Recovery,
) -> Result<PreparedLedger, Failure> {
    let (files, output) = (context.files, context.command.output);
    let (results, paths) = (files.input.path(), &files.paths);
    let report = InputFile::open_report(results, &corrections.input)?;
    let name = Paths::manifest_of_report(results, &files.endpoint);
    let import = ReportImport {
        output,
        report: &report,
        name: &name,
        constants: &corrections.constants,
        options: context.settings.import.clone(),
        looks_up: recovery.looks_up,
    };
    let has_numbers = import.require_sound()?;
    let mut lock = context.take_lock(|| Ok(()))?;
    let facts = context.ledger_facts(None);
    if Ledger::open(&paths.ledger, &facts)?.is_some() {
        return Err(ledger_exists_failure(paths));
    }
    let fill = |ledger: &mut Ledger| import.recover(ledger, has_numbers);
    let now = Timestamp::now();
    let (mut ledger, summary) = Ledger::begin(&paths.ledger, &facts, now, fill, || Ok(()))?;
    // What the lock file knows of the lost ledger does not bind the new one.
    lock.record_new_ledger().map_err(LedgerError::from)?;
    ledger.note_report(report.sha256(), now)?;
    report_recovered(output, paths, summary, recovery.looks_up);
    Ok(PreparedLedger {
        lock,
        ledger,
        dialect: report.dialect()?,
        list: report,
        manifest: results.with_file_name(&name),
        manifest_name: name,
        is_of_report: false,
    })
}

fn report_recovered(output: &Output, paths: &Paths, taken: RecoverySummary, looks_up: bool) {
    let RecoverySummary {
        copied,
        uncertain,
        to_send,
    } = taken;
    let first = match looks_up {
        true => "which are looked up before they are sent",
        false => {
            "which are sent as the report says: any row copied since it was written is copied again"
        }
    };
    let text = format!(
        "{}: begun from the report alone: {copied} copied, {uncertain} uncertain, {to_send} failed \
         or pending rows, {first}",
        paths.ledger.display()
    );
    output.emit(
        &Message::warn("taken_over", text)
            .with("copied", copied)
            .with("uncertain", uncertain)
            .with("to_send", to_send),
    );
}
