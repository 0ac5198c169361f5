//! All sessions and all copy requests, in a database without a name: a few megabytes stay in
//! memory, the others are gone with the process, however that ends.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use uuid::Uuid;

use super::session::Session;
use crate::sandbox::settings::source::SessionState;
use crate::sandbox::stats::TransactionStats;

/// One transaction that never ends: nothing is ever undone, and nobody else reads it.
const SCHEMA: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA cache_size = -4096;
    CREATE TABLE session (
        number INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        transaction_id TEXT NOT NULL,
        is_copy INTEGER NOT NULL,
        status INTEGER NOT NULL,
        visible_from_ms INTEGER NOT NULL,
        content TEXT NOT NULL
    );
    CREATE INDEX session_transaction ON session (transaction_id);
    CREATE TABLE request (
        transaction_id TEXT PRIMARY KEY,
        received INTEGER NOT NULL,
        source BLOB
    ) WITHOUT ROWID;
    BEGIN";

/// The sessions, in the order of their commits; none is ever removed.
pub(in crate::sandbox) struct Store {
    database: Connection,
    started: Instant,
}

impl Store {
    pub(in crate::sandbox) fn new() -> Result<Self> {
        let database = Connection::open("")?;
        database.execute_batch(SCHEMA)?;
        Ok(Self {
            database,
            started: Instant::now(),
        })
    }

    /// Counts a copy request for a transaction id, whatever becomes of it.
    pub(in crate::sandbox) fn receive(
        &self,
        transaction_id: &str,
        source: Option<Uuid>,
    ) -> Result<()> {
        let sql = "INSERT INTO request VALUES (?1, 1, ?2) ON CONFLICT DO UPDATE SET
            received = received + 1, source = coalesce(excluded.source, source)";
        let source = source.map(Uuid::into_bytes);
        let mut statement = self.database.prepare_cached(sql)?;
        statement.execute(params![transaction_id, source]).map(drop)
    }

    /// Keeps a copy, and keeps it from look-ups by transaction for so long.
    pub(in crate::sandbox) fn insert_copy(&self, session: &Session, blind: Duration) -> Result<()> {
        self.insert(session, true, self.now_ms() + milliseconds(blind))
    }

    /// Keeps a source.
    pub(in crate::sandbox) fn insert_source(&self, session: &Session) -> Result<()> {
        self.insert(session, false, 0)
    }

    fn insert(&self, session: &Session, is_copy: bool, visible_from_ms: i64) -> Result<()> {
        // An id that is taken stays with the session that has it.
        let sql = "INSERT OR IGNORE INTO session VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6)";
        let content = serde_json::to_string(session).expect("plain members always serialise");
        let mut statement = self.database.prepare_cached(sql)?;
        let (id, status) = (session.id.into_bytes(), u8::from(session.status));
        let transaction_id = &session.transaction_id;
        statement
            .execute(params![
                id,
                transaction_id,
                is_copy,
                status,
                visible_from_ms,
                content
            ])
            .map(drop)
    }

    /// The session with that id.
    pub(in crate::sandbox) fn find(&self, id: Uuid) -> Result<Option<Session>> {
        let sql = "SELECT content, status FROM session WHERE id = ?1";
        let mut statement = self.database.prepare_cached(sql)?;
        statement
            .query_row([id.into_bytes()], session_of)
            .optional()
    }

    /// Gives a session another state; `false` when there is none with that id.
    pub(in crate::sandbox) fn set_status(&self, id: Uuid, status: SessionState) -> Result<bool> {
        let sql = "UPDATE session SET status = ?2 WHERE id = ?1";
        let mut statement = self.database.prepare_cached(sql)?;
        let changed = statement.execute(params![id.into_bytes(), u8::from(status)])?;
        Ok(changed > 0)
    }

    /// The sessions that a look-up by transaction id may show. (Deleted ones: A, assumption 22)
    pub(in crate::sandbox) fn visible(&self, transaction_id: &str) -> Result<Vec<Session>> {
        let sql = "SELECT content, status FROM session WHERE transaction_id = ?1 AND status <> ?2
            AND visible_from_ms <= ?3 ORDER BY number";
        let mut statement = self.database.prepare_cached(sql)?;
        let deleted = u8::from(SessionState::Deleted);
        let rows =
            statement.query_map(params![transaction_id, deleted, self.now_ms()], session_of)?;
        let sessions: Result<Vec<_>> = rows.collect();
        sessions.map(|mut sessions| {
            sessions.retain(|session| !session.transaction_lost);
            sessions
        })
    }

