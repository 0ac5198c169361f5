//! Every transaction id looked up once more, read only: does the service have what is recorded?

use futures::{Stream, StreamExt};
use jiff::{SignedDuration, Timestamp};

use super::read_with_retries::{read_with_retries, standalone_client, take_all};
use super::reads::Found;
use super::settle::{SLACK, is_among};
use super::{ClientSettings, Credentials, Stop, Transport};
use crate::job::{SessionId, Status, TransactionId};
use crate::request::RemoteSession;

/// A transaction id, with the rows that have it.
#[derive(Debug, Clone)]
pub struct TransactionRows {
    /// It.
    pub id: TransactionId,
    /// At least one.
    pub rows: Vec<AuditRow>,
}

/// What is recorded of a row.
#[derive(Debug, Clone)]
pub struct AuditRow {
    /// Its identity.
    pub row_id: String,
    /// What people call it.
    pub name: String,
    /// How it stands.
    pub status: Status,
    /// What was to be copied.
    pub source: SessionId,
    /// Its copy.
    pub session: Option<SessionId>,
    /// Whether the user gave the transaction id, so that others may carry it.
    pub is_given: bool,
    /// Its title.
    pub title: Option<String>,
    /// When it was sent first.
    pub first_sent_at: Option<Timestamp>,
}

/// Something that the service has otherwise than it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A copied row's session is not found.
    Missing {
        /// The row, as people call it.
        row: String,
        /// The session that should be there.
        session: SessionId,
    },
    /// There are more sessions than rows that are copied.
    Twice {
        /// The copied rows, each with its session.
        copied: Vec<(String, SessionId)>,
        /// The sessions that no row has.
        sessions: Vec<SessionId>,
    },
    /// There is a session, although no row is recorded as copied.
    Unrecorded {
        /// The row, as people call it.
        row: String,
        /// Its identity.
        row_id: String,
        /// How it stands.
        status: Status,
        /// The sessions.
        sessions: Vec<SessionId>,
    },
}

/// Looks all the transactions up and gives what was found, or why nothing was, to `take`.
///
/// # Errors
/// What stopped it before its end.
pub async fn audit<T: Transport>(
    transport: T,
    credentials: Credentials,
    settings: &ClientSettings,
    transactions: impl Stream<Item = TransactionRows>,
    mut take: impl FnMut(TransactionRows, Result<Vec<Difference>, String>),
) -> Result<(), Stop> {
    let service = standalone_client(transport, credentials, settings);
    let looked_up = transactions.map(|transaction| async {
        let found = read_with_retries(&service, || service.reads.look_up(&transaction.id)).await;
        if let (None, Err(words)) = (service.reads.username(), &found) {
            service.control.stop(Stop::Username(words.clone()));
        }
        let found = found.map(|found| differences(&transaction, &found));
        (transaction, found)
    });
    let take = |(transaction, found)| take(transaction, found);
    take_all(&service, settings.concurrency, looked_up, take).await
}

fn differences(transaction: &TransactionRows, found: &Found) -> Vec<Difference> {
    let rows = &transaction.rows;
    let there = |id: SessionId| found.sessions.iter().any(|session| session.id == id);
    let recorded = rows.iter().filter_map(|row| Some((row, row.session?)));
    let missing = recorded
        .clone()
        .filter(|(_, session)| !there(*session))
        .map(|(row, session)| Difference::Missing {
            row: row.name.clone(),
            session,
        });
    let mut differences: Vec<Difference> = missing.collect();
    let is_recorded = |id| recorded.clone().any(|(_, session)| session == id);
    let is_source = |id| rows.iter().any(|row| row.source == id);
    let others = found
        .sessions
        .iter()
        .filter(|session| !is_recorded(session.id) && !is_source(session.id))
        .filter(|session| rows.iter().any(|row| may_be_of(session, row, found.skew)));
    let sessions: Vec<SessionId> = others.map(|session| session.id).collect();
    if sessions.is_empty() {
        return differences;
    }
    let open = rows.iter().find(|row| row.status != Status::Copied);
    differences.push(match open {
        // The one that nobody knows about first: it is the likelier owner.
        Some(_) => {
            let is_uncertain = |row: &&AuditRow| row.status == Status::Uncertain;
            let row = rows.iter().find(is_uncertain).or(open);
            let row = row.expect("there is one");
            Difference::Unrecorded {
                row: row.name.clone(),
                row_id: row.row_id.clone(),
                status: row.status,
                sessions,
            }
        }
        None => Difference::Twice {
            copied: recorded
                .map(|(row, session)| (row.name.clone(), session))
                .collect(),
            sessions,
        },
    });
    differences
}

