//! One look-up of an uncertain row.

use std::time::Duration;

use jiff::Timestamp;

use super::matching::{Finding, judge};
use super::proof::{Proof, prove};
use super::{LookupReason, UncertainRow};
use crate::executor::compare::compare;
use crate::executor::{Journal, JournalError, RunContext, Settlement, Stop, Transport};
use crate::job::{RowState, SessionId};
use crate::request::ReadError;
use crate::support::crash_point;

/// What one look-up of an uncertain row came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::executor) enum LookupResult {
    /// The row is recorded as copied, or as something else if its session is another row's.
    Settled(RowState),
    /// Surely no copy.
    Absent,
    /// Nothing is decided yet; says why.
    Undecided(String),
    /// There is no copy to be seen, and no known copy that would prove it.
    Unproven,
    /// Nothing will be found out by looking up again.
    Undecidable(String),
    /// Look-ups are not possible any more.
    LookUpsOff,
    /// The run stops.
    Stopped,
}

/// Looks a row up once. What is found is recorded; a stop ends the look-up, which does no harm.
pub(in crate::executor) async fn look<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    row: &mut UncertainRow,
    window: Duration,
) -> Result<LookupResult, JournalError> {
    let looked = run
        .service
        .control
        .unless_stopped(look_now(run, row, window))
        .await;
    looked.unwrap_or(Ok(LookupResult::Stopped))
}

async fn look_now<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    row: &mut UncertainRow,
    window: Duration,
) -> Result<LookupResult, JournalError> {
    if run.service.reads.username().is_none() {
        return Ok(LookupResult::LookUpsOff);
    }
    let history = match row.history {
        Some(history) => history,
        None => run.journal.send_history(row.job.key).await?,
    };
    row.history = Some(history);
    let is_reported = row.why == LookupReason::Reported;
    if history.is_shared {
        return Ok(LookupResult::Undecidable(
            "another row has the same transaction id and title, so a look-up can't tell their \
             copies apart"
                .into(),
        ));
    }
    // The proof comes first: what it shows must hold for the look-up after it.
    let is_late = row.is_late(window);
    let proof = if is_late {
        prove(run, row.job.request.source, history).await?
    } else {
        Proof::NotFound
    };
    if let Proof::ReadError(unread) = proof {
        return Ok(no_answer(run, &unread));
    }
    crash_point("look-up-before");
    let found = match run.service.reads.look_up(&row.job.transaction_id).await {
        Ok(found) => found,
        Err(unread) => return Ok(no_answer(run, &unread)),
    };
    crash_point("look-up-answered");
    run.service.control.health.connected();
    let ids = found.sessions.iter().map(|session| session.id).collect();
    let owned = run.journal.owned_by_others(row.job.key, ids).await?;
    Ok(match judge(&found, &owned, &row.job, &history) {
        Finding::One(id) if is_reported => adopt_if_same(run, row, id).await?,
        Finding::One(id) => adopt(run, row, id).await?,
        Finding::None if is_reported && !owned.is_empty() => stop_at_misfit(
            run,
            row,
            format!(
                "the session with its transaction id, {}, is another row's copy",
                listed(&owned)
            ),
        ),
        Finding::Several(ids) => LookupResult::Undecidable(format!(
            "look-ups find {} sessions for this row: {}",
            ids.len(),
            listed(&ids)
        )),
        Finding::Partial(ids) if is_late => LookupResult::Undecidable(format!(
            "look-ups find sessions that fit this row only in part: {}",
            listed(&ids)
        )),
        Finding::Partial(_) | Finding::None if !is_late => {
            LookupResult::Undecided("no copy is to be seen yet".into())
        }
        Finding::Partial(_) => unreachable!("judged above"),
        Finding::None => match proof {
            Proof::Proven => LookupResult::Absent,
            // Where no copy is known, nothing could prove or disprove look-ups, and a refusal or a
            // report's own word agrees with an empty one.
            Proof::NoCopy if matches!(row.why, LookupReason::Refused | LookupReason::Reported) => {
                LookupResult::Absent
            }
            Proof::NoCopy => LookupResult::Unproven,
            _ => LookupResult::Undecided(
                "no copy is to be seen, but neither is one of the same source that is known to \
                 exist"
                    .into(),
            ),
        },
    })
}

/// A transaction id that only a report names may be another row's: ids that changed places in a
/// spreadsheet. Its session must be what the row asks for.
async fn adopt_if_same<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    row: &UncertainRow,
    id: SessionId,
) -> Result<LookupResult, JournalError> {
    let session = match run.service.reads.session(id).await {
        Ok(session) => session,
        Err(unread) => return Ok(no_answer(run, &unread)),
    };
    let differing = compare(&row.job, &session).differing;
    if differing.is_empty() {
        return adopt(run, row, id).await;
    }
    let differing = differing.join("; ");
    let text = format!("the session with its transaction id, {id}, differs: {differing}");
    Ok(stop_at_misfit(run, row, text))
}

/// Where one row of a report does not fit its transaction id, no other can be relied on either.
fn stop_at_misfit<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    row: &UncertainRow,
    text: String,
) -> LookupResult {
    let reason = format!("row '{}': {text}", row.job.row_id);
    run.service.control.stop.stop(Stop::Report(reason));
    LookupResult::Undecidable(text)
}

async fn adopt<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    row: &UncertainRow,
    id: SessionId,
) -> Result<LookupResult, JournalError> {
    let settled = Settlement {
        row: RowState::Copied(id),
        text: String::new(),
    };
    let now = Timestamp::now();
    let became = run.journal.settle(row.job.key, settled, now).await?;
    crash_point("settled-as-copied");
    Ok(LookupResult::Settled(became))
}

/// What an answer that is none means for the run, and for the row.
fn no_answer<T: Transport, J: Journal>(run: &RunContext<T, J>, unread: &ReadError) -> LookupResult {
    let text = run.service.note_read_error(unread);
    if run.service.reads.username().is_none() {
        return LookupResult::LookUpsOff;
    }
    LookupResult::Undecided(format!("its look-up brought no answer: {text}"))
}

fn listed(ids: &[SessionId]) -> String {
    let shown: Vec<String> = ids.iter().take(10).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(shown.len());
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
