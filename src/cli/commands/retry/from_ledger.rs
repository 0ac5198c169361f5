use std::sync::Arc;

use jiff::Timestamp;

use crate::cli::args::{RetryArgs, SetArgs};
use crate::cli::commands::pipeline::execute::Work;
use crate::cli::commands::pipeline::lock::take_lock;
use crate::cli::commands::pipeline::with_metrics::{measured, write_begun};
use crate::cli::commands::retry::without_ledger::LoneReport;
use crate::cli::commands::shared::messages;
use crate::cli::commands::shared::output_files::{self, Input};
use crate::cli::commands::shared::plan;
use crate::cli::commands::shared::service::Service;
use crate::cli::context::{Context, today};
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::metrics::Metrics;
use crate::cli::output::{Message, Output};
use crate::cli::paths::Paths;
use crate::cli::settings::{WorkSettings, constants};
use crate::job::{Column, Fields};
use crate::ledger::{
    Correction, CorrectionSummary, ImportOptions, Ledger, LedgerFacts, ListColumns, PlanOptions,
    Unsettled, rescued_beside,
};
use crate::manifest::{
    AddressColumns, ColumnName, Format, Manifest, manifest_columns, read_report, renamed_columns,
};

/// `retry REPORT`: take back what was corrected, then send the report's failed and pending rows.
pub fn retry(args: &RetryArgs, context: &Context, output: &Output) -> Result<Exit, Failure> {
    let settings = WorkSettings::resolve(&args.work)?;
    let constants = known_constants(&args.set)?;
    if args.without_ledger {
        let lone = LoneReport {
            args,
            context,
            output,
            constants,
        };
        return lone.retry(settings);
    }
    let paths = paths(args)?;
    output_files::allowed(&args.work, &paths, Input::Report(&args.results))?;
    measured(&args.work, &paths, output, |metrics| {
        go(args, context, output, &paths, settings, constants, metrics)
    })
}

/// Does it, once its files are known.
fn go(
    args: &RetryArgs,
    context: &Context,
    output: &Output,
    paths: &Paths,
    mut settings: WorkSettings,
    constants: Fields,
    metrics: Option<Arc<Metrics>>,
) -> Result<Exit, Failure> {
    let service = Service::resolve(&args.work, &mut settings, context, output)?;
    let report = Manifest::open(&args.results, Some(Format::Csv))?;
    let facts = LedgerFacts {
        endpoint: settings.endpoint.identity(),
        manifest: None,
    };
    // Refused before the lock is asked for: the report would not get better by waiting.
    let problems = read_report::<Failure>(&report, |_| Ok(()))?;
    if !problems.is_empty() {
        messages::require_sound(output, &report, &problems)?;
    }
    let lock = &mut take_lock(&paths.ledger, args.work.wait, context, output)?;
    write_begun(metrics.as_deref())?;
    let mut ledger = Ledger::open(&paths.ledger, &facts)?.ok_or_else(|| no_ledger(paths))?;
    ledger.require_run(lock.last_run())?;
    let options = ImportOptions {
        skip_invalid: args.set.skip_invalid,
        keep_source_signers: args.set.keep_source_signers,
        accept_changes: args.accept_changes,
        ..ImportOptions::default()
    };
    let corrected = take_back(output, &mut ledger, &report, constants, options)?;
    ledger.note_report(report.sha256(), Timestamp::now())?;
    tell(output, &report, &corrected);
    let manifest_name = ledger.manifest_of_report()?.unwrap_or_default();
    let manifest = args.results.with_file_name(&manifest_name);
    if settings.endpoint == Endpoint::Sandbox && !corrected.changed.is_empty() {
        let text = format!(
            "this is a rehearsal: correct the rows in {} too before it is sent",
            manifest.display()
        );
        output.emit(&Message::warn("rehearsed_corrections", text));
    }
    let plan = PlanOptions {
        manifest: &manifest_name,
        today: today(),
        username: settings.run.link.username.as_deref(),
        limit: settings.run.limit,
        skip_invalid: args.set.skip_invalid,
    };
    let plan = plan::summarise(output, &report, &mut ledger, &plan)?;
    let work = Work {
        context,
        output,
        settings: &settings,
        paths,
        html: args.work.html.as_deref(),
        dialect: report.dialect()?,
        manifest_name,
        manifest: &manifest,
        planned: ledger.planned()?,
        plan,
        metrics,
        unsettled: Unsettled::OfReport,
    };
    work.go(ledger, lock, service)
}