/// A generated transaction id is nobody else's. A given one may be anybody's: then only a session
/// with the row's title counts, made since the row was sent first.
fn may_be_of(session: &RemoteSession, row: &AuditRow, skew: SignedDuration) -> bool {
    if !row.is_given {
        return true;
    }
    let has_title = match &row.title {
        Some(title) => is_among(title, &session.titles) != Some(false),
        None => true,
    };
    let is_new = match (session.created_at, row.first_sent_at) {
        (Some(created_at), Some(sent_at)) => created_at >= sent_at + skew - SLACK,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    has_title && is_new
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";

    fn id(number: u8) -> SessionId {
        SessionId::parse(&format!("aaaaaaaa-0000-4000-8000-0000000000{number:02}")).unwrap()
    }

    fn row(status: Status, session: Option<u8>) -> AuditRow {
        AuditRow {
            row_id: "r".into(),
            name: "row 1".into(),
            status,
            source: SessionId::parse(SOURCE).unwrap(),
            session: session.map(id),
            is_given: false,
            title: Some("T".into()),
            first_sent_at: Timestamp::from_second(10_000).ok(),
        }
    }

    fn found(sessions: &[(u8, &str, i64)]) -> Found {
        let session = |(number, title, second): &(u8, &str, i64)| RemoteSession {
            id: id(*number),
            transaction_id: None,
            titles: vec![(*title).to_owned()],
            created_at: Timestamp::from_second(*second).ok(),
            owner_email: None,
            signers: None,
        };
        Found {
            sessions: sessions.iter().map(session).collect(),
            skew: SignedDuration::ZERO,
        }
    }

    fn judged(rows: Vec<AuditRow>, sessions: &[(u8, &str, i64)]) -> Vec<Difference> {
        let id = TransactionId::parse("t").unwrap();
        differences(&TransactionRows { id, rows }, &found(sessions))
    }

    #[test]
    fn what_is_there_once_is_right() {
        let copied = row(Status::Copied, Some(1));
        assert_eq!(judged(vec![copied], &[(1, "T", 10_001)]), []);
        assert_eq!(judged(vec![row(Status::Failed, None)], &[]), []);
        assert_eq!(judged(vec![row(Status::Uncertain, None)], &[]), []);
    }

    #[test]
    fn a_second_session_and_a_missing_one_are_told() {
        let copied = || vec![row(Status::Copied, Some(1))];
        let twice = Difference::Twice {
            copied: vec![("row 1".into(), id(1))],
            sessions: vec![id(2)],
        };
        let both = [(1, "T", 10_001), (2, "T", 10_002)];
        assert_eq!(judged(copied(), &both), std::slice::from_ref(&twice));
        let missing = Difference::Missing {
            row: "row 1".into(),
            session: id(1),
        };
        assert_eq!(judged(copied(), &[]), std::slice::from_ref(&missing));
        assert_eq!(judged(copied(), &both[1..]), [missing, twice]);
    }

    #[test]
    fn a_copy_that_is_not_recorded_is_told() {
        for status in [Status::Failed, Status::Pending, Status::Uncertain] {
            let unrecorded = Difference::Unrecorded {
                row: "row 1".into(),
                row_id: "r".into(),
                status,
                sessions: vec![id(1)],
            };
            let rows = vec![row(status, None)];
            assert_eq!(judged(rows, &[(1, "T", 10_001)]), [unrecorded]);
        }
    }

    #[test]
    fn sessions_of_others_under_a_given_id_do_not_count() {
        let given = || AuditRow {
            is_given: true,
            ..row(Status::Copied, Some(1))
        };
        let own = (1, "T", 10_001);
        assert_eq!(judged(vec![given()], &[own, (2, "other", 10_001)]), []);
        assert_eq!(judged(vec![given()], &[own, (2, "T", 5_000)]), []);
        assert_eq!(judged(vec![given()], &[own, (2, "T", 10_009)]).len(), 1);
    }
}
