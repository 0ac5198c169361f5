//! The statements behind settling, and the proofs that it rests on.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::attempts::set_row;
use crate::executor::{KnownCopy, RowKey, Settled, Trace};
use crate::job::{AttemptClass, Ending, RowState, SessionId, TransactionId};
use crate::ledger::LedgerError;
use crate::ledger::view::{optional_timestamp, unreadable};

pub(super) fn trace(connection: &Connection, row: RowKey) -> Result<Trace, LedgerError> {
    // A row can't be uncertain without an attempt; if one was, only what is newer than now
    // would count as its copy.
    let trace = connection
        .prepare_cached(
            "SELECT rows.first_sent_at,
                (SELECT max(began_at) FROM attempts WHERE attempts.row = rows.id),
                EXISTS (SELECT 1 FROM rows AS other
                    WHERE other.transaction_id = rows.transaction_id AND other.id <> rows.id
                      AND json_extract(other.fields, '$.title')
                          IS json_extract(rows.fields, '$.title'))
             FROM rows WHERE rows.id = ?1",
        )?
        .query_row([row.0], |row| {
            Ok(Trace {
                first_sent_at: timestamp(row, 0)?,
                began_at: timestamp(row, 1)?,
                is_shared: row.get(2)?,
            })
        })?;
    Ok(trace)
}

pub(super) fn owned_by_others(
    connection: &Connection,
    row: RowKey,
    sessions: Vec<SessionId>,
) -> Result<Vec<SessionId>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM rows WHERE new_session_id = ?1 AND id <> ?2)",
    )?;
    let mut owned = Vec::new();
    for session in sessions {
        if statement.query_row((session.to_string(), row.0), |row| row.get(0))? {
            owned.push(session);
        }
    }
    Ok(owned)
}

/// The first copy after the instant has had the most time to become visible since.
pub(super) fn known_copy(
    connection: &Connection,
    source: SessionId,
    since: Timestamp,
) -> Result<Option<KnownCopy>, LedgerError> {
    const AFTER: &str = "SELECT transaction_id, new_session_id, finished_at FROM rows
        WHERE status = 'copied' AND substr(audience, 1, 36) = ?1 AND finished_at >= ?2
        ORDER BY finished_at LIMIT 1";
    const BEFORE: &str = "SELECT transaction_id, new_session_id, finished_at FROM rows
        WHERE status = 'copied' AND substr(audience, 1, 36) = ?1 AND finished_at < ?2
        ORDER BY finished_at DESC LIMIT 1";
    let find = |sql| -> rusqlite::Result<Option<(String, String, Timestamp)>> {
        connection
            .prepare_cached(sql)?
            .query_row((source.to_string(), since.as_millisecond()), |row| {
                Ok((row.get(0)?, row.get(1)?, timestamp(row, 2)?))
            })
            .optional()
    };
    let found = match find(AFTER)? {
        Some(found) => Some(found),
        None => find(BEFORE)?,
    };
    let Some((transaction_id, session, finished_at)) = found else {
        return Ok(None);
    };
    let invalid = |error: crate::job::InvalidId| unreadable(&format!("a copied row: {error}"));
    Ok(Some(KnownCopy {
        transaction_id: TransactionId::parse(&transaction_id).map_err(invalid)?,
        session: SessionId::parse(&session).map_err(invalid)?,
        finished_at,
    }))
}

pub(super) fn is_proven(
    connection: &Connection,
    username: &str,
    source: SessionId,
) -> Result<bool, LedgerError> {
    let is_proven = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM proofs WHERE username = lower(?1) AND source = ?2)",
        )?
        .query_row((username, source.to_string()), |row| row.get(0))?;
    Ok(is_proven)
}

pub(super) fn prove(
    connection: &Connection,
    username: &str,
    source: SessionId,
    copy: SessionId,
    at: Timestamp,
) -> Result<(), LedgerError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO proofs (username, source, known_copy, proven_at)
             VALUES (lower(?1), ?2, ?3, ?4)",
        )?
        .execute((
            username,
            source.to_string(),
            copy.to_string(),
            at.as_millisecond(),
        ))?;
    Ok(())
}

