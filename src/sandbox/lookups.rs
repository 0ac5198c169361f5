//! Calls about one session (get, start, cancel, delete) and lists of sessions (by transaction id,
//! by state).

use rusqlite::Result as Stored;

use super::faults::fault::Fault;
use super::merge::BAD_SIGNERS;
use super::sessions::session::Session;
use super::settings::source::{SessionState, read_id};
use super::wire::answer::{Answer, Answers, page};
use super::wire::routes::{Operation, query_value};
use super::world::{Call, State};

/// The largest page; a larger `pageSize` becomes this. (D; A, assumption 25)
const LARGEST_PAGE: usize = 50;

/// No text is documented for this. (A)
const NOT_FOUND: &str = "Error: Signing session not found.";

/// The documented text on an unknown username. (D)
const USERNAME_NOT_FOUND: &str = "Error: Username not found.";

impl State {
    /// GetSession, StartSession, CancelSession, DeleteSession.
    pub(super) fn about_session(
        &mut self,
        call: &Call<'_>,
        answers: &Answers<'_>,
    ) -> Stored<Answer> {
        let source = match read_id(&call.values[0]) {
            Some(id) => self.source(id, answers.settings)?,
            None => None,
        };
        let is_read = call.operation == Operation::GetSession;
        let Some(session) = source else {
            let answer = if is_read {
                Answers::error
            } else {
                Answers::refusal
            };
            return Ok(answer(answers, NOT_FOUND));
        };
        if is_read {
            return Ok(answers.found(&[session], true));
        }
        let next = match next_state(call.operation, &session) {
            Ok(next) => next,
            Err(text) => return Ok(answers.refusal(text)),
        };
        self.set_status(session.id, next)?;
        if next == SessionState::InSent {
            self.send_invites(&session);
        }
        Ok(answers.value("True"))
    }

    /// The lists by transaction id and by state.
    pub(super) fn look_up(
        &self,
        call: &Call<'_>,
        fault: Option<Fault>,
        answers: &Answers<'_>,
    ) -> Stored<Answer> {
        let (values, is_absent) = (call.values, fault == Some(Fault::LookupAbsent));
        let is_owner = |name: &String| name.trim().eq_ignore_ascii_case(&answers.settings.owner);
        let is_known = call.operation.is_by_state() || is_owner(&values[0]);
        if fault == Some(Fault::UsernameNotFound) || !is_known {
            return Ok(answers.error(USERNAME_NOT_FOUND));
        }
        if call.operation.is_full_list() {
            return Ok(answers.found(&self.matching(&values[1], fault, answers)?, false));
        }
        let [.., size, number] = values else {
            return Ok(page(400));
        };
        let (Ok(size), Ok(number)) = (size.parse::<usize>(), number.parse::<usize>()) else {
            return Ok(page(400));
        };
        let state = match call.operation {
            Operation::GetArchivedSessions => SessionState::Archived,
            Operation::GetDeletedSessions => SessionState::Deleted,
            Operation::GetExpiredSessions => SessionState::Expired,
            _ => {
                let mut found = self.matching(&values[1], fault, answers)?;
                sort(&mut found, call.query);
                return Ok(answers.lite(cut(&found, size, number), found.len()));
            }
        };
        let mut ids = self.store.in_state(state)?;
        ids.retain(|_| !is_absent);
        Ok(answers.ids(cut(&ids, size, number), ids.len()))
    }

    /// The sessions under a transaction id, in the order of their commits, with what the fault
    /// makes of the list.
    fn matching(
        &self,
        transaction_id: &str,
        fault: Option<Fault>,
        answers: &Answers<'_>,
    ) -> Stored<Vec<Session>> {
        let mut found = self.store.visible(transaction_id)?;
        match fault {
            Some(Fault::LookupAbsent) => found.clear(),
            Some(Fault::LookupDuplicate) => {
                let twice = |session: Session| [session.clone(), session];
                found = found.into_iter().flat_map(twice).collect();
            }
            Some(Fault::LookupIncludesSource) => {
                if let Some(id) = self.store.last_source(transaction_id)? {
                    let source = self.source(id, answers.settings)?;
                    found.extend(source.map(|source| Session {
                        transaction_id: transaction_id.to_owned(),
                        ..source
                    }));
                }
            }
            _ => {}
        }
        Ok(found)
    }
}

/// The state after a call, or why it can't be. No texts but that on signers are documented. (A)
fn next_state(call: Operation, session: &Session) -> Result<SessionState, &'static str> {
    use SessionState::{Cancelled, Deleted, InDraft, InPaused, InSent};
    match (call, session.status) {
        (Operation::StartSession, InDraft | InPaused) => {
            let signers = session.signers();
            let mut emails = signers.iter().map(|signer| &signer.email);
            if signers.is_empty() || !emails.all(|email| email.contains('@')) {
                return Err(BAD_SIGNERS);
            }
            Ok(InSent)
        }
        (Operation::StartSession, _) => Err("Error: The signing session cannot be started."),
        (Operation::CancelSession, InDraft | InSent | InPaused) => Ok(Cancelled),
        (Operation::CancelSession, _) => Err("Error: The signing session cannot be cancelled."),
        (_, Deleted) => Err("Error: The signing session is deleted."),
        _ => Ok(Deleted),
    }
}

fn sort(found: &mut [Session], query: &str) {
    let column = query_value(query, "colName").unwrap_or_default();
    match column.to_ascii_lowercase().as_str() {
        "signingsessionid" => found.sort_by_key(|session| session.id),
        "title" => found.sort_by(|one, other| one.title.cmp(&other.title)),
        "statuscode" => found.sort_by_key(|session| u8::from(session.status)),
        "createdon" => found.sort_by_key(|session| session.created_ms),
        // All have one transaction id; any other column WCF would not know.
        _ => {}
    }
    let order = query_value(query, "sortOrder").unwrap_or_default();
    if order.eq_ignore_ascii_case("desc") {
        found.reverse();
    }
}

/// The part of a list that a page shows; pages count from 0. (A, assumption 24)
fn cut<T>(list: &[T], size: usize, number: usize) -> &[T] {
    let size = size.min(LARGEST_PAGE);
    let from = number.saturating_mul(size).min(list.len());
    &list[from..list.len().min(from + size)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_cut() {
        let list: Vec<_> = (0..120).collect();
        assert_eq!(cut(&list, 500, 2), (100..120).collect::<Vec<_>>());
        assert_eq!(cut(&list, 10, 3), (30..40).collect::<Vec<_>>());
        assert!(cut(&list, 500, 9).is_empty());
        assert!(cut(&list, 500, usize::MAX).is_empty());
    }
}
