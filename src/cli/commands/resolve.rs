use jiff::Timestamp;

use crate::cli::args::ResolveArgs;
use crate::cli::commands::shared::find_job::Place;
use crate::cli::commands::status::{counted_manifests, next_lines};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::standard_output::print;
use crate::job::SessionId;
use crate::ledger::{Ledger, LedgerError, LedgerFacts, Resolution, RunLock};
use crate::support::one_line;

/// `resolve`: a person's answer for uncertain rows.
pub fn resolve(args: &ResolveArgs, context: &Context) -> Result<Exit, Failure> {
    let resolution = match &args.copied {
        None => Resolution::Absent,
        Some(session) => Resolution::Copied(SessionId::parse(session.trim()).map_err(|error| {
            Failure::usage(format!("--copied: '{}' {error}", one_line(session, 80)))
        })?),
    };
    let place = Place::find(&args.place)?;
    let view = place.open()?;
    let facts = LedgerFacts {
        endpoint: view.endpoint()?,
        manifest: None,
    };
    drop(view);
    let now = Timestamp::now();
    let lock = RunLock::take(&place.ledger, context.holder(now))?;
    let missing = || LedgerError::Missing {
        path: place.ledger.clone(),
    };
    let mut ledger = Ledger::open(&place.ledger, &facts)?.ok_or_else(missing)?;
    ledger.require_run(lock.last_run())?;
    ledger
        .resolve(&args.row_ids, resolution, now)?
        .map_err(refused)?;
    ledger.close()?;
    tell(args, resolution, &place, context)
}

fn refused(problems: Vec<String>) -> Failure {
    Failure {
        listed: problems,
        ..Failure::usage("nothing was recorded")
    }
}

fn tell(
    args: &ResolveArgs,
    resolution: Resolution,
    place: &Place,
    context: &Context,
) -> Result<Exit, Failure> {
    let mut lines = Vec::new();
    for row_id in &args.row_ids {
        let row_id = one_line(row_id, 200);
        lines.push(match resolution {
            Resolution::Absent => format!("row '{row_id}' is pending: the next run sends it"),
            Resolution::Copied(session) => format!("row '{row_id}' is copied: {session}"),
        });
    }
    if resolution == Resolution::Absent {
        let text = "`audit` tells whether the service has a copy after all, best before the next run; \
                    until then, `resolve` with --copied takes the answer back";
        lines.push(text.into());
    }
    let view = place.open()?;
    let manifests = counted_manifests(place, &view)?;
    lines.extend(next_lines(
        place,
        &view,
        &args.place.path,
        &manifests,
        context,
    )?);
    let lines = lines
        .iter()
        .map(|line| format!("{}\n", one_line(line, 2000)));
    let text: String = lines.collect();
    print(text)?;
    Ok(Exit::Done)
}