/// Writes what became of an uncertain row, and that it was found out. A row that is not uncertain
/// any more was settled by somebody else, and is not ours to change.
pub(in crate::ledger) fn settle(
    connection: &Connection,
    run: Option<i64>,
    row: RowKey,
    settled: &Settled,
    at: Timestamp,
) -> Result<RowState, LedgerError> {
    let (is_uncertain, http_status): (bool, Option<u16>) = connection
        .prepare_cached("SELECT status = 'uncertain', http_status FROM rows WHERE id = ?1")?
        .query_row([row.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if !is_uncertain {
        return Err(unreadable(
            "a row to be settled is not uncertain; another process changed it",
        ));
    }
    let is_copied = matches!(settled.row, RowState::Copied(_));
    let ending = Ending {
        class: AttemptClass::Unknown,
        http_status: http_status.filter(|_| !is_copied),
        text: settled.text.clone(),
        row: settled.row.clone(),
    };
    let became = set_row(connection, row, &ending, at)?;
    connection
        .prepare_cached(
            "INSERT INTO settlements (row, run, settled_at, status, new_session_id, text)
             SELECT id, ?2, ?3, status, new_session_id, error FROM rows WHERE id = ?1",
        )?
        .execute((row.0, run, at.as_millisecond()))?;
    Ok(became)
}

fn timestamp(row: &Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    Ok(optional_timestamp(row, index)?.unwrap_or_else(Timestamp::now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::ErrorClass;

    const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";
    const OTHER: &str = "3f0c6c1e-0000-4000-8000-000000000002";

    fn id(number: u8) -> SessionId {
        SessionId::parse(&format!("aaaaaaaa-0000-4000-8000-0000000000{number:02}")).unwrap()
    }

    fn source(text: &str) -> SessionId {
        SessionId::parse(text).unwrap()
    }

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    /// Copied rows, each with its source, its copy's number and when it was finished.
    fn ledger(copied: &[(&str, u8, i64)]) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let schema = include_str!("../schema.sql");
        connection.execute_batch(schema).unwrap();
        connection
            .pragma_update(None, "foreign_keys", false)
            .unwrap();
        for (source, number, finished_at) in copied {
            connection
                .execute(
                    "INSERT INTO rows (row_id, fields, constants, hash, audience, transaction_id,
                        status, new_session_id, first_sent_at, finished_at)
                     VALUES (?2, '{}', '[]', x'', ?1, 't' || ?2, 'copied', ?3, ?4, ?4)",
                    (
                        source,
                        number.to_string(),
                        id(*number).to_string(),
                        finished_at,
                    ),
                )
                .unwrap();
        }
        connection
    }

    /// Adds a row without answer.
    fn uncertain(connection: &Connection, transaction: &str, fields: &str) -> RowKey {
        connection
            .execute(
                "INSERT INTO rows (row_id, fields, constants, hash, audience, transaction_id,
                    status, http_status, first_sent_at)
                 VALUES (hex(randomblob(8)), ?1, '[]', x'', ?2, ?3, 'uncertain', 500, 70)",
                (fields, SOURCE, transaction),
            )
            .unwrap();
        let row = RowKey(connection.last_insert_rowid());
        for began_at in [70, 90, 80] {
            connection
                .execute(
                    "INSERT INTO attempts (row, run, began_at) VALUES (?1, 1, ?2)",
                    (row.0, began_at),
                )
                .unwrap();
        }
        row
    }

    #[test]
    fn a_trace_spans_the_attempts_and_tells_of_a_twin() {
        let connection = ledger(&[(SOURCE, 1, 10)]);
        let row = uncertain(&connection, "t", r#"{"title":"T"}"#);
        let other_title = uncertain(&connection, "t", r#"{"title":"U"}"#);
        let trace_of = |row| trace(&connection, row).unwrap();
        let found = trace_of(row);
        assert_eq!((found.first_sent_at, found.began_at), (at(70), at(90)));
        assert!(!found.is_shared && !trace_of(other_title).is_shared);
        let twin = uncertain(&connection, "t", r#"{"title":"T"}"#);
        assert!(trace_of(row).is_shared && trace_of(twin).is_shared);
        assert!(!trace_of(other_title).is_shared);
        let bare = uncertain(&connection, "u", "{}");
        assert!(!trace_of(bare).is_shared);
        uncertain(&connection, "u", "{}");
        assert!(trace_of(bare).is_shared);
    }

    #[test]
    fn only_another_row_s_session_is_owned() {
        let connection = ledger(&[(SOURCE, 1, 10), (OTHER, 2, 20)]);
        let owned = |row| owned_by_others(&connection, RowKey(row), vec![id(1), id(2), id(3)]);
        assert_eq!(owned(1).unwrap(), [id(2)]);
        assert_eq!(owned(2).unwrap(), [id(1)]);
        assert_eq!(owned(3).unwrap(), [id(1), id(2)]);
    }

    #[test]
    fn the_known_copy_is_the_first_after_an_instant_else_the_last_before_it() {
        let copied = [
            (SOURCE, 1, 10),
            (SOURCE, 2, 20),
            (SOURCE, 3, 30),
            (OTHER, 4, 25),
        ];
        let connection = ledger(&copied);
        uncertain(&connection, "t", "{}");
        let known = |since| {
            let known = known_copy(&connection, source(SOURCE), at(since)).unwrap();
            known.map(|known| (known.session, known.finished_at))
        };
        for (since, number) in [(0, 1), (10, 1), (11, 2), (20, 2), (21, 3), (30, 3), (31, 3)] {
            let finished_at = at(i64::from(number) * 10);
            assert_eq!(known(since), Some((id(number), finished_at)), "{since}");
        }
        let known = known_copy(&ledger(&[]), source(SOURCE), at(0));
        assert_eq!(known.unwrap(), None);
    }

    #[test]
    fn a_proof_is_of_one_username_and_source() {
        let connection = ledger(&[]);
        let proven = |name, of| is_proven(&connection, name, source(of)).unwrap();
        assert!(!proven("owner@example.com", SOURCE));
        prove(
            &connection,
            "Owner@example.com",
            source(SOURCE),
            id(1),
            at(5),
        )
        .unwrap();
        assert!(proven("owner@Example.com", SOURCE));
        assert!(!proven("owner@example.com", OTHER));
        assert!(!proven("other@example.com", SOURCE));
    }

    #[test]
    fn a_row_is_settled_once_and_never_with_another_row_s_session() {
        let connection = ledger(&[(SOURCE, 1, 10)]);
        let settled = |row, became: RowState| {
            let text = String::new();
            settle(
                &connection,
                Some(1),
                row,
                &Settled { row: became, text },
                at(99),
            )
        };
        let row = uncertain(&connection, "t", "{}");
        let became = settled(row, RowState::Copied(id(1))).unwrap();
        assert_eq!(became, RowState::Uncertain);
        let became = settled(row, RowState::Copied(id(2))).unwrap();
        assert_eq!(became, RowState::Copied(id(2)));
        assert!(settled(row, RowState::Pending(ErrorClass::Unknown)).is_err());
        let stands: (String, Option<u16>, String) = connection
            .query_row(
                "SELECT status, http_status, new_session_id FROM rows WHERE id = ?1",
                [row.0],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        assert_eq!(stands, ("copied".into(), None, id(2).to_string()));
        let written: i64 = connection
            .query_row("SELECT count(*) FROM settlements", [], |row| row.get(0))
            .unwrap();
        assert_eq!(written, 2);
        let row = uncertain(&connection, "u", "{}");
        settled(row, RowState::Failed(ErrorClass::Unknown)).unwrap();
        let status: Option<u16> = connection
            .query_row(
                "SELECT http_status FROM rows WHERE id = ?1",
                [row.0],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(status, Some(500), "what the service said is kept");
    }
}
