//! What a look-up says about a row's copy. Pure.

use jiff::{SignedDuration, Timestamp};

use crate::executor::reads::Found;
use crate::executor::{Job, SendHistory};
use crate::job::{SessionId, titles_match};
use crate::request::RemoteSession;

/// A creation time may be so much before the first attempt: the clocks differ.
pub(in crate::executor) const SLACK: SignedDuration = SignedDuration::from_mins(5);

/// What a look-up says about a row's copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MatchResult {
    /// Exactly one session is the row's copy.
    One(SessionId),
    /// More than one could be.
    Several(Vec<SessionId>),
    /// None is, but some come close.
    Partial(Vec<SessionId>),
    /// None is.
    None,
}

/// Judges the sessions that carry a row's transaction id; `owned` are those of other rows.
pub(super) fn match_sessions(
    found: &Found,
    owned: &[SessionId],
    job: &Job,
    history: &SendHistory,
) -> MatchResult {
    let earliest = history.first_sent_at.map(|time| time + found.skew - SLACK);
    let candidates = found
        .sessions
        .iter()
        .filter(|session| session.id != job.request.source && !owned.contains(&session.id));
    let (mut whole, mut partial) = (Vec::new(), Vec::new());
    for session in candidates {
        match fit(session, job, earliest) {
            SessionMatch::Whole => whole.push(session.id),
            SessionMatch::Partial => partial.push(session.id),
            SessionMatch::None => {}
        }
    }
    match (whole.as_slice(), partial.is_empty()) {
        ([id], _) => MatchResult::One(*id),
        ([], true) => MatchResult::None,
        ([], false) => MatchResult::Partial(partial),
        _ => MatchResult::Several(whole),
    }
}

enum SessionMatch {
    Whole,
    Partial,
    None,
}

/// A generated transaction id is nobody else's. A given one may be: then title and time must fit,
/// and of a row that was sent at an unknown time nothing can be told.
fn fit(session: &RemoteSession, job: &Job, earliest: Option<Timestamp>) -> SessionMatch {
    let named = session.transaction_id.as_deref();
    if named.is_some_and(|named| !named.is_empty() && named != job.transaction_id.as_str()) {
        return SessionMatch::Partial;
    }
    if job.request.transaction_id.is_none() {
        return SessionMatch::Whole;
    }
    let has_title = match job.request.title() {
        Some(title) => is_among(title, &session.titles),
        None => session.titles.iter().all(String::is_empty).then_some(true),
    };
    // Without the time of the first attempt, nobody can tell what is new.
    let is_new = match (earliest, session.created_at) {
        (Some(earliest), Some(time)) => Some(time >= earliest),
        _ => None,
    };
    match (has_title, is_new) {
        (Some(true), Some(true)) => SessionMatch::Whole,
        (Some(false), Some(false)) => SessionMatch::None,
        // What is not shown, or not quite, tells nothing.
        _ => SessionMatch::Partial,
    }
}

