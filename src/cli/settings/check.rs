//! `check`: of a manifest, or of a report.

use std::path::{Path, PathBuf};

use super::mistaken_file::require_list;
use super::reading::{CorrectionSettings, ReadingSettings, import_options, is_standard_input};
use super::service::ServiceSettings;
use crate::cli::args::CheckArgs;
use crate::cli::{Endpoint, Environment, Failure};
use crate::ledger::ImportOptions;
use crate::manifest::{has_report_header, is_collapsed_report, is_report_workbook, is_workbook};
use crate::support::Rate;

/// What every check has.
pub struct Check {
    /// The file that is checked.
    pub path: PathBuf,
    /// How many request bodies are printed.
    pub show: u64,
    /// Whether the result is one JSON object on standard output.
    pub json: bool,
    /// Which service it is for, if one was named.
    pub endpoint: Option<Endpoint>,
    /// The ledger, if one was named.
    pub ledger: Option<PathBuf>,
    /// The owner of the sessions.
    pub username: Option<String>,
    /// For the estimate.
    pub rate: Rate,
    /// Whether each call fetches a token of its own.
    pub has_fresh_tokens: bool,
}

/// A check of a manifest.
pub struct CheckedManifest {
    /// What every check has.
    pub check: Check,
    /// How the manifest is read.
    pub reading: ReadingSettings,
    /// The service that is asked for the sources, if any is.
    pub online: Option<(Endpoint, ServiceSettings)>,
}

/// A check of a report.
pub struct CheckedReport {
    /// What every check has.
    pub check: Check,
    /// How its corrections are read.
    pub corrections: CorrectionSettings,
    /// How the report is taken into a ledger.
    pub import: ImportOptions,
    /// Whether its ledger is lost.
    pub without_ledger: bool,
}

pub(super) fn of_report(args: CheckArgs) -> Result<CheckedReport, Failure> {
    if args.online {
        return Err(Failure::usage("--online checks a manifest, not a report"));
    }
    Ok(CheckedReport {
        corrections: CorrectionSettings::from_args(&args.reading.set, &args.reading.text)?,
        import: import_options(&args.reading.set, false)?,
        without_ledger: args.without_ledger,
        check: Check::of(&args)?,
    })
}

pub(super) fn of_manifest(
    args: CheckArgs,
    environment: &Environment,
) -> Result<CheckedManifest, Failure> {
    if args.without_ledger {
        let path = args.manifest.display();
        let text = format!("--without-ledger is for a report, and {path} is not one");
        return Err(Failure::usage(text));
    }
    require_list("check", &args.manifest)?;
    let check = Check::of(&args)?;
    let online = if args.online {
        let unsaid = || Failure::usage("--online needs --endpoint: it asks that service");
        let endpoint = check.endpoint.clone().ok_or_else(unsaid)?;
        let service = ServiceSettings::from_args(args.service, environment)?;
        Some((endpoint, service))
    } else {
        None
    };
    Ok(CheckedManifest {
        check,
        reading: ReadingSettings::from_args(&args.reading, false)?,
        online,
    })
}

impl Check {
    fn of(args: &CheckArgs) -> Result<Self, Failure> {
        Ok(Self {
            path: args.manifest.clone(),
            show: args.show,
            json: args.json,
            endpoint: args.endpoint.as_deref().map(Endpoint::parse).transpose()?,
            ledger: args.ledger.clone(),
            username: args.service.username.clone(),
            rate: args.service.rate,
            has_fresh_tokens: args.service.token_reuse.is_zero(),
        })
    }
}

/// Whether a file is a report, also one that a spreadsheet put into one column: then its user
/// is asked to restore it.
pub(super) fn is_report(path: &Path, sheet: Option<&str>) -> bool {
    if is_standard_input(path) {
        return false;
    }
    if is_workbook(path) {
        return is_report_workbook(path, sheet);
    }
    let ending = path.extension().unwrap_or_default();
    let is_table = ["csv", "tsv", "txt", "gz"].map(|end| ending.eq_ignore_ascii_case(end));
    is_table.contains(&true)
        && (has_report_header(path).is_ok_and(|found| found == Some(true))
            || is_collapsed_report(path).is_ok_and(|found| found))
}
