//! `check` of a report.

use crate::cli::args::CheckArgs;
use crate::cli::commands::check::estimate::tell_estimate;
use crate::cli::commands::check::request_bodies::print_bodies;
use crate::cli::commands::check::temporary_ledger::{begin_unnamed, copy_of};
use crate::cli::commands::retry::from_ledger::{known_constants, no_ledger, take_back};
use crate::cli::commands::retry::without_ledger::has_ledger;
use crate::cli::commands::shared::messages;
use crate::cli::commands::shared::plan;
use crate::cli::commands::shared::recovery::LoneImport;
use crate::cli::context::{Context, today};
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Message, Output};
use crate::cli::paths::Paths;
use crate::job::Fields;
use crate::ledger::{ImportOptions, Ledger, LedgerError, PlanOptions, RecoverySummary};
use crate::manifest::{Format, Manifest};
use crate::request::copy_body;
use crate::support::{TemporaryFolder, counted};

/// A report: what `retry` would send, and which cells were changed. Judged on a copy of
/// its ledger.
pub fn check_report(args: &CheckArgs, context: &Context, output: &Output) -> Result<Exit, Failure> {
    let report = Manifest::open(&args.manifest, Some(Format::Csv))?;
    let constants = known_constants(&args.reading.set)?;
    if args.without_ledger {
        return check_lone_report(args, output, &report, &constants);
    }
    let paths =
        Paths::of_report(&args.manifest, args.ledger.as_deref(), None).ok_or_else(|| {
            let path = args.manifest.display();
            Failure::new(
                Exit::Refused,
                format!(
                    "{path}: its name does not tell which ledger it came from; say --ledger FILE"
                ),
            )
        })?;
    let folder = TemporaryFolder::new()?;
    let copy = folder.path().join("check.ledger");
    let endpoint = args.endpoint.as_deref().map(Endpoint::parse).transpose()?;
    let endpoint = endpoint.map(|endpoint| endpoint.identity());
    let mut ledger =
        copy_of(&paths.ledger, endpoint.as_deref(), &copy).map_err(|error| match error {
            LedgerError::Missing { .. } => no_ledger(&paths),
            other => other.into(),
        })?;
    let options = ImportOptions {
        skip_invalid: args.reading.set.skip_invalid,
        keep_source_signers: args.reading.set.keep_source_signers,
        ..ImportOptions::default()
    };
    let corrected = take_back(output, &mut ledger, &report, constants, options)?;
    for changed in &corrected.changed {
        output.emit(&messages::correction(&report, changed));
    }
    messages::tell_passed_over(output, &report, &corrected);
    let jobs = ledger.planned_jobs(usize::try_from(args.show).unwrap_or(usize::MAX))?;
    let bodies = jobs
        .iter()
        .map(|job| copy_body(&job.request, &job.transaction_id));
    print_bodies(bodies)?;
    let text = format!(
        "{}: retry would send {}, {} of them corrected; nothing was sent",
        args.manifest.display(),
        counted(corrected.planned, "row"),
        corrected.changed.len()
    );
    let checked = Message::info("checked", text).with("rows", corrected.planned);
    output.emit(&checked.with("corrected", corrected.changed.len()));
    tell_estimate(output, corrected.planned, &args.service, context);
    let manifest_name = ledger.manifest_of_report()?.unwrap_or_default();
    let plan = PlanOptions {
        manifest: &manifest_name,
        today: today(),
        username: args.service.username.as_deref(),
        limit: None,
        skip_invalid: options.skip_invalid,
    };
    let plan = plan::summarise(output, &report, &mut ledger, &plan)?;
    plan::tell(output, &plan);
    Ok(Exit::Done)
}

/// A report whose ledger is lost: what `retry --without-ledger` would do. Judged in a ledger that
/// is thrown away.
fn check_lone_report(
    args: &CheckArgs,
    output: &Output,
    report: &Manifest,
    constants: &Fields,
) -> Result<Exit, Failure> {
    let endpoint = args.endpoint.as_deref().map(Endpoint::parse).transpose()?;
    let ledger = args.ledger.as_deref();
    let paths = match &endpoint {
        Some(endpoint) => Paths::of_lone_report(&args.manifest, endpoint, ledger, None),
        None => Paths::of_report(&args.manifest, ledger, None),
    };
    if let Some(paths) = paths.filter(|paths| paths.ledger.exists()) {
        return Err(has_ledger(&paths));
    }
    let import = LoneImport {
        output,
        report,
        name: &report.name(),
        constants,
        skip_invalid: args.reading.set.skip_invalid,
        keep_source_signers: args.reading.set.keep_source_signers,
        accept_changes: false,
        looks_up: true,
    };
    let has_numbers = import.look_through()?;
    let folder = TemporaryFolder::new()?;
    let path = folder.path().join("check.ledger");
    let mut taken = RecoverySummary::default();
    let take = |ledger: &mut Ledger| {
        taken = import.take_over(ledger, has_numbers)?;
        Ok::<(), Failure>(())
    };
    begin_unnamed(&path, take)?;
    let RecoverySummary {
        copied,
        uncertain,
        to_send,
    } = taken;
    let text = format!(
        "{}: retry --without-ledger would look up {} that the report calls failed or pending, and \
         send those that were not copied; it would look up {} and send none of them, and leave {} \
         alone; nothing was sent",
        args.manifest.display(),
        counted(to_send, "row"),
        counted(uncertain, "uncertain one"),
        counted(copied, "copied one"),
    );
    let checked = Message::info("checked", text).with("rows", to_send);
    output.emit(&checked.with("uncertain", uncertain).with("copied", copied));
    Ok(Exit::Done)
}
