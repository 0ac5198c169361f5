use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::time::Instant;

use super::decide::{Limits, Next, Tally, decide};
use super::limiter::Lane;
use super::pause::backoff;
use super::settle::{Unsettled, Why};
use super::tokens::NoToken;
use super::{Event, Job, Journal, JournalError, Shared, Stop, Trace, Transport};
use crate::job::{AttemptClass, Ending, RowState};
use crate::request::{Verdict, classify_copy, copy_session};
use crate::support::crash_point;

/// What one try of a row came to, for the loop that hands out rows.
#[derive(Debug)]
pub(super) enum TryEnd {
    /// The row is done with in this run.
    Done(Box<Job>, RowState),
    /// A copy may exist: the row is to be looked up.
    Settle(Box<Unsettled>),
    /// It is to be tried again, not before the instant.
    Again(Box<Job>, Tally, Instant),
    /// The run stops before anything was sent: the row is as it was.
    Released,
}

/// One try of one row: limiter, token, pause, journal, send, classify, decide, journal.
pub(super) async fn try_row<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    job: Job,
    tally: Tally,
) -> Result<TryEnd, JournalError> {
    let prepared = tokio::select! {
        biased;
        () = shared.link.stop.requested() => return Ok(TryEnd::Released),
        prepared = prepare(shared) => prepared,
    };
    match prepared {
        Ok(token) => send(shared, job, tally, &token).await,
        Err(no_token) => without_token(shared, job, tally, no_token).await,
    }
}

/// Waits for a token and a slot, until both are there and no pause is on. The token comes
/// first and the slot right before the request: so neither ages, and the rate holds on the wire.
async fn prepare<T: Transport, J: Journal>(shared: &Shared<T, J>) -> Result<SecretString, NoToken> {
    loop {
        shared.link.pause.wait().await;
        let token = shared.link.tokens.take().await?;
        shared.link.limiter.slot(Lane::First).await;
        if shared.link.pause.deadline().is_none() {
            return Ok(token);
        }
    }
}

async fn send<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    job: Job,
    mut tally: Tally,
    token: &SecretString,
) -> Result<TryEnd, JournalError> {
    let request = copy_session(&job.request, &job.transaction_id, token);
    crash_point("attempt-before-begin");
    let attempt = shared.journal.begin(job.key, Timestamp::now()).await?;
    crash_point("attempt-begun");
    shared.link.tell(Event::Sending {
        row_id: job.row_id.clone(),
    });
    shared.link.limiter.wire().await;
    let exchange = shared.link.transport.send(request).await;
    crash_point("attempt-answered");
    let http_status = exchange.as_ref().ok().map(|answer| answer.status);
    let verdict = classify_copy(&exchange, job.request.source, SystemTime::now());
    note_health(shared, &verdict);
    match &verdict {
        Verdict::NotConnected(_) | Verdict::NeverWritten(_) => {}
        verdict => shared
            .link
            .health
            .attempted(matches!(verdict, Verdict::Unknown(_))),
    }
    let trace = match &verdict {
        Verdict::Unknown(_) | Verdict::TokenRefused(_) | Verdict::RefusedForNow { .. }
            if shared.can_settle() =>
        {
            Some(shared.journal.trace(job.key).await?)
        }
        _ => None,
    };
    let limits = Limits {
        can_settle: trace.is_some_and(|trace| !trace.is_shared),
        ..shared.limits
    };
    let (mut ending, next) = decide(&verdict, http_status, &mut tally, limits);
    if trace.is_some_and(|trace| trace.is_shared) && matches!(verdict, Verdict::Unknown(_)) {
        ending.text += "; another row has the same transaction id and title, so a look-up could \
                        not tell their copies apart";
    }
    ending.text = shared.link.tokens.scrub(&ending.text, Some(token));
    let finished = shared
        .journal
        .finish(job.key, attempt, ending.clone(), Timestamp::now())
        .await;
    crash_point("attempt-finished");
    let mut ending = Ending {
        row: finished?,
        ..ending
    };
    let (mut next, mut trace) = (next, trace);
    // The session of the answer is another row's: what became of this one, nobody knows.
    if matches!(verdict, Verdict::Copied(_)) && ending.row == RowState::Uncertain {
        shared.link.health.attempted(true);
        ending.class = AttemptClass::Unknown;
        ending.text = "the answer's session id is another row's".into();
        if shared.can_settle() {
            trace = Some(shared.journal.trace(job.key).await?);
        }
        if trace.is_some_and(|trace| !trace.is_shared) {
            next = Next::Settle;
        }
    }
    if matches!(verdict, Verdict::TokenRefused(_) | Verdict::Unauthorized) {
        shared.link.tokens.discard().await;
    }
    Ok(go_on(shared, job, tally, &ending, next, trace))
}

