//! The rows that a run has claimed from the journal and not begun yet.

use std::collections::VecDeque;

use crate::executor::run_context::RunContext;
use crate::executor::{Job, Journal, JournalError, Transport};

/// Rows are claimed from the journal in groups of this size.
pub(super) const CLAIM_SIZE: usize = 256;
/// Rows that wait or settle; beyond that no new ones begin, so that memory stays bounded.
pub(super) const MAX_WAITING: usize = 1024;

/// The rows that the journal gave and that are not begun yet.
#[derive(Debug, Default)]
pub(super) struct Claimed {
    fresh: VecDeque<Job>,
    is_exhausted: bool,
    /// Whether the journal has no more rows that an earlier run left uncertain.
    pub(super) is_exhausted_of_uncertain: bool,
}

impl Claimed {
    /// The next new row, if there is one.
    pub(super) async fn next<T: Transport, J: Journal>(
        &mut self,
        run: &RunContext<T, J>,
    ) -> Result<Option<Job>, JournalError> {
        self.has_next(run).await?;
        Ok(self.fresh.pop_front())
    }

    /// The journal has got more to give.
    pub(super) fn reopen(&mut self) {
        self.is_exhausted = false;
    }

    /// Whether there is another new row.
    pub(super) async fn has_next<T: Transport, J: Journal>(
        &mut self,
        run: &RunContext<T, J>,
    ) -> Result<bool, JournalError> {
        if self.fresh.is_empty() && !self.is_exhausted {
            self.fresh = run.claim(CLAIM_SIZE).await?;
            self.is_exhausted = self.fresh.is_empty();
        }
        Ok(!self.fresh.is_empty())
    }
}
