//! The one limit of a row that depends on today, judged when the row is about to be sent: a run may
//! go past midnight.

use jiff::Timestamp;
use jiff::civil::Date;

use super::attempt::AttemptResult;
use super::decide::AttemptCounts;
use super::{Job, Journal, JournalError, RunContext, Transport};
use crate::job::{AttemptClass, Ending, ErrorClass, RowState, expires_on_problem};

/// Why a row can't be sent today, if it can't.
pub(super) fn too_late(job: &Job, today: fn() -> Date) -> Option<String> {
    let problem = expires_on_problem(job.request.expires_on()?, today())?;
    Some(format!("column expires_on: {problem}"))
}

/// Records that a row whose day is over is not sent. It is no refusal of the service's, so it says
/// nothing about how the run goes.
pub(super) async fn give_up<T: Transport, J: Journal>(
    run: &RunContext<T, J>,
    job: Job,
    counts: AttemptCounts,
    problem: String,
) -> Result<AttemptResult, JournalError> {
    let ending = Ending {
        class: AttemptClass::NotSent,
        http_status: None,
        text: problem,
        row: RowState::Failed(ErrorClass::Invalid),
    };
    run.journal
        .postpone(job.key, ending.clone(), Timestamp::now())
        .await?;
    run.emit_finished(&job, ending.row, ending.text);
    Ok(AttemptResult::Late(Box::new(job), counts))
}
