//! An uncertain row, and what is known for looking it up.

use std::time::Duration;

use tokio::time::Instant;

use crate::executor::decide::AttemptCounts;
use crate::executor::{Job, ManifestPresence, SendHistory, UncertainJob};

/// So many look-ups after the window without a usable answer are enough for one run.
pub(super) const MAX_LATE_LOOK_UPS: u32 = 4;

/// Why a row is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::executor) enum LookupReason {
    /// Nobody knows what became of its request.
    Unknown,
    /// The service said no, in a way that is not quite to be trusted.
    Refused,
    /// The service said nothing, to a token that it then did not take for a read either.
    Null,
    /// A report without its ledger calls it failed or pending, and may be older than its copy.
    Reported,
}

/// An uncertain row in the queue.
#[derive(Debug)]
pub(in crate::executor) struct UncertainRow {
    pub(in crate::executor) job: Job,
    pub(in crate::executor) counts: AttemptCounts,
    pub(in crate::executor) reason: LookupReason,
    /// What its attempt ended with, for people; empty for an earlier run's row.
    pub(in crate::executor) text: String,
    /// Known from its attempt, else from the first look-up on.
    pub(in crate::executor) history: Option<SendHistory>,
    /// Whether this run sent it.
    pub(in crate::executor) is_ours: bool,
    /// Whether it may be sent again once it is absent.
    pub(in crate::executor) presence: ManifestPresence,
    /// Whether new copies wait until something is found out about it.
    pub(in crate::executor) is_awaited: bool,
    pub(super) since: Instant,
    pub(super) late_look_ups: u32,
}

impl UncertainRow {
    /// A row that this run has sent.
    pub(in crate::executor) fn of_this_run(
        job: Job,
        counts: AttemptCounts,
        reason: LookupReason,
        text: String,
        history: SendHistory,
    ) -> Self {
        let history = Some(history);
        Self {
            reason,
            text,
            history,
            is_ours: true,
            ..Self::found(job, counts)
        }
    }

    /// A row that an earlier run left. To send it would be to send it again.
    pub(in crate::executor) fn of_earlier_run(found: UncertainJob) -> Self {
        let reason = match found.is_reported {
            true => LookupReason::Reported,
            false => LookupReason::Unknown,
        };
        Self {
            reason,
            presence: found.presence,
            is_awaited: found.is_reported,
            ..Self::found(found.job, AttemptCounts::default())
        }
    }

    fn found(job: Job, counts: AttemptCounts) -> Self {
        Self {
            job,
            counts,
            reason: LookupReason::Unknown,
            text: String::new(),
            history: None,
            is_ours: false,
            presence: ManifestPresence::Wanted,
            is_awaited: false,
            since: Instant::now(),
            late_look_ups: 0,
        }
    }

    /// Whether the service said no: where it can't be looked up, that is believed.
    pub(in crate::executor) fn is_refused(&self) -> bool {
        matches!(self.reason, LookupReason::Refused | LookupReason::Null)
    }

    /// Whether a look-up that finds nothing may decide. A report may be as young as its rows' copies.
    pub(super) fn is_late(&self, window: Duration) -> bool {
        self.since.elapsed() >= window
    }

    /// Counts a look-up after the window that decided nothing. Whether that was enough.
    pub(in crate::executor) fn is_given_up_after(&mut self, window: Duration) -> bool {
        self.late_look_ups += u32::from(self.is_late(window));
        self.late_look_ups >= MAX_LATE_LOOK_UPS
    }
}