/// The `--set` values of a command that is given a report.
///
/// # Errors
/// Wrong usage: a column that is not sent, or no constant at all.
pub fn known_constants(args: &SetArgs) -> Result<Fields, Failure> {
    let mut fields = Fields::default();
    for (name, value) in constants(args, &[])? {
        match name {
            ColumnName::Known(column) => fields.set(column, &value),
            ColumnName::Other(name) => {
                return Err(Failure::usage(format!(
                    "--set {name}: '{name}' is not sent to the service, so retry can't set it"
                )));
            }
        }
    }
    Ok(fields)
}

fn paths(args: &RetryArgs) -> Result<Paths, Failure> {
    let (ledger, report) = (args.work.ledger.as_deref(), args.work.report.as_deref());
    Paths::of_report(&args.results, ledger, report).ok_or_else(|| {
        Failure::new(
            Exit::Refused,
            format!(
                "{}: its name does not tell which ledger it came from; say --ledger FILE. (A manifest is \
                 given to `esign-copy run`.)",
                args.results.display()
            ),
        )
    })
}

/// A report whose ledger is not where its name says.
pub fn no_ledger(paths: &Paths) -> Failure {
    if let Some(rescued) = rescued_beside(&paths.ledger) {
        let (path, rescued) = (paths.ledger.display(), rescued.display());
        let text = format!(
            "{path}: there is no ledger here. What its last run knew is kept as {rescued}: give that the \
             ledger's name"
        );
        return Failure::new(Exit::Refused, text);
    }
    Failure::new(
        Exit::Refused,
        format!(
            "{}: there is no ledger here. A report is tried again only with the ledger that it \
             came from; say where it is with --ledger FILE. If it is lost, `retry --without-ledger` \
             begins a new one from the report, and `check --without-ledger` tells what that would do",
            paths.ledger.display()
        ),
    )
}

/// Takes a report back into its ledger, or into a copy of it.
pub fn take_back(
    output: &Output,
    ledger: &mut Ledger,
    report: &Manifest,
    constants: Fields,
    options: ImportOptions,
) -> Result<CorrectionSummary, Failure> {
    let mut renamed = renamed_columns(report)?;
    let known = ledger.columns()?;
    renamed.retain(|(header, _)| !known.contains(header));
    let columns = list_columns(report)?;
    messages::tell_columns(output, report, &known, &columns.names);
    let mut corrections = ledger.import_corrections(constants, columns, options, today())?;
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
    problems.sort();
    messages::require_sound(output, report, &problems)?;
    corrections
        .finish()?
        .map_err(|refusals| messages::refused_by_ledger(report, &refusals))
}

/// The columns of a report's list, and which of them holds addresses where none is a signer's.
pub fn list_columns(report: &Manifest) -> Result<ListColumns, Failure> {
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

fn tell(output: &Output, report: &Manifest, corrected: &CorrectionSummary) {
    for changed in corrected.changed.iter().take(20) {
        output.emit(&messages::correction(report, changed));
    }
    if corrected.changed.len() > 20 {
        let more = corrected.changed.len() - 20;
        let text = format!("... and {more} more corrected rows");
        output.emit(&Message::info("corrected", text).with("more", more));
    }
    messages::tell_passed_over(output, report, corrected);
}
