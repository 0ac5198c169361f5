//! The one limit of a row that depends on today, judged when the row is about to be sent: a run may
//! go past midnight.

use jiff::Timestamp;
use jiff::civil::Date;

use super::attempt::TryEnd;
use super::decide::Tally;
use super::{Job, Journal, JournalError, Shared, Transport};
use crate::job::{AttemptClass, Ending, ErrorClass, RowState, expires_on_problem};

/// Why a row can't be sent today, if it can't.
pub(super) fn too_late(job: &Job, today: fn() -> Date) -> Option<String> {
    let problem = expires_on_problem(job.request.expires_on()?, today())?;
    Some(format!("column expires_on: {problem}"))
}

/// Records that a row whose day is over is not sent. It is no refusal of the service's, so it says
/// nothing about how the run goes.
pub(super) async fn give_up<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    job: Job,
    tally: Tally,
    problem: String,
) -> Result<TryEnd, JournalError> {
    let ending = Ending {
        class: AttemptClass::NotSent,
        http_status: None,
        text: problem,
        row: RowState::Failed(ErrorClass::Invalid),
    };
    shared
        .journal
        .postpone(job.key, ending.clone(), Timestamp::now())
        .await?;
    shared.tell_finished(&job, ending.row, ending.text);
    Ok(TryEnd::Late(Box::new(job), tally))
}
