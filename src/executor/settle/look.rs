use std::time::Duration;

use jiff::Timestamp;

use super::judge::{Finding, judge};
use super::proof::{Proof, prove, record};
use super::{Unsettled, Why};
use crate::executor::reads::NotRead;
use crate::executor::{Journal, JournalError, Settled, Shared, Trace, Transport};
use crate::job::{RowState, SessionId};

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
    if trace.is_reported {
        row.why = Why::Reported;
    }
    if trace.is_shared {
        return Ok(Looked::Never(
            "another row has the same transaction id and title, so a look-up can't tell their \
             copies apart"
                .into(),
        ));
    }
    // The proof comes first: what it shows must hold for the look-up after it.
    let is_late = row.is_late(window);
    let proof = match (is_late, row.why) {
        (true, Why::Unknown | Why::Reported) => {
            prove(shared, row.job.request.source, trace.began_at).await?
        }
        // A refusal needs none: without look-ups it would simply be believed.
        _ => Proof::Proven,
    };
    if let Proof::NotRead(not_read) = proof {
        return Ok(unread(shared, not_read).await);
    }
    let found = match shared.link.reads.look_up(&row.job.transaction_id).await {
        Ok(found) => found,
        Err(not_read) => return Ok(unread(shared, not_read).await),
    };
    shared.link.health.connected();
    let ids = found.sessions.iter().map(|session| session.id).collect();
    let owned = shared.journal.owned_by_others(row.job.key, ids).await?;
    Ok(match judge(&found, &owned, &row.job, &trace) {
        Finding::One(id) => adopt(shared, row, &trace, id).await?,
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
            // Where no copy is known, the report's own word and an empty look-up agree.
            Proof::NoCopy if row.why == Why::Reported => Looked::Absent,
            Proof::NoCopy => Looked::Unproven,
            _ => Looked::Open(
                "no copy is to be seen, but neither is one of the same source that is known to \
                 exist"
                    .into(),
            ),
        },
    })
}

async fn adopt<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    row: &Unsettled,
    trace: &Trace,
    id: SessionId,
) -> Result<Looked, JournalError> {
    let settled = Settled {
        row: RowState::Copied(id),
        text: String::new(),
    };
    let now = Timestamp::now();
    let became = shared.journal.settle(row.job.key, settled, now).await?;
    // Found by an id that is nobody else's: that is a known copy, and look-ups find it.
    let is_copied = matches!(became, RowState::Copied(_));
    if is_copied && row.job.request.transaction_id.is_none() {
        record(shared, row.job.request.source, id, trace.began_at).await?;
    }
    Ok(Looked::Settled(became))
}

/// What an answer that is none means for the run, and for the row.
async fn unread<T: Transport, J: Journal>(shared: &Shared<T, J>, not_read: NotRead) -> Looked {
    let text = shared.link.not_read(not_read).await;
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