/// Whether one of the titles shown is the one that was sent; none if nobody can tell.
pub(in crate::executor) fn is_among(title: &str, shown: &[String]) -> Option<bool> {
    let judged: Vec<Option<bool>> = shown
        .iter()
        .map(|shown| titles_match(shown, title))
        .collect();
    if judged.contains(&Some(true)) {
        return Some(true);
    }
    let is_another = !judged.is_empty() && judged.iter().all(|is| *is == Some(false));
    is_another.then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::RowKey;
    use crate::job::{Column, CopyRequest, Fields, RowId, TransactionId};

    const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";

    fn id(number: u8) -> SessionId {
        SessionId::parse(&format!("aaaaaaaa-0000-4000-8000-0000000000{number:02}")).unwrap()
    }

    fn job(given: bool, title: Option<&str>) -> Job {
        let mut fields = Fields::default();
        fields.set(Column::SourceSessionId, SOURCE);
        if given {
            fields.set(Column::TransactionId, "t");
        }
        if let Some(title) = title {
            fields.set(Column::Title, title);
        }
        Job {
            key: RowKey(1),
            row_id: RowId::parse("1").unwrap(),
            name: "row 1".into(),
            request: CopyRequest::from_fields(&fields).unwrap(),
            transaction_id: TransactionId::parse("t").unwrap(),
        }
    }

    /// The first attempt was at second 10,000.
    fn history() -> SendHistory {
        let time = Timestamp::from_second(10_000).unwrap();
        SendHistory {
            first_sent_at: Some(time),
            attempt: None,
            ended_after: None,
            is_shared: false,
        }
    }

    fn session(number: u8, title: &str, second: i64) -> RemoteSession {
        RemoteSession {
            id: id(number),
            transaction_id: Some("t".into()),
            titles: vec![title.into()],
            created_at: Timestamp::from_second(second).ok(),
            owner_email: None,
            signers: None,
        }
    }

    fn found(sessions: impl IntoIterator<Item = RemoteSession>) -> Found {
        Found {
            sessions: sessions.into_iter().collect(),
            skew: SignedDuration::ZERO,
        }
    }

    #[test]
    fn any_hit_of_a_generated_id_is_ours() {
        let judged = |sessions: Vec<RemoteSession>| {
            match_sessions(
                &found(sessions),
                &[id(9)],
                &job(false, Some("T")),
                &history(),
            )
        };
        assert_eq!(judged(vec![]), MatchResult::None);
        assert_eq!(judged(vec![session(1, "x", 0)]), MatchResult::One(id(1)));
        let two = vec![session(1, "T", 10_001), session(2, "T", 10_002)];
        assert_eq!(judged(two), MatchResult::Several(vec![id(1), id(2)]));
        assert_eq!(judged(vec![session(9, "T", 10_001)]), MatchResult::None);
        let mut source = session(1, "T", 10_001);
        source.id = SessionId::parse(SOURCE).unwrap();
        assert_eq!(judged(vec![source]), MatchResult::None);
        let mut other = session(1, "T", 10_001);
        other.transaction_id = Some("other".into());
        assert_eq!(judged(vec![other]), MatchResult::Partial(vec![id(1)]));
    }

    #[test]
    fn a_hit_of_a_given_id_must_fit_in_title_and_time() {
        let judged = |sessions: Vec<RemoteSession>| {
            match_sessions(&found(sessions), &[], &job(true, Some("T")), &history())
        };
        assert_eq!(
            judged(vec![session(1, "T", 9_700)]),
            MatchResult::One(id(1))
        );
        let old = vec![session(1, "T", 9_699)];
        assert_eq!(judged(old), MatchResult::Partial(vec![id(1)]));
        for title in ["t", "x"] {
            let other = vec![session(1, title, 10_001)];
            assert_eq!(judged(other), MatchResult::Partial(vec![id(1)]));
        }
        assert_eq!(judged(vec![session(1, "x", 0)]), MatchResult::None);
        let mixed = vec![session(1, "T", 1), session(2, "T", 10_001)];
        assert_eq!(judged(mixed), MatchResult::One(id(2)));
        // A list that shows neither title nor date tells nothing, least of all absence.
        for title in [Some("T"), Some("x"), None] {
            let mut undated = session(1, title.unwrap_or_default(), 10_001);
            undated.created_at = None;
            undated.titles.truncate(title.iter().len());
            assert_eq!(judged(vec![undated]), MatchResult::Partial(vec![id(1)]));
        }
        let mut untitled = session(1, "", 0);
        untitled.titles.clear();
        assert_eq!(judged(vec![untitled]), MatchResult::Partial(vec![id(1)]));
    }

    #[test]
    fn of_a_given_id_nothing_is_told_without_the_time_of_the_first_attempt() {
        let unknown = SendHistory {
            first_sent_at: None,
            ..history()
        };
        for title in ["T", "x"] {
            let found = found([session(1, title, 10_001)]);
            let partial = MatchResult::Partial(vec![id(1)]);
            assert_eq!(
                match_sessions(&found, &[], &job(true, Some("T")), &unknown),
                partial
            );
            let whole = match_sessions(&found, &[], &job(false, Some("T")), &unknown);
            assert_eq!(whole, MatchResult::One(id(1)));
        }
    }

    #[test]
    fn the_service_s_clock_counts() {
        let job = job(true, Some("T"));
        let mut found = found([session(1, "T", 13_600)]);
        assert_eq!(
            match_sessions(&found, &[], &job, &history()),
            MatchResult::One(id(1))
        );
        found.skew = SignedDuration::from_hours(2);
        assert_eq!(
            match_sessions(&found, &[], &job, &history()),
            MatchResult::Partial(vec![id(1)])
        );
    }

    #[test]
    fn without_a_title_only_a_session_without_one_fits() {
        let job = job(true, None);
        let titled = found([session(1, "T", 10_001)]);
        assert_eq!(
            match_sessions(&titled, &[], &job, &history()),
            MatchResult::Partial(vec![id(1)])
        );
        let bare = found([session(1, "", 10_001)]);
        assert_eq!(
            match_sessions(&bare, &[], &job, &history()),
            MatchResult::One(id(1))
        );
    }
}
