//! Lists of sessions: by transaction id, by state.

use super::faults::chooser::Subject;
use super::faults::fault::Fault;
use super::faults::target::Target;
use super::guid::Guid;
use super::sessions::session::Source;
use super::settings::known::SessionState;
use super::settings::{LargePage, PageNumber, Settings};
use super::wire::answer::{Answer, Answers, Family};
use super::wire::routes::LiteQuery;
use super::wire::spoil::{Plan, after, instead};
use super::world::{Call, State};

/// The largest page. (D)
const LARGEST_PAGE: usize = 50;

/// The documented text on an unknown username. (D)
const USERNAME_NOT_FOUND: &str = "Error: Username not found.";

impl State {
    /// GetSessionsLiteByTransactionId.
    pub(super) fn lite_list(
        &mut self,
        query: &LiteQuery,
        call: &Call<'_>,
        answers: &Answers<'_>,
    ) -> Plan {
        let (username, transaction_id) = (&query.username, &query.transaction_id);
        let fault = match self.admit_lookup(Some((username, transaction_id)), call, answers) {
            Ok(fault) => fault,
            Err(plan) => return *plan,
        };
        let range = page(&query.page_size, &query.page_number, answers.settings);
        let range = match range {
            Ok(range) => range,
            Err(refused) => return after(fault, refused.answer(answers)),
        };
        let found = self.matching(transaction_id, fault, answers.settings);
        let mut found: Vec<_> = found.into_iter().map(|source| source.session).collect();
        match query.column.to_ascii_lowercase().as_str() {
            "signingsessionid" => found.sort_by_key(|session| session.id),
            "title" => found.sort_by(|one, other| one.title.cmp(&other.title)),
            "statuscode" => found.sort_by_key(|session| session.status),
            "createdon" => found.sort_by_key(|session| session.created_ms),
            // All have one transaction id; any other column WCF would not know.
            _ => {}
        }
        if query.descending {
            found.reverse();
        }
        let shown = range.cut(&found);
        after(fault, answers.lite(shown, found.len()))
    }

    /// GetSessionsByTransactionId and its metadata variant.
    pub(super) fn by_transaction(
        &mut self,
        username: &str,
        transaction_id: &str,
        call: &Call<'_>,
        answers: &Answers<'_>,
    ) -> Plan {
        let fault = match self.admit_lookup(Some((username, transaction_id)), call, answers) {
            Ok(fault) => fault,
            Err(plan) => return *plan,
        };
        let found = self.matching(transaction_id, fault, answers.settings);
        after(fault, answers.found(&found, false))
    }

    /// GetArchivedSessions, GetDeletedSessions, GetExpiredSessions.
    pub(super) fn by_state(
        &mut self,
        state: SessionState,
        page_size: &str,
        page_number: &str,
        call: &Call<'_>,
        answers: &Answers<'_>,
    ) -> Plan {
        let fault = match self.admit_lookup(None, call, answers) {
            Ok(fault) => fault,
            Err(plan) => return *plan,
        };
        let range = match page(page_size, page_number, answers.settings) {
            Ok(range) => range,
            Err(refused) => return after(fault, refused.answer(answers)),
        };
        let found = if fault == Some(Fault::LookupAbsent) {
            Vec::new()
        } else {
            self.ids_in_state(state, answers.settings)
        };
        after(fault, answers.ids(range.cut(&found), found.len()))
    }

