//! When a service that can't be reached, or refuses everything, stops a run.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::pause::LONGEST;
use super::stop::{REFUSALS_IN_A_ROW, Stop};
use crate::job::RowState;

/// Without a connection for so long before the service's first answer, the run stops.
const GONE_AT_START: Duration = Duration::from_secs(30);
/// Without a connection for so long later on, the run stops.
const GONE_LATER: Duration = Duration::from_secs(300);
/// A percentage of failures means something only after so many rows.
const ROWS_FOR_PERCENT: u64 = 20;

/// `--max-failures`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxFailures {
    /// Never stop.
    None,
    /// Stop once so many rows failed.
    Rows(u64),
    /// Stop once so many in a hundred finished rows failed.
    Percent(f64),
}

/// Watches how the run goes, and says when it should not go on.
pub struct Health {
    max_failures: MaxFailures,
    max_uncertain: Option<u64>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    has_answered: bool,
    silent_since: Option<Instant>,
    tokenless_since: Option<Instant>,
    finished: u64,
    failed: u64,
    uncertain: u64,
    refusals: u32,
    last_refusal_key: String,
    /// Attempts in a row that ended unknown.
    unknown: u32,
    /// Answers in a row to copies that had no word.
    nulls: u32,
}

/// So many answers in a row that have no word are no chance.
const NULLS_IN_A_ROW: u32 = 3;
/// So many attempts in a row that ended unknown mean that the service loses answers.
const UNKNOWN_IN_A_ROW: u32 = 5;

impl State {
    fn longest_silence(&self) -> Duration {
        if self.has_answered {
            GONE_LATER
        } else {
            GONE_AT_START
        }
    }
}

