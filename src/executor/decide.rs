//! What follows from a verdict: the row's state, and whether it is sent again. Pure.

use crate::job::{AttemptClass, AttemptOutcome, ErrorClass, RowState};
use crate::request::{RetryAfter, Verdict};

/// What a row has been through in this run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttemptCounts {
    /// Whether it counts among those that `--limit` allows.
    pub is_counted: bool,
    /// Tries, those included that never left.
    pub tries: u32,
    /// Answers in a row that did not accept the token.
    pub token_refusals: u32,
    /// HTTP 401 answers in a row.
    pub unauthorized: u32,
    /// How often it was sent again after a look-up had shown that no copy exists.
    pub resends: u32,
    /// Whether its token was refused by a null answer: it is sent again with a token of its own.
    pub was_null: bool,
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// The row has its outcome, at least for this run.
    Done,
    /// Again, once no pause is on.
    Again,
    /// Again after a backoff of its own.
    BackOff,
    /// The whole run pauses, as long as the service asks or by backoff; then again.
    Pause(RetryAfter),
    /// A copy may exist: it is looked up before anything else.
    Settle,
    /// The whole run pauses; then the row is looked up.
    PauseAndSettle(RetryAfter),
    /// The credentials are refused: the run stops, the row stays pending.
    Credentials(String),
    /// The service's certificate is not trusted: the run stops, the row stays pending.
    NotTrusted(String),
}

/// The limits that bound a row's tries.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `--max-attempts`.
    pub max_attempts: u32,
    /// Whether a refused token can be replaced.
    pub renewable_token: bool,
    /// Whether the row can be looked up.
    pub can_settle: bool,
}

/// So many answers in a row that refuse the token mean the credentials.
const TOKEN_REFUSALS: u32 = 3;
/// The second 401 means the credentials.
const UNAUTHORIZED: u32 = 2;

/// Decides what a verdict means for its row and the run: the "next" of the contract's table of
/// attempts. Pure, so that the whole table can be tested.
pub fn decide(
    verdict: &Verdict,
    http_status: Option<u16>,
    counts: &mut AttemptCounts,
    limits: Limits,
) -> (AttemptOutcome, NextStep) {
    counts.tries += 1;
    let token_refusals = std::mem::take(&mut counts.token_refusals);
    let unauthorized = std::mem::take(&mut counts.unauthorized);
    let (text, row, next) = match verdict {
        Verdict::Copied(id) => (String::new(), RowState::Copied(*id), NextStep::Done),
        Verdict::Refused(words) => {
            let failed = RowState::Failed(ErrorClass::Refused);
            (words.clone(), failed, NextStep::Done)
        }
        Verdict::TokenRefused(words) => {
            counts.token_refusals = token_refusals + 1;
            let is_last = counts.token_refusals >= TOKEN_REFUSALS || !limits.renewable_token;
            // Where it can be looked up, the refusal is not believed before that: the next run
            // settles the row.
            after_refused_token(words, is_last, limits.can_settle)
        }
        Verdict::Unauthorized => {
            counts.unauthorized = unauthorized + 1;
            let is_last = counts.unauthorized >= UNAUTHORIZED || !limits.renewable_token;
            after_refused_token("the service answered HTTP 401", is_last, false)
        }
        Verdict::RefusedForNow { wait } => {
            let is_settled = http_status == Some(503) && limits.can_settle;
            let (row, next) = match is_settled {
                true => (RowState::Uncertain, NextStep::PauseAndSettle(wait.clone())),
                false => (PENDING_REFUSED, NextStep::Pause(wait.clone())),
            };
            ("the service asked us to wait".into(), row, next)
        }
        Verdict::NotConnected(reason) => {
            let text = format!("no connection: {reason}");
            (text, PENDING_NOT_SENT, NextStep::Pause(RetryAfter::Unsaid))
        }
        Verdict::NotTrusted(reason) => {
            let text = format!("no connection: {reason}");
            (text, PENDING_NOT_SENT, NextStep::NotTrusted(reason.clone()))
        }
        Verdict::NeverWritten(reason) => {
            let text = format!("not sent: {reason}");
            (text, PENDING_NOT_SENT, NextStep::BackOff)
        }
        Verdict::Unknown(text) | Verdict::Null { text, .. } => {
            let next = if limits.can_settle {
                NextStep::Settle
            } else {
                NextStep::Done
            };
            (text.clone(), RowState::Uncertain, next)
        }
    };
    // Out of tries: no copy was made, so the next run tries again. A pause still holds for the other
    // rows.
    let is_again = matches!(next, NextStep::Again | NextStep::BackOff);
    let is_over = is_again && counts.tries >= limits.max_attempts;
    let next = if is_over { NextStep::Done } else { next };
    let outcome = AttemptOutcome {
        class: class_of(verdict),
        http_status,
        text,
        row,
    };
    (outcome, next)
}

