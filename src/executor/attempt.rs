//! One attempt of a row: token, slot, journal, send, classify, decide, journal.

use std::time::SystemTime;

use jiff::Timestamp;
use tokio::time::Instant;

use super::decide::{AttemptCounts, Limits, NextStep, decide};
use super::pause::backoff;
use super::run_context::RunContext;
use super::settle::{LookupReason, UncertainRow};
use super::tokens::{CredentialsRefused, Token};
use super::unsendable::expiry_problem;
use super::{
    AttemptEnd, AttemptKey, AttemptStart, Event, Job, Journal, JournalError, SendHistory, Stop,
    Transport,
};
use crate::job::{AttemptClass, AttemptOutcome, ErrorClass, RowState};
use crate::request::{Exchange, Verdict, classify_copy, copy_session};
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
    Expired(Box<Job>, AttemptCounts),
}

impl<T: Transport, J: Journal> RunContext<T, J> {
    /// One try of one row. The token comes first and the slot right before the request: so neither
    /// ages, and the rate holds on the wire.
    pub(super) async fn try_row(
        &self,
        job: Job,
        counts: AttemptCounts,
    ) -> Result<AttemptResult, JournalError> {
        let token = tokio::select! {
            biased;
            () = self.control.switch.requested() => None,
            token = self.service.tokens.take_with_slot(counts.was_null) => Some(token),
        };
        match token {
            Some(Ok(token)) => self.send(job, counts, &token).await,
            Some(Err(CredentialsRefused(words))) => {
                let class = AttemptClass::Refused;
                let outcome = self.record_no_token(&job, class, &words).await?;
                let next = NextStep::Credentials(words);
                Ok(self.follow_up(job, counts, &outcome, next, None))
            }
            None => {
                let reason = self.service.tokens.why_no_token();
                if !reason.is_empty() {
                    let class = AttemptClass::NotSent;
                    self.record_no_token(&job, class, &reason).await?;
                }
                Ok(AttemptResult::Released)
            }
        }
    }

    async fn send(
        &self,
        job: Job,
        mut counts: AttemptCounts,
        token: &Token,
    ) -> Result<AttemptResult, JournalError> {
        if let Some(problem) = expiry_problem(&job, self.today) {
            self.record_unsendable(job.key, job.named(), problem)
                .await?;
            return Ok(AttemptResult::Expired(Box::new(job), counts));
        }
        let was_accepted = token.is_accepted() && !counts.was_null;
        let (attempt, exchange) = self.begin_and_send(&job, token).await?;
        let http_status = exchange.as_ref().ok().map(|answer| answer.status);
        let verdict = classify_copy(&exchange, job.request.source, SystemTime::now());
        let is_null = matches!(verdict, Verdict::Null { .. });
        let verdict = self
            .interpret_null(&job, verdict, token, was_accepted)
            .await
            .map_text(|text| self.service.tokens.scrub(text));
        counts.was_null |= is_null && matches!(verdict, Verdict::TokenRefused(_));
        self.note_connection(&verdict);
        let stop = self.note_answer(&verdict, exchange.is_ok());
        let history = match may_be_settled(&verdict) {
            true => self.history_if_settled(&job).await?,
            false => None,
        };
        let (outcome, next) = self.decide(&verdict, http_status, &mut counts, history);
        let outcome = self.record_end(&job, attempt, outcome).await?;
        self.control.stop_if(stop);
        note_token(token, &verdict, http_status);
        if matches!(verdict, Verdict::Copied(_)) && outcome.row == RowState::Uncertain {
            return self.session_is_another_rows(job, counts, outcome).await;
        }
        Ok(self.follow_up(job, counts, &outcome, next, history))
    }

    async fn begin_and_send(
        &self,
        job: &Job,
        token: &Token,
    ) -> Result<(AttemptKey, Exchange), JournalError> {
        let request = copy_session(&job.request, &job.transaction_id, token.secret());
        crash_point("attempt-before-begin");
        let (row, at) = (job.key, Timestamp::now());
        let attempt = self.journal.begin(AttemptStart { row, at }).await?;
        crash_point("attempt-begun");
        let exchange = self.service.sender.send(request).await;
        crash_point("attempt-answered");
        Ok((attempt, exchange))
    }

    /// Records how an attempt ended. Gives that with what the row became.
    async fn record_end(
        &self,
        job: &Job,
        attempt: AttemptKey,
        outcome: AttemptOutcome,
    ) -> Result<AttemptOutcome, JournalError> {
        let end = AttemptEnd {
            row: job.key,
            attempt,
            outcome: outcome.clone(),
            at: Timestamp::now(),
        };
        let finished = self.journal.finish(end).await;
        crash_point("attempt-finished");
        let row = finished?;
        Ok(AttemptOutcome { row, ..outcome })
    }

    /// How an attempt ended, and what happens next.
    fn decide(
        &self,
        verdict: &Verdict,
        http_status: Option<u16>,
        counts: &mut AttemptCounts,
        history: Option<SendHistory>,
    ) -> (AttemptOutcome, NextStep) {
        let limits = Limits {
            can_settle: history.is_some_and(|history| !history.is_shared),
            ..self.limits
        };
        let (mut outcome, next) = decide(verdict, http_status, counts, limits);
        let is_shared = history.is_some_and(|history| history.is_shared);
        if is_shared && outcome.class == AttemptClass::Unknown {
            outcome.text += "; another row has the same transaction id and title, so a look-up could \
                            not tell their copies apart";
        }
        (outcome, next)
    }