    fn ids_in_state(&self, state: SessionState, settings: &Settings) -> Vec<Guid> {
        let known = self.known.keys().chain(self.source_states.keys()).copied();
        let known = known
            .filter_map(|id| self.source(id, settings))
            .map(|source| source.session);
        let all = self.store.sessions().chain(known);
        let mut ids: Vec<_> = all
            .filter(|session| session.status == state.code())
            .map(|session| session.id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Token, faults and username: `Err` is an answer already.
    fn admit_lookup(
        &mut self,
        about: Option<(&str, &str)>,
        call: &Call<'_>,
        answers: &Answers<'_>,
    ) -> Result<Option<Fault>, Box<Plan>> {
        if !self.is_allowed(call) {
            return Err(Box::new(Plan::honest(answers.null())));
        }
        let transaction_id = about.map(|(_, transaction_id)| transaction_id);
        let subject = Subject {
            transaction_id,
            ..Subject::default()
        };
        let fault = self.chooser.choose(Target::Lookup, &subject);
        if let Some(plan) = fault.and_then(|fault| instead(fault, answers)) {
            return Err(Box::new(plan));
        }
        let is_owner = |name: &str| name.trim().eq_ignore_ascii_case(&answers.settings.owner);
        let is_known =
            answers.settings.any_username || about.is_none_or(|(username, _)| is_owner(username));
        if fault == Some(Fault::UsernameNotFound) || !is_known {
            return Err(Box::new(after(fault, answers.error(USERNAME_NOT_FOUND))));
        }
        Ok(fault)
    }

    /// The sessions under a transaction id, in the order of their commits, with what the fault
    /// makes of the list.
    fn matching(
        &self,
        transaction_id: &str,
        fault: Option<Fault>,
        settings: &Settings,
    ) -> Vec<Source> {
        if fault == Some(Fault::LookupAbsent) {
            return Vec::new();
        }
        let known = self
            .known_transactions
            .get(transaction_id)
            .into_iter()
            .flatten();
        let known = known.filter_map(|id| self.source(*id, settings));
        let copies = self.store.visible(transaction_id).into_iter();
        let copies = copies.map(|number| Source::copy(self.store.session(number)));
        let excluded = |source: &Source| {
            settings
                .lookup_excludes
                .iter()
                .any(|state| state.code() == source.session.status)
        };
        let mut found: Vec<_> = known
            .chain(copies)
            .filter(|source| !excluded(source))
            .collect();
        if fault == Some(Fault::LookupIncludesSource) {
            let source = self.store.last_source(transaction_id);
            let source = source.and_then(|id| self.source(id, settings));
            found.extend(source.map(|mut source| {
                source.session.transaction_id = transaction_id.to_owned();
                source
            }));
        }
        if fault == Some(Fault::LookupDuplicate) {
            found = found
                .into_iter()
                .flat_map(|source| [source.clone(), source])
                .collect();
        }
        found
    }
}

/// Which part of a list a page shows.
struct Range {
    from: usize,
    size: usize,
}

/// Why there is no page.
enum Refused {
    NoNumber,
    TooLarge,
}

impl Refused {
    fn answer(self, answers: &Answers<'_>) -> Answer {
        debug_assert_eq!(answers.family, Family::List, "only lists have pages");
        match self {
            Self::NoNumber => Answer::html(400),
            Self::TooLarge => answers.error("Error: The page size may be at most 50."),
        }
    }
}

impl Range {
    fn cut<'a, T>(&self, list: &'a [T]) -> &'a [T] {
        let from = self.from.min(list.len());
        let to = from.saturating_add(self.size).min(list.len());
        &list[from..to]
    }
}

fn page(size: &str, number: &str, settings: &Settings) -> Result<Range, Refused> {
    let size: usize = size.parse().map_err(|_| Refused::NoNumber)?;
    let number: usize = number.parse().map_err(|_| Refused::NoNumber)?;
    if size > LARGEST_PAGE && settings.large_page == LargePage::Error {
        return Err(Refused::TooLarge);
    }
    let size = size.min(LARGEST_PAGE);
    let from = match settings.page_number {
        PageNumber::Page => number.saturating_mul(size),
        PageNumber::Offset => number,
    };
    Ok(Range { from, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_cut_by_page_or_offset() {
        let list: Vec<_> = (0..120).collect();
        let settings = Settings::default();
        let cut = |number, settings: &Settings| {
            page("500", number, settings)
                .ok()
                .map(|range| range.cut(&list).to_vec())
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
