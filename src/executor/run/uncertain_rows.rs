//! What the loop does with uncertain rows.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;

use super::claimed::{CLAIM_SIZE, MAX_WAITING};
use super::loop_state::{Loop, Task, TaskEnd};
use crate::executor::settle::{LookupReason, LookupResult, UncertainRow};
use crate::executor::unsendable::expiry_problem;
use crate::executor::{
    Event, InvalidRow, Job, Journal, JournalError, ManifestPresence, RowKey, Settlement, Stop,
    Transport,
};
use crate::job::{AttemptClass, AttemptOutcome, ErrorClass, RowState};
use crate::support::crash_point;

/// A row is sent again at most so often in one run, each time after it was proven absent.
const RESENDS: u32 = 2;
/// Why a row that looks absent stays uncertain.
const UNPROVEN: &str = "look-ups find no copy, but no known copy of the same source proves that \
                        look-ups work";

impl<T: Transport, J: Journal> Loop<'_, T, J> {
    /// Takes up the rows that earlier runs left uncertain.
    pub(super) async fn claim_uncertain(&mut self) -> Result<(), JournalError> {
        let has_room = self.settling.len() + self.waiting.len() < MAX_WAITING;
        if !self.run.can_settle() || self.claimed.is_exhausted_of_uncertain || !has_room {
            return Ok(());
        }
        let found = self.run.journal.claim_uncertain(CLAIM_SIZE).await?;
        self.claimed.is_exhausted_of_uncertain = found.is_empty();
        for row in found {
            match row {
                Ok(row) => {
                    self.reported += u64::from(row.is_reported);
                    self.settling.push(UncertainRow::of_earlier_run(row));
                }
                Err(row) => self.leave_invalid(row).await?,
            }
        }
        Ok(())
    }

    /// A copy of such a row may exist, but its cells don't say any more which session that would be.
    async fn leave_invalid(&mut self, row: InvalidRow) -> Result<(), JournalError> {
        let text = format!("not settled: {}", row.problem);
        self.record(row.key, RowState::Uncertain, text.clone())
            .await?;
        self.run.emit_finished(row.row, RowState::Uncertain, text);
        Ok(())
    }

    /// Starts the look-up of a row.
    pub(super) fn look(&mut self, mut row: UncertainRow) {
        let about = Task::look_up(&row);
        let run = Arc::clone(&self.run);
        let window = self.settings.settle_window;
        self.spawn(about, async move {
            let looked = run.look_up(&mut row, window).await?;
            Ok(TaskEnd::LookedUp(Box::new(row), looked))
        });
    }

    /// Goes on from what a look-up came to.
    pub(super) async fn look_up_ended(
        &mut self,
        mut row: UncertainRow,
        result: LookupResult,
    ) -> Result<(), JournalError> {
        if !matches!(result, LookupResult::Undecided(_)) {
            self.stop_awaiting(&mut row);
        }
        match result {
            LookupResult::Settled(became) => self.settled(&row, &became, String::new()),
            LookupResult::Absent => return self.absent(row).await,
            LookupResult::Undecided(text) => {
                if row.is_given_up_after(self.settings.settle_window) {
                    self.stop_awaiting(&mut row);
                    return self.unsettled(&row, &text).await;
                }
                self.settling.push(row);
            }
            LookupResult::Unproven if self.settling.is_full() => {
                return self.unsettled(&row, UNPROVEN).await;
            }
            LookupResult::Unproven => self.await_proof(row),
            LookupResult::Undecidable(text) => return self.unsettled(&row, &text).await,
            // Without look-ups, a refusal is simply believed.
            LookupResult::LookUpsOff if row.is_refused() => return self.absent(row).await,
            LookupResult::LookUpsOff => {
                return self.unsettled(&row, "look-ups are not possible").await;
            }
            LookupResult::Stopped => {}
        }
        Ok(())
    }

    /// A row that has no copy is sent again, as long as it may be.
    async fn absent(&mut self, mut row: UncertainRow) -> Result<(), JournalError> {
        let is_held_back = matches!(row.presence, ManifestPresence::HeldBack(..));
        if row.reason == LookupReason::Reported && !is_held_back {
            return self.confirm_absent(row).await;
        }
        let is_refused = row.is_refused();
        row.counts.resends += u32::from(!is_refused);
        let has_tries = row.counts.tries < self.settings.max_attempts;
        let may_be_sent = has_tries && row.counts.resends <= RESENDS;
        let (became, what) = self.of_absent(&row, may_be_sent);
        let text = joined(&row, &what);
        let is_pending = matches!(became, RowState::Pending(_));
        let is_again = is_pending
            && may_be_sent
            && row.presence == ManifestPresence::Wanted
            && !self.is_stopped();
        crash_point("absent-before-record");
        self.record(row.job.key, became.clone(), text.clone())
            .await?;
        crash_point("absent-recorded");
        if !is_again {
            self.count_pending(&became);
            self.settled(&row, &became, text);
            return Ok(());
        }
        let UncertainRow { job, counts, .. } = row;
        self.run.control.emit(Event::Retrying {
            row: job.named(),
            text,
        });
        self.waiting
            .insert((Instant::now(), job.key), (job, counts));
        Ok(())
    }

    /// What a row becomes that has no copy, and what is said of it.
    fn of_absent(&self, row: &UncertainRow, may_be_sent: bool) -> (RowState, String) {
        let unknown = ErrorClass::Unknown;
        match (&row.presence, expiry_problem(&row.job, self.settings.today)) {
            (ManifestPresence::Gone, _) => (
                RowState::Failed(unknown),
                "no copy exists, and the row is no longer in the list".to_owned(),
            ),
            (ManifestPresence::HeldBack(class, problem), _) => (
                RowState::Failed(*class),
                format!("no copy exists; {problem}"),
            ),
            // What is known here would be sent to whom nobody wants any more.
            (ManifestPresence::Changed, _) => (
                RowState::Pending(unknown),
                "no copy exists; the next run sends what the row says now".to_owned(),
            ),
            (ManifestPresence::Wanted, Some(problem)) => {
                let text = format!("no copy exists; {problem}");
                (RowState::Failed(ErrorClass::Invalid), text)
            }
            (ManifestPresence::Wanted, None) if row.is_refused() => {
                (RowState::Pending(ErrorClass::Refused), String::new())
            }
            (ManifestPresence::Wanted, None) if may_be_sent => {
                (RowState::Pending(unknown), "no copy exists".to_owned())
            }
            (ManifestPresence::Wanted, None) => (
                RowState::Failed(unknown),
                "no copy exists, but all attempts are used up".to_owned(),
            ),
        }
    }

    /// A row that is failed or pending, as its report says: it is sent as if this were its first
    /// time, and for its ledger it is.
    async fn confirm_absent(&mut self, row: UncertainRow) -> Result<(), JournalError> {
        let now = Timestamp::now();
        self.run.journal.confirm_absent(row.job.key, now).await?;
        self.claimed.reopen();
        self.run.control.emit(Event::Retrying {
            row: row.job.named(),
            text: "no copy exists, as its report says".into(),
        });
        Ok(())
    }

    /// Whether rows of a report are still to be looked up. Until then nothing new is sent: should
    /// one of them not fit its transaction id, none can be relied on. The journal gives them before
    /// other uncertain rows, and more are claimed before anything is sent.
    pub(super) fn awaits_reported(&self) -> bool {
        self.run.can_settle() && self.reported > 0
    }

    /// New copies don't wait for this row any more.
    fn stop_awaiting(&mut self, row: &mut UncertainRow) {
        self.reported -= u64::from(std::mem::take(&mut row.is_awaited));
    }

    /// A row that looks absent, with nothing that would prove it: once there is a known copy of
    /// its source, it is looked up again.
    fn await_proof(&mut self, row: UncertainRow) {
        self.free_canary(row.job.key);
        self.settling.await_proof(row);
        let awaiting = self.settling.awaiting_proof_of_this_run();
        let control = &self.run.control;
        control.stop_if(control.health.unsettled(awaiting));
    }

    /// The end of the run: what waits for a proof stays uncertain.
    pub(super) async fn give_up_awaiting_proof(&mut self) {
        for row in self.settling.take_awaiting_proof() {
            if let Err(error) = self.unsettled(&row, UNPROVEN).await {
                self.run.control.stop(Stop::Journal(error.0));
                return;
            }
        }
    }

    /// Nothing more can be found out about a row in this run.
    async fn unsettled(&mut self, row: &UncertainRow, why: &str) -> Result<(), JournalError> {
        let text = joined(row, &format!("not settled: {why}"));
        self.record(row.job.key, RowState::Uncertain, text.clone())
            .await?;
        self.settled(row, &RowState::Uncertain, text);
        Ok(())
    }

    async fn record(
        &self,
        row: RowKey,
        became: RowState,
        text: String,
    ) -> Result<(), JournalError> {
        let settled = Settlement { row: became, text };
        let now = Timestamp::now();
        self.run.journal.settle(row, settled, now).await?;
        Ok(())
    }

    /// A row has its outcome for this run. One that an earlier run sent says nothing about how
    /// this run goes.
    fn settled(&mut self, row: &UncertainRow, became: &RowState, text: String) {
        if row.is_ours {
            let outcome = AttemptOutcome {
                class: AttemptClass::Unknown,
                http_status: None,
                text,
                row: became.clone(),
            };
            self.run.finished(&row.job, &outcome);
        } else {
            self.run
                .emit_finished(row.job.named(), became.clone(), text);
        }
        self.after_outcome(&row.job, became);
    }

    /// What a row's outcome means for the rows that wait for one.
    pub(super) fn after_outcome(&mut self, job: &Job, became: &RowState) {
        if let RowState::Copied(_) = became {
            self.settling.proof_may_exist(job.request.source);
        }
        self.canary_row_ended(job, became);
    }
}

fn joined(row: &UncertainRow, what: &str) -> String {
    let parts = [row.text.as_str(), what];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("; ")
}
