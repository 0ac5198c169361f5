//! Calls about one session (get, start, cancel, delete) and lists of sessions (by transaction id,
//! by state).

use std::num::ParseIntError;

use super::copied_session::BAD_SIGNERS;
use super::faults::fault::Fault;
use super::ids::read_id;
use super::service::{Call, State};
use super::sessions::session::{Session, SessionState};
use super::settings::{LargePage, PageNumber, Settings};
use super::wire::answer::{Answer, Answers, page};
use super::wire::routes::{Operation, query_value};

/// The largest page. (D)
const LARGEST_PAGE: usize = 50;

/// No text is documented for this. (A)
const NOT_FOUND: &str = "Error: Signing session not found.";

/// The documented text on an unknown username. (D)
const USERNAME_NOT_FOUND: &str = "Error: Username not found.";

impl State {
    /// GetSession, StartSession, CancelSession, DeleteSession.
    pub(super) fn about_session(&mut self, call: &Call<'_>, answers: &Answers<'_>) -> Answer {
        let is_read = call.operation == Operation::GetSession;
        let id = read_id(&call.values[0]).ok();
        let session = id.and_then(|id| self.source(id, answers.settings));
        let Some(session) = session else {
            return if is_read {
                answers.error(NOT_FOUND)
            } else {
                answers.refusal(NOT_FOUND)
            };
        };
        if is_read {
            return answers.found(&[session], true);
        }
        match next_state(call.operation, &session) {
            Ok(next) => {
                self.set_status(session.id, next);
                if next == SessionState::InSent {
                    self.send_invites(&session);
                }
                answers.value("True")
            }
            Err(text) => answers.refusal(text),
        }
    }

    /// The lists by transaction id and by state.
    pub(super) fn look_up(
        &self,
        call: &Call<'_>,
        fault: Option<Fault>,
        answers: &Answers<'_>,
    ) -> Answer {
        let (values, settings) = (call.values, answers.settings);
        let is_owner = |name: &String| name.trim().eq_ignore_ascii_case(&settings.owner);
        let is_known =
            settings.any_username || call.operation.is_by_state() || is_owner(&values[0]);
        if fault == Some(Fault::UsernameNotFound) || !is_known {
            return answers.error(USERNAME_NOT_FOUND);
        }
        if call.operation.is_full_list() {
            return answers.found(&self.matching(&values[1], fault, settings), false);
        }
        let [.., size, number] = values else {
            return page(400);
        };
        let range = match Range::parse(size, number, settings) {
            Ok(Some(range)) => range,
            Ok(None) => return answers.error("Error: The page size may be at most 50."),
            Err(_) => return page(400),
        };
        let state = match call.operation {
            Operation::GetArchivedSessions => SessionState::Archived,
            Operation::GetDeletedSessions => SessionState::Deleted,
            Operation::GetExpiredSessions => SessionState::Expired,
            _ => {
                let mut found = self.matching(&values[1], fault, settings);
                sort(&mut found, call.query);
                return answers.lite(range.cut(&found), found.len());
            }
        };
        let mut ids = self.store.in_state(state);
        ids.retain(|_| fault != Some(Fault::LookupAbsent));
        answers.ids(range.cut(&ids), ids.len())
    }

    /// The sessions under a transaction id, in the order of their commits, with what the fault
    /// makes of the list.
    fn matching(
        &self,
        transaction_id: &str,
        fault: Option<Fault>,
        settings: &Settings,
    ) -> Vec<Session> {
        let mut found = self.store.visible(transaction_id);
        found.retain(|session| !settings.lookup_excludes.contains(&session.status));
        match fault {
            Some(Fault::LookupAbsent) => found.clear(),
            Some(Fault::LookupDuplicate) => {
                let twice = |session: Session| [session.clone(), session];
                found = found.into_iter().flat_map(twice).collect();
            }
            Some(Fault::LookupIncludesSource) => {
                let source = self.store.last_source(transaction_id);
                let source = source.and_then(|id| self.source(id, settings));
                found.extend(source.map(|source| Session {
                    transaction_id: transaction_id.to_owned(),
                    ..source
                }));
            }
            _ => {}
        }
        found
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

/// Which part of a list a page shows.
struct Range {
    from: usize,
    size: usize,
}

impl Range {
    /// Reads a page's size and number; `None` when it is larger than the settings allow.
    fn parse(size: &str, number: &str, settings: &Settings) -> Result<Option<Self>, ParseIntError> {
        let (size, number): (usize, usize) = (size.parse()?, number.parse()?);
        if size > LARGEST_PAGE && settings.large_page == LargePage::Error {
            return Ok(None);
        }
        let size = size.min(LARGEST_PAGE);
        let from = match settings.page_number {
            PageNumber::Page => number.saturating_mul(size),
            PageNumber::Offset => number,
        };
        Ok(Some(Self { from, size }))
    }

    fn cut<'a, T>(&self, list: &'a [T]) -> &'a [T] {
        let from = self.from.min(list.len());
        let to = from.saturating_add(self.size).min(list.len());
        &list[from..to]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_cut_by_page_or_offset() {
        let list: Vec<_> = (0..120).collect();
        let settings = Settings::default();
        let cut = |number, settings: &Settings| {
            let range = Range::parse("500", number, settings).ok().flatten();
            range.map(|range| range.cut(&list).to_vec())
        };
        assert_eq!(cut("2", &settings).unwrap(), (100..120).collect::<Vec<_>>());
        assert!(cut("9", &settings).unwrap().is_empty());
        let offset = Settings {
            page_number: PageNumber::Offset,
            ..Settings::default()
        };
        assert_eq!(cut("2", &offset).unwrap()[0], 2);
        let strict = Settings {
            large_page: LargePage::Error,
            ..Settings::default()
        };
        assert!(cut("0", &strict).is_none());
        assert!(cut("x", &settings).is_none());
    }
}
