//! The steps of a run, in their order.

use jiff::Timestamp;

use super::announce::announce;
use super::execute::execute;
use super::finish::Finish;
use super::prepare::{PreparedLedger, RunContext};
use super::with_metrics::with_metrics;
use crate::cli::commands::shared::command_context::CommandContext;
use crate::cli::commands::shared::output_files::{Written, require_allowed};
use crate::cli::commands::shared::plan::{self, Planned};
use crate::cli::commands::shared::service::Service;
use crate::cli::exit::{Exit, Failure};
use crate::cli::progress::ProgressReporter;
use crate::cli::settings::Sending;
use crate::executor::RunEnd;
use crate::ledger::{LedgerError, Unsettled};

/// Prepares a ledger from an input, sends what is planned in it, and says how it went.
///
/// # Errors
/// What refuses the run, or keeps it from its end.
pub fn run<T>(
    command: CommandContext<'_>,
    Sending { files, settings }: Sending<T>,
    prepare: impl FnOnce(&RunContext<'_>, T) -> Result<PreparedLedger, Failure>,
) -> Result<Exit, Failure> {
    require_allowed(&files)?;
    with_metrics(command, &files, |metrics| {
        let (settings, input) = settings?;
        let service = Service::connect(&files.endpoint, &settings.service, command)?;
        let context = RunContext {
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
    context: &RunContext<'_>,
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
        false => {
            ledger.plan_manifest(&manifest_name)?;
            Unsettled::OfManifest(&manifest_name)
        }
    };
    let summary = Planned {
        list: &list,
        manifest: &manifest_name,
        username: context.settings.username(),
        limit: settings.limit,
        skip_invalid: context.settings.import.skip_invalid,
    };
    let summary = summary.summarise(command.output, &mut ledger)?;
    let planned = ledger.planned()?;
    let sent = planned.min(settings.limit.unwrap_or(u64::MAX));
    Written::Report.require_writable(&context.files.paths.report)?;
    if let Some(page) = &context.files.html {
        Written::Page.require_writable(page)?;
    }
    if let Some(metrics) = &context.metrics {
        metrics.of_manifest(&manifest_name);
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
    announce(
        context,
        sent,
        unsettled,
        interrupted,
        ledger.planned_invites()?,
    );
    let progress = ProgressReporter::new(sent + unsettled, command.output.clone());
    let (mut bar, mut unrecorded, mut end) = (None, Vec::new(), RunEnd::default());
    if planned + unsettled > 0 {
        bar = progress.bar();
        lock.record_sending(run).map_err(LedgerError::from)?;
        (ledger, unrecorded, end) = execute(context, ledger, run, service, progress)?;
    }
    let finish = Finish {
        context,
        manifest_name: &manifest_name,
        manifest: &manifest,
        dialect,
        run,
        end: &end,
    };
    finish.finish(ledger, &unrecorded, bar)
}
