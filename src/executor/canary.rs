//! The first copy of a run goes alone and is read back, before many are made the same way.

use std::time::Duration;

use super::{Job, Journal, RowKey, Shared, Stop, Transport};
use crate::job::{ErrorClass, RowState, SessionId};
use crate::request::SeenSession;

/// Waits before each read of the copy: a new session may need a moment to be there.
const READS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(3),
];
/// So many rows refused in a row, before any was copied, are the job's fault.
pub(super) const REFUSALS: u32 = 3;

/// Whether copies go one at a time, and which one is going.
#[derive(Debug, Default)]
pub(super) struct Canary {
    state: State,
    going: Option<RowKey>,
    refusals: u32,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// Not needed, or passed.
    #[default]
    Off,
    /// The first copy's source tells whether it is needed.
    Undecided,
    /// Until one is copied.
    Open,
    /// One is copied, and is being read back.
    Reading,
}

impl Canary {
    pub(super) fn new(is_wanted: bool) -> Self {
        let state = if is_wanted {
            State::Undecided
        } else {
            State::Off
        };
        Self {
            state,
            ..Self::default()
        }
    }

    pub(super) fn is_undecided(&self) -> bool {
        self.state == State::Undecided
    }

    /// Decides by whether look-ups are proven for the first copy's source.
    pub(super) fn decide(&mut self, is_proven: bool) {
        self.state = if is_proven { State::Off } else { State::Open };
    }

    /// Whether this row may be sent now; without one, whether a new row may.
    pub(super) fn admits(&self, row: Option<RowKey>) -> bool {
        match self.state {
            State::Off | State::Undecided => true,
            State::Open => self.going.is_none() || self.going == row,
            State::Reading => false,
        }
    }

    /// A row is sent.
    pub(super) fn begins(&mut self, row: RowKey) {
        if self.state == State::Open {
            self.going = Some(row);
        }
    }

    /// A row has its outcome for this run. Says whether it is a copy to be read back, or why
    /// the run should stop.
    pub(super) fn ended(
        &mut self,
        row: RowKey,
        became: &RowState,
        words: &str,
    ) -> Result<bool, Stop> {
        if self.state != State::Open {
            return Ok(false);
        }
        if self.going == Some(row) {
            self.going = None;
        }
        match became {
            RowState::Copied(_) => {
                self.state = State::Reading;
                return Ok(true);
            }
            RowState::Failed(ErrorClass::Refused) => self.refusals += 1,
            _ => self.refusals = 0,
        }
        if self.refusals < REFUSALS {
            return Ok(false);
        }
        Err(Stop::RefusedFirst(words.to_owned()))
    }

    /// The copy is what was asked for.
    pub(super) fn passes(&mut self) {
        self.state = State::Off;
    }
}

/// Reads a copy back. Gives the members that the answer lacks.
///
/// # Errors
/// Why the run should stop: the copy differs, or no read was answered.
pub(super) async fn read_back<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    job: &Job,
    id: SessionId,
) -> Result<Vec<&'static str>, Stop> {
    let mut last = String::new();
    for wait in READS {
        tokio::time::sleep(wait).await;
        match shared.link.reads.session(id).await {
            Ok(session) => {
                shared.link.contact.health.connected();
                let Comparison { differing, lacking } = compare(job, &session);
                return if differing.is_empty() {
                    Ok(lacking)
                } else {
                    Err(Stop::Canary(format!(
                        "row '{}' was copied as {id}, but read back it differs: {}",
                        job.row_id,
                        differing.join("; ")
                    )))
                };
            }
            Err(unread) => last = shared.link.unread(&unread),
        }
    }
    Err(Stop::Canary(format!(
        "row '{}' was copied as {id}, but could not be read back in {} tries: {last}",
        job.row_id,
        READS.len()
    )))
}

/// How a session compares with what was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    /// In what it differs, for people.
    pub(super) differing: Vec<String>,
    /// The members that could not be compared.
    pub(super) lacking: Vec<&'static str>,
}

