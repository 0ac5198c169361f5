use std::io::{self, Write};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::guard;
use crate::cli::args::{CheckArgs, Duplicates};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Message, Output};
use crate::cli::settings::{import_identity, open_manifest, read_options};
use crate::job::{CopyRequest, Record, TransactionId};
use crate::ledger::{ImportOptions, Ledger, LedgerFacts, ManifestFacts};
use crate::manifest::{Manifest, ReadOptions};
use crate::request::copy_body;

/// `check`: read and validate everything, send nothing. The manifest is imported into a ledger
/// that is thrown away, so that it is judged by the very code that `run` uses.
pub fn check(args: &CheckArgs, output: &Output) -> Result<Exit, Failure> {
    let options = read_options(&args.reading)?;
    let manifest = open_manifest(&args.manifest, &args.reading)?;
    let folder = tempfile::tempdir()?;
    let facts = LedgerFacts {
        endpoint: "check".into(),
        manifest: None,
    };
    let path = folder.path().join("check.ledger");
    let mut shown = Vec::new();
    let mut records = 0;
    let mut invalid = 0;
    let mut ledger = Ledger::begin::<Failure>(&path, &facts, Timestamp::now(), |ledger| {
        let summary = import(args, output, &manifest, &options, ledger, &mut shown)?;
        (records, invalid) = (summary.records, summary.invalid);
        Ok(())
    })?;
    ledger.plan_manifest(&manifest.name())?;
    let today = Zoned::now().with_time_zone(TimeZone::UTC).date();
    ledger
        .check_expiry(today, options.skip_invalid)?
        .map_err(|refusals| guard::refused_by_ledger(&manifest, &refusals))?;
    show(&shown)?;
    let good = records - invalid;
    let text = format!(
        "{}: {records} rows, {good} can be sent, {invalid} are invalid; nothing was sent",
        args.manifest.display()
    );
    output.tell(
        &Message::info("checked", text)
            .with("rows", records)
            .with("good", good)
            .with("invalid", invalid),
    );
    Ok(Exit::Done)
}

fn import(
    args: &CheckArgs,
    output: &Output,
    manifest: &Manifest,
    options: &ReadOptions,
    ledger: &mut Ledger,
    shown: &mut Vec<Vec<u8>>,
) -> Result<crate::manifest::Summary, Failure> {
    let facts = ManifestFacts {
        name: manifest.name(),
        size: manifest.size(),
        modified: manifest.modified(),
        sha256: manifest.sha256(),
        options: import_identity(&args.reading, options),
    };
    let import_options = ImportOptions {
        skip_duplicates: args.reading.duplicates == Duplicates::Skip,
        skip_invalid: options.skip_invalid,
        accept_changes: false,
    };
    let mut import = ledger.import(facts, import_options)?;
    let summary = manifest.read::<Failure>(options, |record| {
        if (shown.len() as u64) < args.show {
            shown.extend(body(&record));
        }
        Ok(import.add(&record)?)
    })?;
    for warning in &summary.warnings {
        output.tell(&guard::warning(warning));
    }
    if !summary.problems.is_empty() {
        return Err(guard::refused(manifest, &summary.problems));
    }
    let finished = import.finish(&summary.columns, Timestamp::now())?;
    finished.map_err(|refusals| guard::refused_by_ledger(manifest, &refusals))?;
    Ok(summary)
}

/// The request body of a valid record. Its default transaction id is only an example: the real
/// one is made from the ledger's random id.
fn body(record: &Record) -> Option<Vec<u8>> {
    let request = CopyRequest::from_fields(&record.fields).ok()?;
    let row_id = record
        .row_id
        .clone()
        .unwrap_or_else(|| record.hash.row_id());
    let example = TransactionId::generated("example", &row_id);
    Some(copy_body(
        &request,
        request.transaction_id.as_ref().unwrap_or(&example),
    ))
}

fn show(bodies: &[Vec<u8>]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    for body in bodies {
        let written = stdout
            .write_all(body)
            .and_then(|()| stdout.write_all(b"\n"));
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
            Err(_) => break,
            Ok(()) => {}
        }
    }
    Ok(())
}