    /// The session of the answer is another row's: what became of this one, nobody knows.
    async fn session_is_another_rows(
        &self,
        job: Job,
        counts: AttemptCounts,
        outcome: AttemptOutcome,
    ) -> Result<AttemptResult, JournalError> {
        self.control.health.record_attempt(true);
        let outcome = AttemptOutcome {
            class: AttemptClass::Unknown,
            text: "the service answered with the session id of another row's copy".into(),
            ..outcome
        };
        let history = self.history_if_settled(&job).await?;
        let next = match history {
            Some(history) if !history.is_shared => NextStep::Settle,
            _ => NextStep::Done,
        };
        Ok(self.follow_up(job, counts, &outcome, next, history))
    }

    /// Carries out what was decided.
    fn follow_up(
        &self,
        job: Job,
        counts: AttemptCounts,
        outcome: &AttemptOutcome,
        next: NextStep,
        history: Option<SendHistory>,
    ) -> AttemptResult {
        let again_at = match next {
            NextStep::Settle => return self.settle(job, counts, outcome, history),
            NextStep::PauseAndSettle(wait) => {
                self.control.pause_for(&wait, &outcome.text);
                return self.settle(job, counts, outcome, history);
            }
            NextStep::Done => None,
            NextStep::Again => Some(Instant::now()),
            NextStep::BackOff => Some(Instant::now() + backoff(counts.tries.saturating_sub(1))),
            NextStep::Pause(wait) => {
                self.control.pause_for(&wait, &outcome.text);
                (counts.tries < self.limits.max_attempts).then(Instant::now)
            }
            NextStep::Credentials(words) => {
                let text = format!("{words} (last for {})", job.name);
                self.control.stop(Stop::Credentials(text));
                None
            }
            NextStep::NotTrusted(reason) => {
                self.control.stop(Stop::NotTrusted(reason));
                None
            }
        };
        match again_at {
            Some(again_at) => {
                self.control.emit(Event::Retrying {
                    row: job.named(),
                    text: outcome.text.clone(),
                });
                AttemptResult::Again(Box::new(job), counts, again_at)
            }
            None => {
                self.finished(&job, outcome);
                AttemptResult::Done(Box::new(job), outcome.row.clone())
            }
        }
    }

    fn settle(
        &self,
        job: Job,
        counts: AttemptCounts,
        outcome: &AttemptOutcome,
        history: Option<SendHistory>,
    ) -> AttemptResult {
        let history = history.expect("only a row whose history is known is settled");
        let text = outcome.text.clone();
        self.control.emit(Event::Settling {
            row: job.named(),
            text: text.clone(),
        });
        let reason = match outcome.class {
            AttemptClass::Refused if counts.was_null => LookupReason::Null,
            AttemptClass::Refused => LookupReason::Refused,
            _ => LookupReason::Unknown,
        };
        let row = UncertainRow::of_this_run(job, counts, reason, text, history);
        AttemptResult::Settle(Box::new(row))
    }

    /// Records why nothing of a row was sent: there is no token.
    async fn record_no_token(
        &self,
        job: &Job,
        class: AttemptClass,
        words: &str,
    ) -> Result<AttemptOutcome, JournalError> {
        let error = match class {
            AttemptClass::Refused => ErrorClass::Refused,
            _ => ErrorClass::NotSent,
        };
        let outcome = AttemptOutcome {
            class,
            http_status: None,
            text: format!("token call: {words}"),
            row: RowState::Pending(error),
        };
        let now = Timestamp::now();
        self.journal.postpone(job.key, outcome.clone(), now).await?;
        Ok(outcome)
    }

    /// Counts what in a row means that the service loses answers, or gives none. Says whether that
    /// stops the run.
    fn note_answer(&self, verdict: &Verdict, is_answered: bool) -> Option<Stop> {
        let health = &self.control.health;
        match verdict {
            Verdict::NotConnected(_) | Verdict::NotTrusted(_) | Verdict::NeverWritten(_) => {}
            Verdict::Unknown(_) | Verdict::Null { .. } => health.record_attempt(true),
            _ => health.record_attempt(false),
        }
        let is_null = matches!(verdict, Verdict::Null { .. });
        is_answered
            .then(|| health.record_copy_answer(is_null, self.limits.renewable_token))
            .flatten()
    }

    fn note_connection(&self, verdict: &Verdict) {
        match verdict {
            Verdict::NotConnected(text) => self.control.not_connected(text),
            Verdict::NotTrusted(_) | Verdict::NeverWritten(_) => {}
            _ => self.control.health.record_answer(),
        }
        if !matches!(
            verdict,
            Verdict::NotConnected(_) | Verdict::RefusedForNow { .. }
        ) {
            self.control.pause.reset_backoff();
        }
    }
}

/// Whether the row of such a verdict is looked up, where it can be.
fn may_be_settled(verdict: &Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Unknown(_)
            | Verdict::Null { .. }
            | Verdict::TokenRefused(_)
            | Verdict::RefusedForNow { .. }
    )
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
