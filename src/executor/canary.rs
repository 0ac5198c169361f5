//! The first copy of a run goes alone and is read back, before many are made the same way.

use std::time::Duration;

use super::compare_copy::{CopyComparison, compare_copy};
use super::run_context::RunContext;
use super::stop::REFUSALS_BEFORE_ANY_COPY;
use super::{Job, Journal, RowKey, Stop, Transport};
use crate::job::{ErrorClass, RowState, SessionId};

/// Waits before each read of the copy: a new session may need a moment to be there.
const READS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(3),
];
/// Whether copies go one at a time, and which one is going.
#[derive(Debug, Default)]
pub(super) struct Canary {
    state: State,
    going: Option<RowKey>,
    refusals: u32,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// Not needed, or passed.
    #[default]
    Off,
    /// The first copy's source tells whether it is needed.
    Undecided,
    /// Until one is copied.
    Open,
    /// One is copied, and is being read back.
    Reading,
}

impl Canary {
    pub(super) fn new(is_wanted: bool) -> Self {
        let state = if is_wanted {
            State::Undecided
        } else {
            State::Off
        };
        Self {
            state,
            ..Self::default()
        }
    }

    pub(super) fn is_unset(&self) -> bool {
        self.state == State::Undecided
    }

    /// Decides by whether look-ups are proven for the first copy's source.
    pub(super) fn enable_unless(&mut self, is_proven: bool) {
        self.state = if is_proven { State::Off } else { State::Open };
    }

    /// Whether this row may be sent now; without one, whether a new row may.
    pub(super) fn admits(&self, row: Option<RowKey>) -> bool {
        match self.state {
            State::Off | State::Undecided => true,
            State::Open => self.going.is_none() || self.going == row,
            State::Reading => false,
        }
    }

    /// A row is sent.
    pub(super) fn begins(&mut self, row: RowKey) {
        if self.state == State::Open {
            self.going = Some(row);
        }
    }

    /// A row has its outcome for this run. Says whether it is a copy to be read back, or why
    /// the run should stop.
    pub(super) fn ended(
        &mut self,
        row: RowKey,
        became: &RowState,
        words: &str,
    ) -> Result<bool, Stop> {
        if self.state != State::Open {
            return Ok(false);
        }
        if self.going == Some(row) {
            self.going = None;
        }
        match became {
            RowState::Copied(_) => {
                self.state = State::Reading;
                return Ok(true);
            }
            RowState::Failed(ErrorClass::Refused) => self.refusals += 1,
            _ => self.refusals = 0,
        }
        if self.refusals < REFUSALS_BEFORE_ANY_COPY {
            return Ok(false);
        }
        Err(Stop::RefusedFirst(words.to_owned()))
    }

    /// The copy is what was asked for.
    pub(super) fn mark_passed(&mut self) {
        self.state = State::Off;
    }
}

impl<T: Transport, J: Journal> RunContext<T, J> {
    /// Reads a copy back. Gives what is worth a word: no difference is among it.
    ///
    /// # Errors
    /// Why the run should stop: the copy differs, or no read was answered.
    pub(super) async fn read_back(&self, job: &Job, id: SessionId) -> Result<CopyComparison, Stop> {
        let copied = format!("{} was copied as {id}, but", job.name);
        let mut last = String::new();
        for wait in READS {
            tokio::time::sleep(wait).await;
            match self.service.reads.session(id).await {
                Ok(session) => {
                    self.control.health.record_answer();
                    let found = compare_copy(job, &session);
                    return if found.differing.is_empty() {
                        Ok(found)
                    } else {
                        let differing = found.differing.join("; ");
                        let text = format!("{copied} the copy differs from the row: {differing}");
                        Err(Stop::Canary(text))
                    };
                }
                Err(error) => last = self.service.note_read_error(&error),
            }
        }
        let tries = READS.len();
        Err(Stop::Canary(format!(
            "{copied} could not be read back in {tries} tries: {last}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> SessionId {
        SessionId::parse("aaaaaaaa-0000-4000-8000-00000000000a").unwrap()
    }

    #[test]
    fn one_row_goes_at_a_time_until_one_is_copied() {
        let mut canary = Canary::new(true);
        canary.enable_unless(false);
        let (one, two) = (RowKey(1), RowKey(2));
        assert!(canary.admits(None));
        canary.begins(one);
        assert!(!canary.admits(None) && !canary.admits(Some(two)) && canary.admits(Some(one)));
        assert_eq!(canary.ended(one, &RowState::Uncertain, ""), Ok(false));
        canary.begins(two);
        assert_eq!(canary.ended(two, &RowState::Copied(id()), ""), Ok(true));
        assert!(!canary.admits(None));
        canary.mark_passed();
        assert!(canary.admits(None));
    }

    #[test]
    fn three_refusals_before_any_copy_stop_the_run() {
        let mut canary = Canary::new(true);
        canary.enable_unless(false);
        let refused = RowState::Failed(ErrorClass::Refused);
        for end in [&refused, &refused, &RowState::Uncertain, &refused, &refused] {
            assert_eq!(canary.ended(RowKey(1), end, ""), Ok(false));
        }
        assert_eq!(
            canary.ended(RowKey(1), &refused, "no"),
            Err(Stop::RefusedFirst("no".into()))
        );
    }
}