pub(super) fn compare(job: &Job, session: &SeenSession) -> Comparison {
    let mut found = Comparison::default();
    let wanted = job.transaction_id.as_str();
    match &session.transaction_id {
        None => found.lacking.push("TransactionId"),
        Some(has) if has != wanted => found
            .differing
            .push(format!("its transaction id is '{has}', not '{wanted}'")),
        Some(_) => {}
    }
    if let Some(wanted) = &job.request.title {
        let shown = session.titles.iter().find(|title| !title.is_empty());
        if session.titles.is_empty() {
            found.lacking.push("Title");
        } else if !session.titles.contains(wanted) {
            let has = shown.map_or("", String::as_str);
            let text = format!("its title is '{has}', not '{wanted}'");
            found.differing.push(text);
        }
    }
    let emails = job.request.signers.iter();
    let emails: Vec<String> = emails
        .filter_map(|signer| signer.email.as_deref())
        .map(str::to_lowercase)
        .collect();
    match session.emails() {
        None if !emails.is_empty() => found.lacking.push("Signers"),
        None => {}
        Some(has) => {
            for email in emails.iter().filter(|email| !has.contains(&email.as_str())) {
                found.differing.push(format!("no signer has {email}"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Column, CopyRequest, Fields, RowId, TransactionId};
    use crate::request::SeenSigner;

    const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";

    fn id() -> SessionId {
        SessionId::parse("aaaaaaaa-0000-4000-8000-00000000000a").unwrap()
    }

    fn job() -> Job {
        let mut fields = Fields::default();
        fields.set(Column::SourceSessionId, SOURCE);
        fields.set(Column::Title, "Lease");
        fields.set("signer_1_email".parse().unwrap(), "Ana@Example.com");
        Job {
            key: RowKey(1),
            row_id: RowId::parse("1").unwrap(),
            request: CopyRequest::from_fields(&fields).unwrap(),
            transaction_id: TransactionId::parse("t").unwrap(),
        }
    }

    fn signer(email: &str) -> SeenSigner {
        SeenSigner {
            email: Some(email.into()),
            ..SeenSigner::default()
        }
    }

    fn session() -> SeenSession {
        SeenSession {
            id: id(),
            transaction_id: Some("t".into()),
            titles: vec!["Lease".into()],
            created_at: None,
            owner_email: None,
            signers: Some(vec![signer("ana@example.com"), signer("owner@example.com")]),
        }
    }

    #[test]
    fn a_copy_must_be_what_was_asked_for() {
        assert_eq!(compare(&job(), &session()), Comparison::default());
        let other = SeenSession {
            transaction_id: Some("u".into()),
            titles: vec!["Other".into()],
            signers: Some(vec![signer("bo@example.com")]),
            ..session()
        };
        let found = compare(&job(), &other);
        assert_eq!(
            found.differing,
            [
                "its transaction id is 'u', not 't'",
                "its title is 'Other', not 'Lease'",
                "no signer has ana@example.com"
            ]
        );
        let either = SeenSession {
            titles: vec!["Source's".into(), "Lease".into()],
            ..session()
        };
        assert!(compare(&job(), &either).differing.is_empty());
    }

    #[test]
    fn what_the_answer_lacks_is_no_difference() {
        let bare = SeenSession {
            transaction_id: None,
            titles: vec![],
            signers: None,
            ..session()
        };
        let found = compare(&job(), &bare);
        assert!(found.differing.is_empty());
        assert_eq!(found.lacking, ["TransactionId", "Title", "Signers"]);
    }

    #[test]
    fn one_row_goes_at_a_time_until_one_is_copied() {
        let mut canary = Canary::new(true);
        canary.decide(false);
        let (one, two) = (RowKey(1), RowKey(2));
        assert!(canary.admits(None));
        canary.begins(one);
        assert!(!canary.admits(None) && !canary.admits(Some(two)) && canary.admits(Some(one)));
        assert_eq!(canary.ended(one, &RowState::Uncertain, ""), Ok(false));
        canary.begins(two);
        assert_eq!(canary.ended(two, &RowState::Copied(id()), ""), Ok(true));
        assert!(!canary.admits(None));
        canary.passes();
        assert!(canary.admits(None));
    }

    #[test]
    fn three_refusals_before_any_copy_stop_the_run() {
        let mut canary = Canary::new(true);
        canary.decide(false);
        let refused = RowState::Failed(ErrorClass::Refused);
        for end in [&refused, &refused, &RowState::Uncertain, &refused, &refused] {
            assert_eq!(canary.ended(RowKey(1), end, ""), Ok(false));
        }
        assert_eq!(
            canary.ended(RowKey(1), &refused, "no"),
            Err(Stop::RefusedFirst("no".into()))
        );
    }
}
