//! What every task of a run shares.

use std::sync::Arc;

use jiff::civil::Date;

use super::decide::Limits;
use super::run_control::RunControl;
use super::service_client::ServiceClient;
use super::settle::Proofs;
use super::{Event, Job, Journal, JournalError, NamedRow, SendHistory, Transport};
use crate::job::{AttemptOutcome, RowState};

/// What every task of a run shares.
pub(super) struct RunContext<T, J> {
    pub(super) service: ServiceClient<T>,
    /// The one that `service` has, within reach of every step.
    pub(super) control: Arc<RunControl>,
    pub(super) journal: J,
    pub(super) proofs: Proofs,
    pub(super) limits: Limits,
    /// Whether uncertain rows are looked up.
    pub(super) settles: bool,
    /// The day, in UTC.
    pub(super) today: fn() -> Date,
}

impl<T: Transport, J: Journal> RunContext<T, J> {
    /// Whether uncertain rows can be looked up, as far as is known.
    pub(super) fn can_settle(&self) -> bool {
        self.settles && self.service.reads.username().is_some()
    }

    /// The send history of a row, where it could be looked up.
    pub(super) async fn history_if_settled(
        &self,
        job: &Job,
    ) -> Result<Option<SendHistory>, JournalError> {
        match self.can_settle() {
            true => self.journal.send_history(job.key).await.map(Some),
            false => Ok(None),
        }
    }

    /// A row of this run has its outcome.
    pub(super) fn finished(&self, job: &Job, outcome: &AttemptOutcome) {
        let refusal_key = refusal_key(outcome);
        self.control
            .stop_if(self.control.health.finished(&outcome.row, &refusal_key));
        self.emit_finished(job.named(), outcome.row.clone(), outcome.text.clone());
    }

    pub(super) fn emit_finished(&self, row: NamedRow, became: RowState, text: String) {
        self.control.emit(Event::Finished { row, became, text });
    }
}

/// What a refusal has in common with others: the status if it is no success, else the words.
fn refusal_key(outcome: &AttemptOutcome) -> String {
    match outcome.http_status {
        Some(status) if !(200..=299).contains(&status) => format!("HTTP {status}"),
        _ => outcome.text.clone(),
    }
}
