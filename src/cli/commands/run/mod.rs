//! `run`: import what changed in a manifest, then send what is pending.

pub mod ledger;

use std::sync::Arc;

use crate::cli::args::RunArgs;
use crate::cli::commands::pipeline::execute::Work;
use crate::cli::commands::pipeline::with_metrics::{measured, write_begun};
use crate::cli::commands::run::ledger::{Preparation, open_locked, other_ledgers};
use crate::cli::commands::shared::output_files::{self, Input};
use crate::cli::commands::shared::plan;
use crate::cli::commands::shared::service::Service;
use crate::cli::context::{Context, today};
use crate::cli::exit::{Exit, Failure};
use crate::cli::metrics::Metrics;
use crate::cli::output::Output;
use crate::cli::paths::{Paths, manifest_name};
use crate::cli::settings::{WorkSettings, is_standard_input, read_options};
use crate::ledger::{PlanOptions, Unsettled};

/// `run MANIFEST`: import what changed, then send what is pending.
pub fn run(args: &RunArgs, context: &Context, output: &Output) -> Result<Exit, Failure> {
    let settings = WorkSettings::resolve(&args.work)?;
    let from_input = is_standard_input(&args.manifest);
    if from_input && (args.work.ledger.is_none() || args.work.report.is_none()) {
        return Err(Failure::usage(
            "standard input has no folder; say --ledger FILE and --report FILE",
        ));
    }
    let ledger = args.work.ledger.as_deref();
    let report = args.work.report.as_deref();
    let paths = Paths::of_manifest(&args.manifest, &settings.endpoint, ledger, report);
    let input = match from_input {
        true => Input::Standard,
        false => Input::Manifest(&args.manifest),
    };
    output_files::allowed(&args.work, &paths, input)?;
    measured(&args.work, &paths, output, |metrics| {
        go(args, context, output, &paths, settings, metrics)
    })
}

/// Does it, once its files are known.
fn go(
    args: &RunArgs,
    context: &Context,
    output: &Output,
    paths: &Paths,
    mut settings: WorkSettings,
    metrics: Option<Arc<Metrics>>,
) -> Result<Exit, Failure> {
    let options = read_options(&args.reading)?;
    let service = Service::resolve(&args.work, &mut settings, context, output)?;
    let name = manifest_name(&args.manifest);
    if let Some(metrics) = &metrics {
        metrics.of_manifest(&name);
    }
    let (manifest, lock) = &mut open_locked(args, &options, paths, context, output)?;
    write_begun(metrics.as_deref())?;
    let preparation = Preparation {
        args,
        output,
        manifest,
        options: &options,
        endpoint: &settings.endpoint,
        paths,
        others: other_ledgers(&settings.endpoint, &paths.ledger, &args.manifest),
    };
    let mut ledger = preparation.import(lock)?;
    // Others who wait for this import go on now.
    drop(preparation);
    ledger.plan_manifest(&name)?;
    let plan = PlanOptions {
        manifest: &name,
        today: today(),
        username: settings.run.link.username.as_deref(),
        limit: settings.run.limit,
        skip_invalid: options.skip_invalid,
    };
    let plan = plan::summarise(output, manifest, &mut ledger, &plan)?;
    let work = Work {
        context,
        output,
        settings: &settings,
        paths,
        metrics,
        html: args.work.html.as_deref(),
        unsettled: Unsettled::OfManifest(&name),
        dialect: None,
        manifest_name: name.clone(),
        manifest: &args.manifest,
        planned: ledger.planned()?,
        plan,
    };
    work.go(ledger, lock, service)
}
