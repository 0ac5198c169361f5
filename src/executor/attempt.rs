use std::time::SystemTime;

use jiff::Timestamp;
use tokio::time::Instant;

use super::decide::{Limits, Next, Tally, decide};
use super::limiter::Lane;
use super::pause::backoff;
use super::settle::{Unsettled, Why};
use super::tokens::{NoToken, Token};
use super::{Event, Job, Journal, JournalError, Shared, Stop, Trace, Transport};
use crate::job::{AttemptClass, Ending, ErrorClass, RowState};
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
        () = shared.link.contact.stop.requested() => None,
        prepared = prepare(shared) => Some(prepared),
    };
    match prepared {
        Some(Ok(token)) => send(shared, job, tally, &token).await,
        Some(Err(NoToken(words))) => {
            let words = shared.link.tokens.scrub(&words, None);
            let ending = without_token(shared, &job, AttemptClass::Refused, &words).await?;
            let next = Next::Credentials(words);
            Ok(go_on(shared, job, tally, &ending, next, None))
        }
        None => {
            let trouble = shared.link.tokens.trouble();
            if !trouble.is_empty() {
                without_token(shared, &job, AttemptClass::NotSent, &trouble).await?;
            }
            Ok(TryEnd::Released)
        }
    }
}

/// Waits for a token and a slot, until both are there and no pause is on. The token comes
/// first and the slot right before the request: so neither ages, and the rate holds on the wire.
async fn prepare<T: Transport, J: Journal>(shared: &Shared<T, J>) -> Result<Token, NoToken> {
    loop {
        shared.link.contact.pause.wait().await;
        let token = shared.link.tokens.take(false).await?;
        shared.link.limiter.slot(Lane::First).await;
        if shared.link.contact.pause.deadline().is_none() {
            return Ok(token);
        }
    }
}

async fn send<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    job: Job,
    mut tally: Tally,
    token: &Token,
) -> Result<TryEnd, JournalError> {
    let request = copy_session(&job.request, &job.transaction_id, token.secret());
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
            .contact
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
    let scrubbed = |text: &str| shared.link.tokens.scrub(text, Some(token));
    ending.text = scrubbed(&ending.text);
    let next = match next {
        Next::Credentials(words) => Next::Credentials(scrubbed(&words)),
        next => next,
    };
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
        shared.link.contact.health.attempted(true);
        ending.class = AttemptClass::Unknown;
        ending.text = "the answer's session id is another row's".into();
        if shared.can_settle() {
            trace = Some(shared.journal.trace(job.key).await?);
        }
        if trace.is_some_and(|trace| !trace.is_shared) {
            next = Next::Settle;
        }
    }
    note_token(token, &verdict, http_status);
    Ok(go_on(shared, job, tally, &ending, next, trace))
}

/// What an answer shows of its token: an error of the row's own was found with it, too.
fn note_token(token: &Token, verdict: &Verdict, http_status: Option<u16>) {
    let is_success = http_status.is_some_and(|status| (200..=299).contains(&status));
    match verdict {
        Verdict::TokenRefused(_) | Verdict::Unauthorized => token.refuse(),
        Verdict::Copied(_) => token.accept(),
        Verdict::Refused(_) if is_success => token.accept(),
        _ => {}
    }
}

fn note_health<T: Transport, J: Journal>(shared: &Shared<T, J>, verdict: &Verdict) {
    match verdict {
        Verdict::NotConnected(text) => shared.link.contact.not_connected(text),
        Verdict::NeverWritten(_) => {}
        _ => shared.link.contact.health.connected(),
    }
    if !matches!(
        verdict,
        Verdict::NotConnected(_) | Verdict::RefusedForNow { .. }
    ) {
        shared.link.contact.pause.forgive();
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
        shared.link.contact.pause_for(wait, &ending.text);
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
            shared.link.contact.pause_for(&wait, &ending.text);
            (tally.tries < shared.limits.max_attempts).then(Instant::now)
        }
        Next::Credentials(words) => {
            let text = format!("{words} (last for row '{}')", job.row_id);
            shared.link.contact.stop.stop(Stop::Credentials(text));
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

/// Records why nothing of a row was sent: there is no token.
async fn without_token<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    job: &Job,
    class: AttemptClass,
    words: &str,
) -> Result<Ending, JournalError> {
    let error = match class {
        AttemptClass::Refused => ErrorClass::Refused,
        _ => ErrorClass::NotSent,
    };
    let ending = Ending {
        class,
        http_status: None,
        text: format!("token call: {words}"),
        row: RowState::Pending(error),
    };
    shared
        .journal
        .postpone(job.key, ending.clone(), Timestamp::now())
        .await?;
    Ok(ending)
}

/// What a refusal has in common with others: the status if it is no success, else the words.
pub(super) fn likeness(ending: &Ending) -> String {
    match ending.http_status {
        Some(status) if !(200..=299).contains(&status) => format!("HTTP {status}"),
        _ => ending.text.clone(),
    }
}