fn note_health<T: Transport, J: Journal>(shared: &Shared<T, J>, verdict: &Verdict) {
    match verdict {
        Verdict::NotConnected(text) => shared.link.not_connected(text),
        Verdict::NeverWritten(_) => {}
        _ => shared.link.health.connected(),
    }
    if !matches!(
        verdict,
        Verdict::NotConnected(_) | Verdict::RefusedForNow { .. }
    ) {
        shared.link.pause.forgive();
    }
}

/// Carries out what was decided.
fn go_on<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    job: Job,
    tally: Tally,
    ending: &Ending,
    next: Next,
    trace: Option<Trace>,
) -> TryEnd {
    if let Next::PauseAndSettle(wait) = &next {
        shared.link.pause_for(wait, &ending.text);
    }
    let ready = match next {
        Next::Settle | Next::PauseAndSettle(_) => {
            let trace = trace.expect("a row is settled only where it was traced");
            return settle(shared, job, tally, ending, trace);
        }
        Next::Done => None,
        Next::Again => Some(Instant::now()),
        Next::BackOff => Some(Instant::now() + backoff(tally.tries.saturating_sub(1))),
        Next::Pause(wait) => {
            shared.link.pause_for(&wait, &ending.text);
            (tally.tries < shared.limits.max_attempts).then(Instant::now)
        }
        Next::Credentials(words) => {
            let words = shared.link.tokens.scrub(&words, None);
            let text = format!("{words} (last for row '{}')", job.row_id);
            shared.link.stop.stop(Stop::Credentials(text));
            None
        }
    };
    match ready {
        Some(ready) => {
            shared.link.tell(Event::Retrying {
                row_id: job.row_id.clone(),
                text: ending.text.clone(),
            });
            TryEnd::Again(Box::new(job), tally, ready)
        }
        None => {
            shared.finished(&job, ending);
            TryEnd::Done(Box::new(job), ending.row.clone())
        }
    }
}

fn settle<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    job: Job,
    tally: Tally,
    ending: &Ending,
    trace: Trace,
) -> TryEnd {
    let text = ending.text.clone();
    shared.link.tell(Event::Settling {
        row_id: job.row_id.clone(),
        text: text.clone(),
    });
    let why = match ending.class {
        AttemptClass::Refused => Why::Refused,
        _ => Why::Unknown,
    };
    TryEnd::Settle(Box::new(Unsettled::of_this_run(
        job, tally, why, text, trace,
    )))
}

/// A row whose token could not be had; nothing of it was sent. A call that was put off is a try of
/// its row; one that found no connection says nothing about the row, and how long that may last
/// is the run's concern.
async fn without_token<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    job: Job,
    mut tally: Tally,
    no_token: NoToken,
) -> Result<TryEnd, JournalError> {
    let (verdict, next) = match no_token {
        NoToken::NotConnected(text) => (Verdict::NotConnected(text), None),
        NoToken::NotNow(wait) => (Verdict::RefusedForNow { wait }, None),
        NoToken::Refused(words) => (
            Verdict::TokenRefused(words.clone()),
            Some(Next::Credentials(words)),
        ),
        NoToken::Silent(text) => {
            shared.link.stop.stop(Stop::Unreachable(text));
            return Ok(TryEnd::Released);
        }
        NoToken::NoAnswer(text) => {
            shared.link.health.connected();
            shared.link.tell(Event::Retrying {
                row_id: job.row_id.clone(),
                text,
            });
            let ready = Instant::now() + backoff(tally.tries) + Duration::from_millis(200);
            return Ok(TryEnd::Again(Box::new(job), tally, ready));
        }
    };
    note_health(shared, &verdict);
    let tries = tally.tries;
    let (mut ending, decided) = decide(&verdict, None, &mut tally, shared.limits);
    if matches!(verdict, Verdict::NotConnected(_)) {
        tally.tries = tries;
    }
    ending.text = shared
        .link
        .tokens
        .scrub(&format!("token call: {}", ending.text), None);
    shared
        .journal
        .postpone(job.key, ending.clone(), Timestamp::now())
        .await?;
    let next = next.unwrap_or(decided);
    Ok(go_on(shared, job, tally, &ending, next, None))
}

/// What a refusal has in common with others: the status if it is no success, else the words.
pub(super) fn likeness(ending: &Ending) -> String {
    match ending.http_status {
        Some(status) if !(200..=299).contains(&status) => format!("HTTP {status}"),
        _ => ending.text.clone(),
    }
}
