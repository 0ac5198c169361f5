//! One attempt of a row: limiter, token, pause, journal, send, classify, decide, journal.

use std::time::SystemTime;

use jiff::Timestamp;
use tokio::time::Instant;

use super::decide::{AttemptCounts, Limits, Next, decide};
use super::limiter::Lane;
use super::null_answers::{interpret_null, most};
use super::pause::backoff;
use super::settle::{LookupReason, UncertainRow};
use super::tokens::{CredentialsRefused, Token};
use super::unsendable::{give_up, too_late};
use super::{
    AttemptEnd, AttemptStart, Event, Job, Journal, JournalError, RunContext, SendHistory, Stop,
    Transport,
};
use crate::job::{AttemptClass, Ending, ErrorClass, RowState};
use crate::request::{Verdict, classify_copy, copy_session};
use crate::support::crash_point;

/// What one try of a row came to, for the loop that hands out rows.
#[derive(Debug)]
pub(super) enum AttemptResult {
    /// The row is done with in this run.
    Done(Box<Job>, RowState),
    /// A copy may exist: the row is to be looked up.
    Settle(Box<UncertainRow>),
    /// It is to be tried again, not before the instant.
    Again(Box<Job>, AttemptCounts, Instant),
    /// The run stops before anything was sent: the row is as it was.
    Released,
    /// Its day is over: it is failed, and no request of it left in this try.
    Late(Box<Job>, AttemptCounts),
}

/// One try of one row: limiter, token, pause, journal, send, classify, decide, journal.
pub(super) async fn try_row<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    job: Job,
    counts: AttemptCounts,
) -> Result<AttemptResult, JournalError> {
    let prepared = tokio::select! {
        biased;
        () = run.service.control.stop.requested() => None,
        prepared = prepare(run, counts.was_null) => Some(prepared),
    };
    match prepared {
        Some(Ok(token)) => send(run, job, counts, &token).await,
        Some(Err(CredentialsRefused(words))) => {
            let words = run.service.tokens.scrub(&words);
            let ending = without_token(run, &job, AttemptClass::Refused, &words).await?;
            let next = Next::Credentials(words);
            Ok(follow_up(run, job, counts, &ending, next, None))
        }
        None => {
            let reason = run.service.tokens.why_no_token();
            if !reason.is_empty() {
                without_token(run, &job, AttemptClass::NotSent, &reason).await?;
            }
            Ok(AttemptResult::Released)
        }
    }
}

/// Waits for a token and a slot, until both are there and no pause is on. The token comes
/// first and the slot right before the request: so neither ages, and the rate holds on the wire.
async fn prepare<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    is_fresh: bool,
) -> Result<Token, CredentialsRefused> {
    loop {
        run.service.control.pause.wait().await;
        let token = run.service.tokens.take(is_fresh).await?;
        run.service.limiter.slot(Lane::First).await;
        if run.service.control.pause.deadline().is_none() {
            return Ok(token);
        }
    }
}

async fn send<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    job: Job,
    mut counts: AttemptCounts,
    token: &Token,
) -> Result<AttemptResult, JournalError> {
    if let Some(problem) = too_late(&job, run.today) {
        return give_up(run, job, counts, problem).await;
    }
    let request = copy_session(&job.request, &job.transaction_id, token.secret());
    crash_point("attempt-before-begin");
    let (row, at) = (job.key, Timestamp::now());
    let attempt = run.journal.begin(AttemptStart { row, at }).await?;
    crash_point("attempt-begun");
    run.service.limiter.wire().await;
    let was_accepted = token.is_accepted() && !counts.was_null;
    let exchange = run.service.transport.send(request).await;
    crash_point("attempt-answered");
    let http_status = exchange.as_ref().ok().map(|answer| answer.status);
    let verdict = classify_copy(&exchange, job.request.source, SystemTime::now());
    let is_null = matches!(verdict, Verdict::Null { .. });
    let verdict = interpret_null(run, &job, verdict, token, was_accepted).await;
    counts.was_null |= is_null && matches!(verdict, Verdict::TokenRefused(_));
    note_health(run, &verdict);
    let stop = note_answer(run, &verdict, exchange.is_ok());
    let history = history_of(run, &job, &verdict).await?;
    let (ending, next) = judge(run, &verdict, http_status, &mut counts, history);
    let end = AttemptEnd {
        row,
        attempt,
        ending: ending.clone(),
        at: Timestamp::now(),
    };
    let finished = run.journal.finish(end).await;
    crash_point("attempt-finished");
    let ending = Ending {
        row: finished?,
        ..ending
    };
    if let Some(stop) = stop {
        run.service.control.stop.stop(stop);
    }
    note_token(token, &verdict, http_status);
    if matches!(verdict, Verdict::Copied(_)) && ending.row == RowState::Uncertain {
        return not_its_own(run, job, counts, ending).await;
    }
    Ok(follow_up(run, job, counts, &ending, next, history))
}

/// What is to be known of a row before it may be looked up.
async fn history_of<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    job: &Job,
    verdict: &Verdict,
) -> Result<Option<SendHistory>, JournalError> {
    let is_settled = match verdict {
        Verdict::Unknown(_)
        | Verdict::Null { .. }
        | Verdict::TokenRefused(_)
        | Verdict::RefusedForNow { .. } => run.can_settle(),
        _ => false,
    };
    match is_settled {
        true => Ok(Some(run.journal.send_history(job.key).await?)),
        false => Ok(None),
    }
}

