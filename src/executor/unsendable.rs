//! Rows of which no request is made: their day is over, or today's limits refuse cells that an earlier
//! version took. Neither is a refusal of the service's, so neither says how the run goes.

use std::collections::VecDeque;

use jiff::Timestamp;
use jiff::civil::Date;

use super::run_context::RunContext;
use super::{Job, Journal, JournalError, NamedRow, RowKey, Transport};
use crate::job::{AttemptClass, AttemptOutcome, ErrorClass, RowState, expires_on_problem};

/// Why a row can't be sent today, if it can't.
pub(super) fn expiry_problem(job: &Job, today: fn() -> Date) -> Option<String> {
    let problem = expires_on_problem(job.request.expires_on()?, today())?;
    Some(format!("column expires_on: {problem}"))
}

impl<T: Transport, J: Journal> RunContext<T, J> {
    /// The next pending rows, at most `limit`; none when all are taken. Those that can't be sent any
    /// more are recorded as failed.
    pub(super) async fn claim(&self, limit: usize) -> Result<VecDeque<Job>, JournalError> {
        loop {
            let claimed = self.journal.claim(limit).await?;
            let is_last = claimed.is_empty();
            let mut jobs = VecDeque::new();
            for row in claimed {
                match row {
                    Ok(job) => jobs.push_back(job),
                    Err(row) => {
                        self.record_unsendable(row.key, row.row, row.problem)
                            .await?;
                    }
                }
            }
            if is_last || !jobs.is_empty() {
                return Ok(jobs);
            }
        }
    }

    /// Records that a row is not sent, and why.
    pub(super) async fn record_unsendable(
        &self,
        key: RowKey,
        row: NamedRow,
        problem: String,
    ) -> Result<(), JournalError> {
        let outcome = AttemptOutcome {
            class: AttemptClass::NotSent,
            http_status: None,
            text: problem,
            row: RowState::Failed(ErrorClass::Invalid),
        };
        self.journal
            .postpone(key, outcome.clone(), Timestamp::now())
            .await?;
        self.emit_finished(row, outcome.row, outcome.text);
        Ok(())
    }
}
