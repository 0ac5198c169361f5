//! The steps of a run, in their order.

use jiff::Timestamp;

use super::confirmation::confirm;
use super::execute::execute;
use super::finalize::FinishedRun;
use super::pipeline_context::{PipelineContext, PreparedLedger};
use super::start_messages::report_start;
use super::with_metrics::with_metrics;
use crate::cli::commands::shared::{Service, plan, require_allowed_files, require_writable_files};
use crate::cli::progress::ProgressReporter;
use crate::cli::settings::SendingCommand;
use crate::cli::{CommandContext, Exit, Failure, today};
use crate::executor::RunEnd;
use crate::ledger::{Ledger, LedgerError, PlanOptions, PlanSummary, Unsettled};
use crate::manifest::InputFile;

/// Prepares a ledger from an input, sends what is planned in it, and says how it went.
///
/// # Errors
/// What refuses the run, or keeps it from its end.
pub fn run<T>(
    command: CommandContext<'_>,
    SendingCommand { files, settings }: SendingCommand<T>,
    prepare: impl FnOnce(&PipelineContext<'_>, T) -> Result<PreparedLedger, Failure>,
) -> Result<Exit, Failure> {
    require_allowed_files(&files)?;
    with_metrics(command, &files, |metrics| {
        let (settings, input) = settings?;
        require_writable_files(&files)?;
        let service = Service::connect(&files.endpoint, &settings.service, command)?;
        let context = PipelineContext {
            command,
            files: &files,
            settings: &settings,
            metrics,
        };
        send(&context, prepare(&context, input)?, service)
    })
}

/// Sends the planned rows of a ledger, writes the report, says how it went.
fn send(
    context: &PipelineContext<'_>,
    prepared: PreparedLedger,
    service: Service,
) -> Result<Exit, Failure> {
    let (command, settings) = (context.command, &context.settings.run);
    let PreparedLedger {
        mut lock,
        mut ledger,
        list,
        manifest_name,
        manifest,
        dialect,
        is_of_report,
    } = prepared;
    let unsettled = match is_of_report {
        true => Unsettled::OfReport,
        false => Unsettled::OfManifest(&manifest_name),
    };
    let summary = plan(context, &mut ledger, &list, &unsettled, &manifest_name)?;
    let planned = ledger.planned()?;
    let sent = planned.min(settings.limit.unwrap_or(u64::MAX));
    confirm(context, &summary)?;
    if let Some(metrics) = &context.metrics {
        metrics.set_manifest(&manifest_name);
    }
    let username = context.settings.username();
    let facts = (command.environment).run_facts(&context.files.paths.report, username);
    let (run, interrupted) = ledger.begin_run(&manifest_name, &facts, Timestamp::now())?;
    // Now with what is still to do: killed in its first seconds, a run must not seem to have nothing.
    context.write_begun_metrics()?;
    let unsettled = match settings.settles {
        true => ledger.plan_settling(&unsettled)?,
        false => 0,
    };
    plan::emit(command.output, &summary);
    let inviting = ledger.planned_invites()?;
    report_start(context, sent, unsettled, interrupted, inviting);
    let progress = ProgressReporter::new(
        sent + unsettled,
        settings.settle_window,
        command.output.clone(),
    );
    let (mut bar, mut unrecorded, mut end) = (None, Vec::new(), RunEnd::default());
    let has_work = planned + unsettled > 0;
    if has_work {
        bar = progress.bar();
        lock.record_sending(run).map_err(LedgerError::from)?;
        (ledger, unrecorded, end) = execute(context, ledger, run, service, progress)?;
    }
    let finished = FinishedRun {
        context,
        manifest_name: &manifest_name,
        manifest: &manifest,
        dialect,
        run,
        has_work,
        end: &end,
    };
    finished.finalize(ledger, &unrecorded, bar)
}

/// Plans what is sent, unless a report has planned it, and goes through it.
fn plan(
    context: &PipelineContext<'_>,
    ledger: &mut Ledger,
    list: &InputFile,
    unsettled: &Unsettled<'_>,
    manifest: &str,
) -> Result<PlanSummary, Failure> {
    if let Unsettled::OfManifest(name) = unsettled {
        ledger.plan_manifest(name)?;
    }
    let options = PlanOptions {
        manifest,
        today: today(),
        username: context.settings.username(),
        limit: context.settings.run.limit,
        skip_invalid: context.settings.import.skip_invalid,
        max_per_address: context.settings.import.max_per_address,
    };
    plan::summarise(context.command.output, list, ledger, &options)
}
