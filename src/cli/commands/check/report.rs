//! `check` of a report.

use std::path::Path;

use super::estimate::emit_estimate;
use super::json::{self, CheckResult, next_command};
use super::request_bodies::print_bodies;
use super::temporary_ledger::{begin_unnamed, copy_of};
use crate::cli::commands::shared::{
    ReportImport, import_corrections, ledger_exists_failure, messages, no_ledger_failure, plan,
};
use crate::cli::settings::{Check, CheckedReport};
use crate::cli::{CommandContext, Endpoint, Exit, Failure, Message, Paths, print, today};
use crate::ledger::{FileProblem, Ledger, LedgerError, PlanOptions, RecoverySummary, View};
use crate::manifest::{InputFile, Problems};
use crate::request::copy_body;
use crate::support::{TemporaryFolder, counted};

/// `check REPORT`: what `retry` would send, and which cells were changed. Judged on a copy of the
/// report's ledger.
pub fn check_report(settings: CheckedReport, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let (output, check, import) = (command.output, &settings.check, &settings.import);
    let report = InputFile::open_report(&check.path, &settings.corrections.input)?;
    if settings.without_ledger {
        return check_recovery(&settings, command, &report);
    }
    let paths = Paths::of_report(&check.path, check.ledger.as_deref(), None).ok_or_else(|| {
        let path = check.path.display();
        let text =
            format!("{path}: its name doesn't say which ledger it came from; add --ledger FILE");
        Failure::refused(text)
    })?;
    let folder = TemporaryFolder::new()?;
    let copy = folder.path().join("check.ledger");
    let copied = copy_of(&paths.ledger, check.endpoint.as_ref(), &copy);
    let mut ledger = copied.map_err(|error| match error {
        LedgerError::File {
            problem: FileProblem::Missing,
            ..
        } => no_ledger_failure(&paths),
        other => other.into(),
    })?;
    let corrections = settings.corrections;
    let corrected = import_corrections(output, &mut ledger, &report, corrections, import.clone())?;
    for changed in &corrected.changed {
        output.emit(&messages::correction(&report, changed));
    }
    messages::report_overruled_cells(output, &report, &corrected);
    let options = PlanOptions {
        manifest: &ledger.manifest_of_report()?.unwrap_or_default(),
        today: today(),
        username: check.username.as_deref(),
        limit: None,
        skip_invalid: import.skip_invalid,
        max_per_address: import.max_per_address,
    };
    let plan = plan::summarise(output, &report, &mut ledger, &options)?;
    let planned = ledger.planned()?;
    let jobs = ledger.planned_jobs(usize::try_from(check.show).unwrap_or(usize::MAX))?;
    let bodies = jobs
        .iter()
        .map(|job| copy_body(&job.request, &job.transaction_id));
    print_bodies(bodies)?;
    let (path, rows) = (check.path.display(), counted(planned, "row"));
    let count = corrected.changed.len();
    let text =
        format!("{path}: retry would send {rows}, {count} of them corrected; nothing was sent");
    let checked = Message::info("checked", text).with("rows", planned);
    output.emit(&checked.with("corrected", count));
    emit_estimate(check, planned, command);
    plan::emit(output, &plan);
    let result = CheckResult {
        file: &report,
        ledger: &ledger,
        plan: &plan,
        rows: None,
        corrected: Some(count),
        invalid: (plan.invalid, &Problems::default()),
    };
    print_json(check, &paths.ledger, &result, command)?;
    Ok(Exit::Done)
}

/// Prints what was found, if it is for programs. The next command has the endpoint of the report's ledger.
fn print_json(
    check: &Check,
    ledger: &Path,
    result: &CheckResult<'_>,
    command: CommandContext<'_>,
) -> Result<(), Failure> {
    if !check.json {
        return Ok(());
    }
    let endpoint = Endpoint::of_identity(&View::open(ledger)?.endpoint()?)?;
    let next = || next_command("retry", check, Some(&endpoint), command);
    let next = (result.plan.sessions > 0).then(next).flatten();
    result.print(Exit::Done, next, command.output)
}

/// A report whose ledger is lost: what `retry --without-ledger` would do. Judged in a ledger that
/// is thrown away.
fn check_recovery(
    settings: &CheckedReport,
    command: CommandContext<'_>,
    report: &InputFile,
) -> Result<Exit, Failure> {
    let (output, check) = (command.output, &settings.check);
    let ledger = check.ledger.as_deref();
    let paths = match &check.endpoint {
        Some(endpoint) => Paths::of_recovery(&check.path, endpoint, ledger, None),
        None => Paths::of_report(&check.path, ledger, None),
    };
    if let Some(paths) = paths.filter(|paths| paths.ledger.exists()) {
        return Err(ledger_exists_failure(&paths));
    }
    let import = ReportImport {
        output,
        report,
        name: &report.name(),
        constants: &settings.corrections.constants,
        options: settings.import.clone(),
        looks_up: true,
    };
    let has_numbers = import.require_sound()?;
    let folder = TemporaryFolder::new()?;
    let path = folder.path().join("check.ledger");
    let recover = |ledger: &mut Ledger| import.recover(ledger, has_numbers);
    let (_, summary) = begin_unnamed(&path, recover)?;
    let RecoverySummary {
        copied,
        uncertain,
        to_send,
    } = summary;
    let text = format!(
        "{}: retry --without-ledger would look up {} that the report calls failed or pending, and send \
         those that were not copied. It would look up {} without sending any, and leave {} as they are. \
         Nothing was sent",
        check.path.display(),
        counted(to_send, "row"),
        counted(uncertain, "uncertain one"),
        counted(copied, "copied one"),
    );
    let checked = Message::info("checked", text).with("rows", to_send);
    output.emit(&checked.with("uncertain", uncertain).with("copied", copied));
    if check.json {
        print(json::object(
            &check.path,
            Exit::Done,
            &[],
            serde_json::json!({}),
            output,
        ))?;
    }
    Ok(Exit::Done)
}