/// How an attempt ended, and what happens next, in words without any secret.
fn judge<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    verdict: &Verdict,
    http_status: Option<u16>,
    counts: &mut AttemptCounts,
    history: Option<SendHistory>,
) -> (Ending, Next) {
    let limits = Limits {
        can_settle: history.is_some_and(|history| !history.is_shared),
        ..run.limits
    };
    let (mut ending, next) = decide(verdict, http_status, counts, limits);
    let is_shared = history.is_some_and(|history| history.is_shared);
    if is_shared && ending.class == AttemptClass::Unknown {
        ending.text += "; another row has the same transaction id and title, so a look-up could \
                        not tell their copies apart";
    }
    let scrubbed = |text: &str| run.service.tokens.scrub(text);
    ending.text = scrubbed(&ending.text);
    let next = match next {
        Next::Credentials(words) => Next::Credentials(scrubbed(&words)),
        next => next,
    };
    (ending, next)
}

/// The session of the answer is another row's: what became of this one, nobody knows.
async fn not_its_own<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    job: Job,
    counts: AttemptCounts,
    ending: Ending,
) -> Result<AttemptResult, JournalError> {
    run.service.control.health.attempted(true);
    let ending = Ending {
        class: AttemptClass::Unknown,
        text: "the answer's session id is another row's".into(),
        ..ending
    };
    let history = match run.can_settle() {
        true => Some(run.journal.send_history(job.key).await?),
        false => None,
    };
    let next = match history {
        Some(history) if !history.is_shared => Next::Settle,
        _ => Next::Done,
    };
    Ok(follow_up(run, job, counts, &ending, next, history))
}

/// Counts what in a row means that the service loses answers, or gives none. Says whether that
/// stops the run.
fn note_answer<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    verdict: &Verdict,
    is_answered: bool,
) -> Option<Stop> {
    let health = &run.service.control.health;
    let is_null = matches!(verdict, Verdict::Null { .. });
    match verdict {
        Verdict::NotConnected(_) | Verdict::NotTrusted(_) | Verdict::NeverWritten(_) => {}
        Verdict::Unknown(_) | Verdict::Null { .. } => health.attempted(true),
        _ => health.attempted(false),
    }
    let most = most(run.limits.renewable_token);
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

fn note_health<T: Transport, J: Journal>(run: &RunContext<T, J>, verdict: &Verdict) {
    match verdict {
        Verdict::NotConnected(text) => run.service.control.not_connected(text),
        Verdict::NotTrusted(_) | Verdict::NeverWritten(_) => {}
        _ => run.service.control.health.connected(),
    }
    if !matches!(
        verdict,
        Verdict::NotConnected(_) | Verdict::RefusedForNow { .. }
    ) {
        run.service.control.pause.forgive();
    }
}

/// Carries out what was decided.
fn follow_up<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    job: Job,
    counts: AttemptCounts,
    ending: &Ending,
    next: Next,
    history: Option<SendHistory>,
) -> AttemptResult {
    if let Next::PauseAndSettle(wait) = &next {
        run.service.control.pause_for(wait, &ending.text);
    }
    let ready = match next {
        Next::Settle | Next::PauseAndSettle(_) => {
            let history = history.expect("a row is settled only where it was traced");
            return settle(run, job, counts, ending, history);
        }
        Next::Done => None,
        Next::Again => Some(Instant::now()),
        Next::BackOff => Some(Instant::now() + backoff(counts.tries.saturating_sub(1))),
        Next::Pause(wait) => {
            run.service.control.pause_for(&wait, &ending.text);
            (counts.tries < run.limits.max_attempts).then(Instant::now)
        }
        Next::Credentials(words) => {
            let text = format!("{words} (last for row '{}')", job.row_id);
            run.service.control.stop.stop(Stop::Credentials(text));
            None
        }
        Next::NotTrusted(reason) => {
            run.service.control.stop.stop(Stop::NotTrusted(reason));
            None
        }
    };
    match ready {
        Some(ready) => {
            run.service.emit(Event::Retrying {
                row_id: job.row_id.clone(),
                text: ending.text.clone(),
            });
            AttemptResult::Again(Box::new(job), counts, ready)
        }
        None => {
            run.finished(&job, ending);
            AttemptResult::Done(Box::new(job), ending.row.clone())
        }
    }
}

fn settle<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    job: Job,
    counts: AttemptCounts,
    ending: &Ending,
    history: SendHistory,
) -> AttemptResult {
    let text = ending.text.clone();
    run.service.emit(Event::Settling {
        row_id: job.row_id.clone(),
        text: text.clone(),
    });
    let why = match ending.class {
        AttemptClass::Refused if counts.was_null => LookupReason::Null,
        AttemptClass::Refused => LookupReason::Refused,
        _ => LookupReason::Unknown,
    };
    AttemptResult::Settle(Box::new(UncertainRow::of_this_run(
        job, counts, why, text, history,
    )))
}

/// Records why nothing of a row was sent: there is no token.
async fn without_token<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
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
    run.journal
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