impl Health {
    pub(super) fn new(max_failures: MaxFailures, max_uncertain: Option<u64>) -> Self {
        Self {
            max_failures,
            max_uncertain,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    /// The service answered.
    pub(super) fn record_answer(&self) {
        let mut state = self.state();
        state.has_answered = true;
        state.silent_since = None;
    }

    /// A token was had.
    pub(super) fn record_token(&self) {
        self.record_answer();
        self.state().tokenless_since = None;
    }

    /// No token was had, for whatever reason. Says whether that has lasted too long.
    pub(super) fn no_token(&self, reason: &str) -> Option<Stop> {
        let mut state = self.state();
        let now = Instant::now();
        let since = *state.tokenless_since.get_or_insert(now);
        let longest = state.longest_silence();
        (now - since >= longest).then(|| {
            let longest = humantime::format_duration(longest);
            Stop::Unreachable(format!("no token for {longest}: {reason}"))
        })
    }

    /// An attempt was answered, or not: `is_unknown` says that nobody knows what became of it.
    pub(super) fn record_attempt(&self, is_unknown: bool) {
        let mut state = self.state();
        state.unknown = if is_unknown { state.unknown + 1 } else { 0 };
    }

    /// A copy was answered: `is_null` says that the answer has no word. Says whether those in a row
    /// are too many: for a token that has no successor, one is.
    pub(super) fn record_copy_answer(
        &self,
        is_null: bool,
        is_token_renewable: bool,
    ) -> Option<Stop> {
        let mut state = self.state();
        let most = if is_token_renewable {
            NULLS_IN_A_ROW
        } else {
            1
        };
        state.nulls = if is_null { state.nulls + 1 } else { 0 };
        (state.nulls >= most).then_some(Stop::Nulls(state.nulls))
    }

    /// Whether so many attempts in a row ended unknown that no other should begin.
    pub(super) fn is_losing_answers(&self) -> bool {
        self.state().unknown >= UNKNOWN_IN_A_ROW
    }

    /// The service was not reached. Says whether that has lasted too long.
    pub(super) fn not_connected(&self, reason: &str) -> Option<Stop> {
        let mut state = self.state();
        let now = Instant::now();
        let since = *state.silent_since.get_or_insert(now);
        (now - since >= state.longest_silence()).then(|| Stop::Unreachable(reason.to_owned()))
    }

    /// Whether so many rows, `awaiting_proof` ones besides those that ended uncertain, are too many that
    /// could not be settled.
    pub(super) fn unsettled(&self, awaiting_proof: u64) -> Option<Stop> {
        self.too_uncertain(self.state().uncertain + awaiting_proof)
    }

    fn too_uncertain(&self, count: u64) -> Option<Stop> {
        let is_over = self.max_uncertain.is_some_and(|most| count >= most.max(1));
        is_over.then_some(Stop::Uncertain(count))
    }

    /// How long a pause may be, so that a service that stays silent is given up in time.
    pub(super) fn patience(&self) -> Duration {
        let state = self.state();
        let since = [state.silent_since, state.tokenless_since];
        let Some(since) = since.into_iter().flatten().min() else {
            return LONGEST;
        };
        let end = since + state.longest_silence();
        let left = end.saturating_duration_since(Instant::now());
        left.max(Duration::from_millis(50))
    }

    /// What the last refusal has in common with others: its words, or its status.
    pub(super) fn last_refusal_key(&self) -> String {
        self.state().last_refusal_key.clone()
    }

    /// A row has its outcome. `refusal_key` is what its refusal has in common with others.
    pub(super) fn finished(&self, row: &RowState, refusal_key: &str) -> Option<Stop> {
        let mut state = self.state();
        state.finished += 1;
        match row {
            RowState::Failed(_) => {
                state.failed += 1;
                state.refusals = if state.last_refusal_key == refusal_key {
                    state.refusals + 1
                } else {
                    1
                };
                refusal_key.clone_into(&mut state.last_refusal_key);
            }
            RowState::Uncertain => {
                state.uncertain += 1;
                state.refusals = 0;
            }
            RowState::Copied(_) | RowState::Pending(_) => state.refusals = 0,
        }
        if let Some(stop) = self.too_uncertain(state.uncertain) {
            return Some(stop);
        }
        if state.refusals >= REFUSALS_IN_A_ROW {
            return Some(Stop::RefusedAlike(state.last_refusal_key.clone()));
        }
        let is_over = match self.max_failures {
            MaxFailures::None => false,
            MaxFailures::Rows(most) => state.failed >= most.max(1),
            MaxFailures::Percent(most) => {
                let percent = state.failed as f64 * 100.0 / state.finished as f64;
                state.finished >= ROWS_FOR_PERCENT && state.failed > 0 && percent >= most
            }
        };
        is_over.then(|| Stop::Failures(state.failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{ErrorClass, SessionId};

    const FAILED: RowState = RowState::Failed(ErrorClass::Refused);

    fn copied() -> RowState {
        RowState::Copied(SessionId::parse("aaaaaaaa-0000-4000-8000-00000000000a").unwrap())
    }

    #[test]
    fn failures_are_counted_as_rows_or_in_percent() {
        let health = Health::new(MaxFailures::Rows(2), None);
        assert_eq!(health.finished(&FAILED, "a"), None);
        assert_eq!(health.finished(&copied(), ""), None);
        assert_eq!(health.finished(&FAILED, "b"), Some(Stop::Failures(2)));
        let health = Health::new(MaxFailures::Percent(10.0), None);
        for number in 0..19 {
            assert_eq!(health.finished(&FAILED, &number.to_string()), None);
        }
        assert_eq!(health.finished(&copied(), ""), Some(Stop::Failures(19)));
    }

    #[test]
    fn twenty_refusals_alike_stop_the_run() {
        let health = Health::new(MaxFailures::None, None);
        for _ in 0..19 {
            assert_eq!(health.finished(&FAILED, "no such session"), None);
        }
        assert_eq!(health.finished(&FAILED, "bad address"), None);
        for _ in 0..19 {
            assert_eq!(health.finished(&FAILED, "no such session"), None);
        }
        let stop = health.finished(&FAILED, "no such session");
        assert_eq!(stop, Some(Stop::RefusedAlike("no such session".into())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_gone_stops_the_run() {
        let health = Health::new(MaxFailures::None, None);
        assert_eq!(health.not_connected("refused"), None);
        tokio::time::advance(Duration::from_secs(29)).await;
        assert_eq!(health.not_connected("refused"), None);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(health.not_connected("refused").is_some());
        health.record_answer();
        assert_eq!(health.not_connected("refused"), None);
        tokio::time::advance(Duration::from_secs(299)).await;
        assert_eq!(health.not_connected("refused"), None);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(health.not_connected("refused").is_some());
    }
}