    /// The source of the last copy request under that transaction id.
    pub(in crate::sandbox) fn last_source(&self, transaction_id: &str) -> Result<Option<Uuid>> {
        let sql = "SELECT source FROM request WHERE transaction_id = ?1";
        let mut statement = self.database.prepare_cached(sql)?;
        let source = statement.query_row([transaction_id], |row| row.get::<_, Option<[u8; 16]>>(0));
        Ok(source.optional()?.flatten().map(Uuid::from_bytes))
    }

    /// The ids of all sessions in that state, sorted.
    pub(in crate::sandbox) fn in_state(&self, state: SessionState) -> Result<Vec<Uuid>> {
        let sql = "SELECT id FROM session WHERE status = ?1 ORDER BY id";
        let mut statement = self.database.prepare_cached(sql)?;
        let ids = statement.query_map([u8::from(state)], |row| row.get(0).map(Uuid::from_bytes))?;
        ids.collect()
    }

    /// What happened under one transaction id, or under all.
    pub(in crate::sandbox) fn transactions(
        &self,
        only: Option<&str>,
    ) -> Result<BTreeMap<String, TransactionStats>> {
        let which = if only.is_some() { "=" } else { "IS NOT" };
        let mut transactions = BTreeMap::<String, TransactionStats>::new();
        let sql =
            format!("SELECT transaction_id, received FROM request WHERE transaction_id {which} ?1");
        let mut statement = self.database.prepare_cached(&sql)?;
        let mut rows = statement.query([only])?;
        while let Some(row) = rows.next()? {
            transactions.entry(row.get(0)?).or_default().received = row.get(1)?;
        }
        let sql = format!(
            "SELECT transaction_id, id FROM session WHERE transaction_id {which} ?1 AND is_copy ORDER BY number"
        );
        let mut statement = self.database.prepare_cached(&sql)?;
        let mut rows = statement.query([only])?;
        while let Some(row) = rows.next()? {
            let transaction = transactions.entry(row.get(0)?).or_default();
            transaction.committed += 1;
            transaction.session_ids.push(Uuid::from_bytes(row.get(1)?));
        }
        Ok(transactions)
    }

    fn now_ms(&self) -> i64 {
        milliseconds(self.started.elapsed())
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}

fn session_of(row: &Row<'_>) -> Result<Session> {
    let content = row.get_ref(0)?.as_str()?;
    let mut session: Session = serde_json::from_str(content)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))?;
    let status: u8 = row.get(1)?;
    session.status = status.try_into().unwrap_or(session.status);
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::sessions::session::{Extras, made_up_signers};

    fn session(transaction_id: &str) -> Session {
        Session {
            source: Session::new_id(),
            transaction_id: transaction_id.to_owned(),
            signers: Some(made_up_signers()),
            extras: Extras {
                use_sequence: Some(1),
                ..Extras::default()
            },
            ..Session::made_up(Session::new_id(), SessionState::InDraft)
        }
    }

    #[test]
    fn sessions_come_back_whole() {
        let store = Store::new().expect("a database");
        let (first, second) = (
            session("a"),
            Session {
                signers: None,
                ..session("b")
            },
        );
        for session in [&first, &second] {
            store.insert_copy(session, Duration::ZERO).expect("new");
            assert_eq!(store.find(session.id).unwrap().as_ref(), Some(session));
        }
        assert_eq!(store.find(Session::new_id()), Ok(None));
        let other = Session {
            title: "other".to_owned(),
            ..first.clone()
        };
        store.insert_copy(&other, Duration::ZERO).expect("no error");
        assert_eq!(store.find(first.id), Ok(Some(first)), "an id is given once");
    }

    #[test]
    fn a_transaction_counts_requests_and_lists_sessions() {
        let store = Store::new().expect("a database");
        let source = Session::new_id();
        store.receive("a", Some(source)).unwrap();
        store.receive("a", None).unwrap();
        let ids: Vec<_> = (0..3)
            .map(|turn| {
                let session = Session {
                    transaction_lost: turn == 2,
                    ..session("a")
                };
                let blind = Duration::from_secs(if turn == 0 { 60 } else { 0 });
                store.insert_copy(&session, blind).expect("new");
                session.id
            })
            .collect();
        let seen = store
            .transactions(Some("a"))
            .unwrap()
            .remove("a")
            .expect("named");
        assert_eq!((seen.received, &seen.session_ids), (2, &ids));
        let visible = store.visible("a").unwrap();
        assert_eq!(
            visible.iter().map(|session| session.id).collect::<Vec<_>>(),
            ids[1..2]
        );
        assert_eq!(store.last_source("a"), Ok(Some(source)));
        assert!(store.visible("b").unwrap().is_empty());
        assert!(store.transactions(Some("b")).unwrap().is_empty());
    }
}
