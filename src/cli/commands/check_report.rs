//! `check` of a report.

use super::check::{copy_of, estimate};
use super::refusals;
use super::retry::{no_ledger, take_back};
use crate::cli::args::CheckArgs;
use crate::cli::endpoint::Endpoint;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Message, Output};
use crate::cli::paths::Paths;
use crate::job::Fields;
use crate::ledger::{ImportOptions, LedgerError};
use crate::manifest::{Format, Manifest};
use crate::support::counted;

/// A report: what `retry` would send, and which cells were changed. Judged on a copy of
/// its ledger.
pub fn check_report(args: &CheckArgs, output: &Output) -> Result<Exit, Failure> {
    let report = Manifest::open(&args.manifest, Some(Format::Csv))?;
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
    let folder = tempfile::tempdir()?;
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
        ..ImportOptions::default()
    };
    let corrected = take_back(output, &mut ledger, &report, Fields::default(), options)?;
    for changed in &corrected.changed {
        output.tell(&refusals::correction(&report, changed));
    }
    refusals::tell_passed_over(output, &report, &corrected);
    let text = format!(
        "{}: retry would send {}, {} of them corrected; nothing was sent",
        args.manifest.display(),
        counted(corrected.planned, "row"),
        corrected.changed.len()
    );
    let checked = Message::info("checked", text).with("rows", corrected.planned);
    output.tell(&checked.with("corrected", corrected.changed.len()));
    if corrected.planned > 0 {
        let estimate = estimate(corrected.planned, args.service.rate);
        output.tell(&Message::info("estimate", estimate));
    }
    Ok(Exit::Done)
}
