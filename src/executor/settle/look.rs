//! One look-up of an uncertain row.

use std::time::Duration;

use jiff::Timestamp;

use super::matching::{MatchResult, match_sessions};
use super::proof::Proof;
use super::uncertain_row::{LookupReason, UncertainRow};
use crate::executor::compare_copy::compare_copy;
use crate::executor::run_context::RunContext;
use crate::executor::{Journal, JournalError, Settlement, Stop, Transport};
use crate::job::{RowState, SessionId};
use crate::request::ReadError;
use crate::support::crash_point;

/// What one look-up of an uncertain row came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::executor) enum LookupResult {
    /// The row is recorded as copied, or as something else if its session is another row's.
    Settled(RowState),
    /// There is no copy.
    Absent,
    /// Nothing is decided yet; says why.
    Undecided(String),
    /// There is no copy to be seen, and no known copy that would prove it.
    Unproven,
    /// Nothing will be found out by looking up again.
    Undecidable(String),
    /// Look-ups are not possible any more.
    LookUpsOff,
    /// The run stops.
    Stopped,
}

impl<T: Transport, J: Journal> RunContext<T, J> {
    /// Looks a row up once. What is found is recorded; a stop ends the look-up, which does no harm.
    pub(in crate::executor) async fn look_up(
        &self,
        row: &mut UncertainRow,
        window: Duration,
    ) -> Result<LookupResult, JournalError> {
        let looked_up = self
            .control
            .unless_stopped(self.look_up_and_settle(row, window));
        looked_up.await.unwrap_or(Ok(LookupResult::Stopped))
    }

    async fn look_up_and_settle(
        &self,
        row: &mut UncertainRow,
        window: Duration,
    ) -> Result<LookupResult, JournalError> {
        if self.service.reads.username().is_none() {
            return Ok(LookupResult::LookUpsOff);
        }
        let history = match row.history {
            Some(history) => history,
            None => self.journal.send_history(row.job.key).await?,
        };
        row.history = Some(history);
        if history.is_shared {
            return Ok(LookupResult::Undecidable(
                "another row has the same transaction id and title, so a look-up can't tell their \
                 copies apart"
                    .into(),
            ));
        }
        // The proof comes first: what it shows must hold for the look-up after it.
        let proof = match row.is_late(window) {
            true => Some(self.prove(row.job.request.source, history).await?),
            false => None,
        };
        if let Some(Proof::NoAnswer(error)) = proof {
            return Ok(self.no_answer(&error));
        }
        crash_point("look-up-before");
        let found = match self.service.reads.look_up(&row.job.transaction_id).await {
            Ok(found) => found,
            Err(error) => return Ok(self.no_answer(&error)),
        };
        crash_point("look-up-answered");
        self.control.health.record_answer();
        let ids = found.sessions.iter().map(|session| session.id).collect();
        let owned = self.journal.owned_by_others(row.job.key, ids).await?;
        match match_sessions(&found, &owned, &row.job, &history) {
            MatchResult::One(id) if row.reason == LookupReason::Reported => {
                self.adopt_if_same(row, id).await
            }
            MatchResult::One(id) => self.adopt(row, id).await,
            MatchResult::None if row.reason == LookupReason::Reported && !owned.is_empty() => {
                let owned = listed(&owned);
                let text =
                    format!("the session with its transaction id, {owned}, is another row's copy");
                Ok(self.stop_at_misfit(row, text))
            }
            MatchResult::Several(ids) => Ok(LookupResult::Undecidable(format!(
                "look-ups find {} sessions for this row: {}",
                ids.len(),
                listed(&ids)
            ))),
            MatchResult::Partial(ids) => Ok(of_partial_fits(&ids, proof.is_some())),
            MatchResult::None => Ok(of_absence(row.reason, proof)),
        }
    }

    /// A transaction id that only a report names may be another row's: ids that changed places in a
    /// spreadsheet. Its session must be what the row asks for.
    async fn adopt_if_same(
        &self,
        row: &UncertainRow,
        id: SessionId,
    ) -> Result<LookupResult, JournalError> {
        let session = match self.service.reads.session(id).await {
            Ok(session) => session,
            Err(error) => return Ok(self.no_answer(&error)),
        };
        let differing = compare_copy(&row.job, &session).differing;
        if differing.is_empty() {
            return self.adopt(row, id).await;
        }
        let differing = differing.join("; ");
        let text = format!("the session with its transaction id, {id}, differs: {differing}");
        Ok(self.stop_at_misfit(row, text))
    }

    /// Where one row of a report does not fit its transaction id, no other can be relied on either.
    fn stop_at_misfit(&self, row: &UncertainRow, text: String) -> LookupResult {
        let reason = format!("{}: {text}", row.job.name);
        self.control.stop(Stop::Report(reason));
        LookupResult::Undecidable(text)
    }

    async fn adopt(&self, row: &UncertainRow, id: SessionId) -> Result<LookupResult, JournalError> {
        let settled = Settlement {
            row: RowState::Copied(id),
            text: String::new(),
        };
        let now = Timestamp::now();
        let became = self.journal.settle(row.job.key, settled, now).await?;
        crash_point("settled-as-copied");
        Ok(LookupResult::Settled(became))
    }

    /// What a read that brought nothing means for the run, and for the row.
    fn no_answer(&self, error: &ReadError) -> LookupResult {
        let text = self.service.note_read_error(error);
        if self.service.reads.username().is_none() {
            return LookupResult::LookUpsOff;
        }
        LookupResult::Undecided(format!("the look-up got no answer: {text}"))
    }
}

/// What sessions mean that fit a row only in part.
fn of_partial_fits(ids: &[SessionId], is_late: bool) -> LookupResult {
    match is_late {
        true => LookupResult::Undecidable(format!(
            "look-ups find sessions that match this row only in part: {}",
            listed(ids)
        )),
        false => LookupResult::Undecided(NONE_YET.into()),
    }
}

/// What it means that no session fits. `proof` is none while the settle window is not over.
fn of_absence(reason: LookupReason, proof: Option<Proof>) -> LookupResult {
    match proof {
        None => LookupResult::Undecided(NONE_YET.into()),
        Some(Proof::Proven) => LookupResult::Absent,
        // Where no copy is known, nothing could prove or disprove look-ups, and a refusal or a
        // report's own word agrees with an empty one.
        Some(Proof::NoCopy) if matches!(reason, LookupReason::Refused | LookupReason::Reported) => {
            LookupResult::Absent
        }
        Some(Proof::NoCopy) => LookupResult::Unproven,
        Some(Proof::NotFound | Proof::NoAnswer(_)) => LookupResult::Undecided(
            "look-ups find no copy, but they don't find a known copy of the same source either"
                .into(),
        ),
    }
}

const NONE_YET: &str = "no copy is found yet";

fn listed(ids: &[SessionId]) -> String {
    let shown: Vec<String> = ids.iter().take(10).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(shown.len());
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
