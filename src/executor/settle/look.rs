//! One look-up of an uncertain row.

use std::time::Duration;

use jiff::Timestamp;

use super::judge::{Finding, judge};
use super::proof::{Proof, prove};
use super::{Unsettled, Why};
use crate::executor::compare::compare;
use crate::executor::{Journal, JournalError, Settled, Shared, Stop, Transport};
use crate::job::{RowState, SessionId};
use crate::request::Unread;
use crate::support::crash_point;

/// What one look-up of an uncertain row came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::executor) enum Looked {
    /// The row is recorded as copied, or as something else if its session is another row's.
    Settled(RowState),
    /// Surely no copy.
    Absent,
    /// Nothing is decided yet; says why.
    Open(String),
    /// There is no copy to be seen, and no known copy that would prove it.
    Unproven,
    /// Nothing will be found out by looking up again.
    Never(String),
    /// Look-ups are not possible any more.
    Off,
    /// The run stops.
    Abandoned,
}

/// Looks a row up once. What is found is recorded; a stop ends the look-up, which does no harm.
pub(in crate::executor) async fn look<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    row: &mut Unsettled,
    window: Duration,
) -> Result<Looked, JournalError> {
    let looked = shared
        .link
        .contact
        .unless_stopped(look_now(shared, row, window))
        .await;
    looked.unwrap_or(Ok(Looked::Abandoned))
}

async fn look_now<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    row: &mut Unsettled,
    window: Duration,
) -> Result<Looked, JournalError> {
    if shared.link.reads.username().is_none() {
        return Ok(Looked::Off);
    }
    let trace = match row.trace {
        Some(trace) => trace,
        None => shared.journal.trace(row.job.key).await?,
    };
    row.trace = Some(trace);
    let is_reported = row.why == Why::Reported;
    if trace.is_shared {
        return Ok(Looked::Never(
            "another row has the same transaction id and title, so a look-up can't tell their \
             copies apart"
                .into(),
        ));
    }
    // The proof comes first: what it shows must hold for the look-up after it.
    let is_late = row.is_late(window);
    let proof = if is_late {
        prove(shared, row.job.request.source, trace).await?
    } else {
        Proof::NotFound
    };
    if let Proof::Unread(unread) = proof {
        return Ok(no_answer(shared, &unread));
    }
    crash_point("look-up-before");
    let found = match shared.link.reads.look_up(&row.job.transaction_id).await {
        Ok(found) => found,
        Err(unread) => return Ok(no_answer(shared, &unread)),
    };
    crash_point("look-up-answered");
    shared.link.contact.health.connected();
    let ids = found.sessions.iter().map(|session| session.id).collect();
    let owned = shared.journal.owned_by_others(row.job.key, ids).await?;
    Ok(match judge(&found, &owned, &row.job, &trace) {
        Finding::One(id) if is_reported => bear_out(shared, row, id).await?,
        Finding::One(id) => adopt(shared, row, id).await?,
        Finding::None if is_reported && !owned.is_empty() => misfit(
            shared,
            row,
            format!(
                "the session with its transaction id, {}, is another row's copy",
                listed(&owned)
            ),
        ),
        Finding::Several(ids) => Looked::Never(format!(
            "look-ups find {} sessions for this row: {}",
            ids.len(),
            listed(&ids)
        )),
        Finding::Partial(ids) if is_late => Looked::Never(format!(
            "look-ups find sessions that fit this row only in part: {}",
            listed(&ids)
        )),
        Finding::Partial(_) | Finding::None if !is_late => {
            Looked::Open("no copy is to be seen yet".into())
        }
        Finding::Partial(_) => unreachable!("judged above"),
        Finding::None => match proof {
            Proof::Proven => Looked::Absent,
            // Where no copy is known, nothing could prove or disprove look-ups, and a refusal or a
            // report's own word agrees with an empty one.
            Proof::NoCopy if matches!(row.why, Why::Refused | Why::Reported) => Looked::Absent,
            Proof::NoCopy => Looked::Unproven,
            _ => Looked::Open(
                "no copy is to be seen, but neither is one of the same source that is known to \
                 exist"
                    .into(),
            ),
        },
    })
}

/// A transaction id that only a report names may be another row's: ids that changed places in a
/// spreadsheet. Its session must be what the row asks for.
async fn bear_out<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    row: &Unsettled,
    id: SessionId,
) -> Result<Looked, JournalError> {
    let session = match shared.link.reads.session(id).await {
        Ok(session) => session,
        Err(unread) => return Ok(no_answer(shared, &unread)),
    };
    let differing = compare(&row.job, &session).differing;
    if differing.is_empty() {
        return adopt(shared, row, id).await;
    }
    let differing = differing.join("; ");
    let text = format!("the session with its transaction id, {id}, differs: {differing}");
    Ok(misfit(shared, row, text))
}

/// Where one row of a report does not fit its transaction id, no other can be relied on either.
fn misfit<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    row: &Unsettled,
    text: String,
) -> Looked {
    let reason = format!("row '{}': {text}", row.job.row_id);
    shared.link.contact.stop.stop(Stop::Report(reason));
    Looked::Never(text)
}

async fn adopt<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    row: &Unsettled,
    id: SessionId,
) -> Result<Looked, JournalError> {
    let settled = Settled {
        row: RowState::Copied(id),
        text: String::new(),
    };
    let now = Timestamp::now();
    let became = shared.journal.settle(row.job.key, settled, now).await?;
    crash_point("settled-as-copied");
    Ok(Looked::Settled(became))
}

/// What an answer that is none means for the run, and for the row.
fn no_answer<T: Transport, J: Journal>(shared: &Shared<T, J>, unread: &Unread) -> Looked {
    let text = shared.link.unread(unread);
    if shared.link.reads.username().is_none() {
        return Looked::Off;
    }
    Looked::Open(format!("its look-up brought no answer: {text}"))
}

fn listed(ids: &[SessionId]) -> String {
    let shown: Vec<String> = ids.iter().take(10).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(shown.len());
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
