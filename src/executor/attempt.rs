//! One attempt of a row: limiter, token, pause, journal, send, classify, decide, journal.

use std::time::SystemTime;

use jiff::Timestamp;
use tokio::time::Instant;

use super::decide::{Limits, Next, Tally, decide};
use super::expiry::{give_up, too_late};
use super::limiter::Lane;
use super::null::{most, weigh};
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
    /// Its day is over: it is failed, and no request of it left in this try.
    Late(Box<Job>, Tally),
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
        prepared = prepare(shared, tally.was_null) => Some(prepared),
    };
    match prepared {
        Some(Ok(token)) => send(shared, job, tally, &token).await,
        Some(Err(NoToken(words))) => {
            let words = shared.link.tokens.scrub(&words);
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
async fn prepare<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    is_fresh: bool,
) -> Result<Token, NoToken> {
    loop {
        shared.link.contact.pause.wait().await;
        let token = shared.link.tokens.take(is_fresh).await?;
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
    if let Some(problem) = too_late(&job, shared.today) {
        return give_up(shared, job, tally, problem).await;
    }
    let request = copy_session(&job.request, &job.transaction_id, token.secret());
    crash_point("attempt-before-begin");
    let attempt = shared.journal.begin(job.key, Timestamp::now()).await?;
    crash_point("attempt-begun");
    shared.link.limiter.wire().await;
    let was_accepted = token.is_accepted() && !tally.was_null;
    let exchange = shared.link.transport.send(request).await;
    crash_point("attempt-answered");
    let http_status = exchange.as_ref().ok().map(|answer| answer.status);
    let verdict = classify_copy(&exchange, job.request.source, SystemTime::now());
    let is_null = matches!(verdict, Verdict::Null { .. });
    let verdict = weigh(shared, &job, verdict, token, was_accepted).await;
    tally.was_null |= is_null && matches!(verdict, Verdict::TokenRefused(_));
    note_health(shared, &verdict);
    let stop = note_answer(shared, &verdict, exchange.is_ok());
    let trace = trace(shared, &job, &verdict).await?;
    let (ending, next) = judge(shared, &verdict, http_status, &mut tally, trace);
    let finished = shared
        .journal
        .finish(job.key, attempt, ending.clone(), Timestamp::now())
        .await;
    crash_point("attempt-finished");
    let ending = Ending {
        row: finished?,
        ..ending
    };
    if let Some(stop) = stop {
        shared.link.contact.stop.stop(stop);
    }
    note_token(token, &verdict, http_status);
    if matches!(verdict, Verdict::Copied(_)) && ending.row == RowState::Uncertain {
        return not_its_own(shared, job, tally, ending).await;
    }
    Ok(go_on(shared, job, tally, &ending, next, trace))
}

/// What is to be known of a row before it may be looked up.
async fn trace<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    job: &Job,
    verdict: &Verdict,
) -> Result<Option<Trace>, JournalError> {
    let is_settled = match verdict {
        Verdict::Unknown(_)
        | Verdict::Null { .. }
        | Verdict::TokenRefused(_)
        | Verdict::RefusedForNow { .. } => shared.can_settle(),
        _ => false,
    };
    match is_settled {
        true => Ok(Some(shared.journal.trace(job.key).await?)),
        false => Ok(None),
    }
}

/// How an attempt ended, and what happens next, in words without any secret.
fn judge<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    verdict: &Verdict,
    http_status: Option<u16>,
    tally: &mut Tally,
    trace: Option<Trace>,
) -> (Ending, Next) {
    let limits = Limits {
        can_settle: trace.is_some_and(|trace| !trace.is_shared),
        ..shared.limits
    };
    let (mut ending, next) = decide(verdict, http_status, tally, limits);
    let is_shared = trace.is_some_and(|trace| trace.is_shared);
    if is_shared && ending.class == AttemptClass::Unknown {
        ending.text += "; another row has the same transaction id and title, so a look-up could \
                        not tell their copies apart";
    }
    let scrubbed = |text: &str| shared.link.tokens.scrub(text);
    ending.text = scrubbed(&ending.text);
    let next = match next {
        Next::Credentials(words) => Next::Credentials(scrubbed(&words)),
        next => next,
    };
    (ending, next)
}

/// The session of the answer is another row's: what became of this one, nobody knows.
async fn not_its_own<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    job: Job,
    tally: Tally,
    ending: Ending,
) -> Result<TryEnd, JournalError> {
    shared.link.contact.health.attempted(true);
    let ending = Ending {
        class: AttemptClass::Unknown,
        text: "the answer's session id is another row's".into(),
        ..ending
    };
    let trace = match shared.can_settle() {
        true => Some(shared.journal.trace(job.key).await?),
        false => None,
    };
    let next = match trace {
        Some(trace) if !trace.is_shared => Next::Settle,
        _ => Next::Done,
    };
    Ok(go_on(shared, job, tally, &ending, next, trace))
}

/// Counts what in a row means that the service loses answers, or gives none. Says whether that
/// stops the run.
fn note_answer<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    verdict: &Verdict,
    is_answered: bool,
) -> Option<Stop> {
    let health = &shared.link.contact.health;
    let is_null = matches!(verdict, Verdict::Null { .. });
    match verdict {
        Verdict::NotConnected(_) | Verdict::NotTrusted(_) | Verdict::NeverWritten(_) => {}
        Verdict::Unknown(_) | Verdict::Null { .. } => health.attempted(true),
        _ => health.attempted(false),
    }
    let most = most(shared.limits.renewable_token);
    is_answered
        .then(|| health.answered(is_null, most))
        .flatten()
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
        Verdict::NotTrusted(_) | Verdict::NeverWritten(_) => {}
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
        Next::NotTrusted(reason) => {
            shared.link.contact.stop.stop(Stop::NotTrusted(reason));
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
        AttemptClass::Refused if tally.was_null => Why::Null,
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