/// After the last refusal that a row may have, the run stops.
fn after_refused_token(
    words: &str,
    is_last: bool,
    is_settled: bool,
) -> (String, RowState, NextStep) {
    let (row, next) = match is_settled {
        true => (RowState::Uncertain, NextStep::Settle),
        false => (PENDING_REFUSED, NextStep::Again),
    };
    let credentials = is_last.then(|| NextStep::Credentials(words.to_owned()));
    (words.to_owned(), row, credentials.unwrap_or(next))
}

const PENDING_REFUSED: RowState = RowState::Pending(ErrorClass::Refused);
const PENDING_NOT_SENT: RowState = RowState::Pending(ErrorClass::NotSent);

/// How an attempt with such a verdict ended.
fn class_of(verdict: &Verdict) -> AttemptClass {
    match verdict {
        Verdict::Copied(_) => AttemptClass::Copied,
        Verdict::Refused(_)
        | Verdict::TokenRefused(_)
        | Verdict::Unauthorized
        | Verdict::RefusedForNow { .. } => AttemptClass::Refused,
        Verdict::NotConnected(_) | Verdict::NotTrusted(_) | Verdict::NeverWritten(_) => {
            AttemptClass::NotSent
        }
        Verdict::Unknown(_) | Verdict::Null { .. } => AttemptClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::SessionId;

    const LIMITS: Limits = Limits {
        max_attempts: 5,
        renewable_token: true,
        can_settle: false,
    };

    fn null(may_be_token: bool) -> Verdict {
        let text = "null".into();
        Verdict::Null { may_be_token, text }
    }

    fn decided(verdict: Verdict, counts: &mut AttemptCounts) -> (RowState, NextStep) {
        let (outcome, next) = decide(&verdict, None, counts, LIMITS);
        (outcome.row, next)
    }

    #[test]
    fn outcomes_end_a_row() {
        let id = SessionId::parse("aaaaaaaa-0000-4000-8000-00000000000a").unwrap();
        for (verdict, expected) in [
            (Verdict::Copied(id), RowState::Copied(id)),
            (
                Verdict::Refused("no".into()),
                RowState::Failed(ErrorClass::Refused),
            ),
            (Verdict::Unknown("reset".into()), RowState::Uncertain),
            (null(true), RowState::Uncertain),
            (null(false), RowState::Uncertain),
        ] {
            assert_eq!(
                decided(verdict, &mut AttemptCounts::default()),
                (expected, NextStep::Done)
            );
        }
    }

    #[test]
    fn a_refused_token_is_renewed_twice_and_a_401_once() {
        let mut counts = AttemptCounts::default();
        let refused = || Verdict::TokenRefused("null".into());
        let pending = RowState::Pending(ErrorClass::Refused);
        assert_eq!(
            decided(refused(), &mut counts),
            (pending.clone(), NextStep::Again)
        );
        assert_eq!(decided(refused(), &mut counts).1, NextStep::Again);
        assert_eq!(
            decided(refused(), &mut counts).1,
            NextStep::Credentials("null".into())
        );
        let mut counts = AttemptCounts::default();
        assert_eq!(
            decided(Verdict::Unauthorized, &mut counts),
            (pending, NextStep::Again)
        );
        assert!(matches!(
            decided(Verdict::Unauthorized, &mut counts).1,
            NextStep::Credentials(_)
        ));
    }

    #[test]
    fn what_may_have_been_done_is_looked_up_where_that_is_possible() {
        let limits = Limits {
            can_settle: true,
            ..LIMITS
        };
        let settled = |verdict: Verdict, status| {
            let (outcome, next) = decide(&verdict, status, &mut AttemptCounts::default(), limits);
            assert_eq!(outcome.row, RowState::Uncertain, "{verdict:?}");
            next
        };
        let wait = RetryAfter::Wait(std::time::Duration::from_secs(3));
        assert_eq!(
            settled(Verdict::Unknown("reset".into()), None),
            NextStep::Settle
        );
        assert_eq!(settled(null(true), Some(200)), NextStep::Settle);
        assert_eq!(settled(null(false), Some(204)), NextStep::Settle);
        assert_eq!(
            settled(Verdict::TokenRefused("null".into()), Some(200)),
            NextStep::Settle
        );
        assert_eq!(
            settled(Verdict::RefusedForNow { wait: wait.clone() }, Some(503)),
            NextStep::PauseAndSettle(wait.clone())
        );
        // 429 and 401 say that nothing was done.
        for (verdict, status) in [
            (Verdict::RefusedForNow { wait }, 429),
            (Verdict::Unauthorized, 401),
        ] {
            let (outcome, _) = decide(
                &verdict,
                Some(status),
                &mut AttemptCounts::default(),
                limits,
            );
            assert_eq!(outcome.row, RowState::Pending(ErrorClass::Refused));
        }
        let mut third = AttemptCounts {
            token_refusals: 2,
            ..AttemptCounts::default()
        };
        let verdict = Verdict::TokenRefused("null".into());
        let (outcome, next) = decide(&verdict, Some(200), &mut third, limits);
        assert_eq!(outcome.row, RowState::Uncertain);
        assert!(matches!(next, NextStep::Credentials(_)));
    }

    #[test]
    fn only_refusals_in_a_row_count() {
        let mut counts = AttemptCounts::default();
        for _ in 0..2 {
            decided(Verdict::TokenRefused("null".into()), &mut counts);
            decided(Verdict::NeverWritten("closed".into()), &mut counts);
        }
        assert_eq!(counts.token_refusals, 0);
        assert_eq!(counts.tries, 4);
    }

    #[test]
    fn a_ready_token_has_no_second_chance() {
        let limits = Limits {
            renewable_token: false,
            ..LIMITS
        };
        for verdict in [Verdict::Unauthorized, Verdict::TokenRefused("null".into())] {
            let (outcome, next) = decide(&verdict, None, &mut AttemptCounts::default(), limits);
            assert_eq!(outcome.row, RowState::Pending(ErrorClass::Refused));
            assert!(matches!(next, NextStep::Credentials(_)));
        }
    }

    #[test]
    fn a_row_out_of_tries_stays_pending() {
        let mut counts = AttemptCounts {
            tries: 4,
            ..AttemptCounts::default()
        };
        let (row, next) = decided(Verdict::NeverWritten("closed".into()), &mut counts);
        assert_eq!(
            (row, next),
            (RowState::Pending(ErrorClass::NotSent), NextStep::Done)
        );
        let mut counts = AttemptCounts {
            tries: 4,
            ..AttemptCounts::default()
        };
        let wait = RetryAfter::Unsaid;
        let (row, next) = decided(Verdict::RefusedForNow { wait: wait.clone() }, &mut counts);
        assert_eq!(
            (row, next),
            (
                RowState::Pending(ErrorClass::Refused),
                NextStep::Pause(wait)
            )
        );
    }
}
