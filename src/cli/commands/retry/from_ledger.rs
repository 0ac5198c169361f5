//! A report taken back into the ledger that it came from.

use jiff::Timestamp;

use crate::cli::commands::pipeline::{PipelineContext, PreparedLedger};
use crate::cli::commands::shared::{import_corrections, messages, no_ledger_failure};
use crate::cli::settings::CorrectionSettings;
use crate::cli::{Endpoint, Failure, Message, Output};
use crate::ledger::{CorrectionSummary, Ledger};
use crate::manifest::{InputFile, read_report};

/// So many corrected rows are reported one by one.
const MAX_LISTED: usize = 20;

/// Opens the report's ledger, with what was corrected in the report.
pub fn prepare(
    context: &PipelineContext<'_>,
    corrections: CorrectionSettings,
) -> Result<PreparedLedger, Failure> {
    let (files, output) = (context.files, context.command.output);
    let results = files.input.path();
    let report = InputFile::open_report(results, &corrections.input)?;
    // Refused before the lock is asked for: the report would not get better by waiting.
    let problems = read_report::<Failure>(&report, |_| Ok(()))?;
    if !problems.is_empty() {
        messages::warn_and_require_none(output, &report, &problems)?;
    }
    let lock = context.take_lock(|| Ok(()))?;
    let ledger = Ledger::open(&files.paths.ledger, &context.ledger_facts(None))?;
    let mut ledger = ledger.ok_or_else(|| no_ledger_failure(&files.paths))?;
    ledger.require_run(lock.last_run())?;
    let import = context.settings.import.clone();
    let corrected = import_corrections(output, &mut ledger, &report, corrections, import)?;
    ledger.note_report(report.sha256(), Timestamp::now())?;
    report_corrected(output, &report, &corrected);
    let manifest_name = ledger.manifest_of_report()?.unwrap_or_default();
    let manifest = results.with_file_name(&manifest_name);
    if files.endpoint == Endpoint::Sandbox && !corrected.changed.is_empty() {
        let text = format!(
            "this is a rehearsal: correct the rows in {} too, before the real run",
            manifest.display()
        );
        output.emit(&Message::warn("rehearsed_corrections", text));
    }
    Ok(PreparedLedger {
        lock,
        ledger,
        dialect: report.dialect()?,
        list: report,
        manifest_name,
        manifest,
        is_of_report: true,
    })
}

fn report_corrected(output: &Output, report: &InputFile, corrected: &CorrectionSummary) {
    for changed in corrected.changed.iter().take(MAX_LISTED) {
        output.emit(&messages::correction(report, changed));
    }
    if corrected.changed.len() > MAX_LISTED {
        let more = corrected.changed.len() - MAX_LISTED;
        let text = format!("... and {more} more corrected rows");
        output.emit(&Message::info("corrected", text).with("more", more));
    }
    messages::report_overruled_cells(output, report, corrected);
}
