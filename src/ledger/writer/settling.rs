//! The statements behind settling, and the proofs that it rests on.

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::attempts::set_row;
use crate::executor::{KnownCopy, RowKey, Settled, Trace};
use crate::job::{AttemptClass, Ending, RowState, SessionId, TransactionId};
use crate::ledger::LedgerError;
use crate::ledger::view::{optional_timestamp, unreadable};
use crate::support::crash_point;

pub(super) fn trace(connection: &Connection, row: RowKey) -> Result<Trace, LedgerError> {
    // Without attempts of this ledger, a row is uncertain because a report says so, or because it
    // is not looked up yet whether what a report says holds.
    let trace = connection
        .prepare_cached(
            "SELECT rows.first_sent_at,
                (SELECT max(began_at) FROM attempts WHERE attempts.row = rows.id),
                -- One whose end is not recorded yet ended a moment ago.
                (SELECT iif(max(ended_at IS NULL), NULL, max(ended_at))
                 FROM attempts WHERE attempts.row = rows.id),
                EXISTS (SELECT 1 FROM rows AS other
                    WHERE other.transaction_id = rows.transaction_id COLLATE NOCASE
                      AND other.id <> rows.id
                      -- A row without a title shows its source's, which may be any.
                      AND coalesce(title_key(json_extract(other.fields, '$.title'))
                            = title_key(json_extract(rows.fields, '$.title')), 1))
             FROM rows WHERE rows.id = ?1",
        )?
        .query_row([row.0], |row| {
            Ok(Trace {
                first_sent_at: optional_timestamp(row, 0)?,
                began_at: timestamp(row, 1)?,
                ended_at: timestamp(row, 2)?,
                is_shared: row.get(3)?,
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

/// The first copies after an instant have had the most time to become visible since. Only those
/// count there that were answered: one that was looked up may be older than its row's end. What
/// a person said is a copy may be mistyped, and proves nothing.
pub(super) fn known_copies(
    connection: &Connection,
    source: SessionId,
    trace: &Trace,
) -> Result<Vec<KnownCopy>, LedgerError> {
    const BEGUN_AFTER: &str = "SELECT transaction_id, new_session_id FROM rows
        WHERE status = 'copied' AND substr(audience, 1, 36) = ?1 AND finished_at >= ?2
          AND first_sent_at >= ?2
          AND NOT EXISTS (SELECT 1 FROM settlements WHERE row = rows.id)
        ORDER BY finished_at LIMIT 3";
    const AFTER: &str = "SELECT transaction_id, new_session_id FROM rows
        WHERE status = 'copied' AND substr(audience, 1, 36) = ?1 AND finished_at >= ?2
          AND NOT EXISTS (SELECT 1 FROM settlements WHERE row = rows.id)
        ORDER BY finished_at LIMIT 3";
    const BEFORE: &str = "SELECT transaction_id, new_session_id FROM rows
        WHERE status = 'copied' AND substr(audience, 1, 36) = ?1 AND ?2 IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM settlements WHERE row = rows.id AND run IS NULL)
        ORDER BY finished_at DESC LIMIT 3";
    let invalid = |error: crate::job::InvalidId| unreadable(&format!("a copied row: {error}"));
    let (began_at, ended_at) = (trace.began_at, trace.ended_at);
    for (sql, since) in [
        (BEGUN_AFTER, ended_at),
        (AFTER, began_at),
        (BEFORE, began_at),
    ] {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((source.to_string(), since.as_millisecond()))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(KnownCopy {
                transaction_id: TransactionId::parse(&row.get::<_, String>(0)?).map_err(invalid)?,
                session: SessionId::parse(&row.get::<_, String>(1)?).map_err(invalid)?,
            });
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
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
    if let RowState::Pending(_) = became {
        // A manifest that has the row with other content must be read again, so that it takes
        // that: the next run would else send what was sent before.
        connection
            .prepare_cached(
                "UPDATE manifests SET sha256 = x''
                 WHERE id IN (SELECT manifest FROM changed WHERE row = ?1)",
            )?
            .execute([row.0])?;
    }
    connection
        .prepare_cached(
            "INSERT INTO settlements (row, run, settled_at, status, new_session_id, text)
             SELECT id, ?2, ?3, status, new_session_id, error FROM rows WHERE id = ?1",
        )?
        .execute((row.0, run, at.as_millisecond()))?;
    crash_point("settle-uncommitted");
    Ok(became)
}

/// Gives a row back the standing that its report gave it, now that a look-up bears it out.
pub(super) fn believe(
    connection: &Connection,
    run: i64,
    row: RowKey,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let changed = connection
        .prepare_cached(
            "UPDATE rows SET status = 'pending', finished_at = NULL,
                (error_class, error, http_status) =
                    (SELECT error_class, error, http_status FROM taken_over WHERE row = ?1)
             WHERE id = ?1 AND status = 'uncertain'",
        )?
        .execute([row.0])?;
    if changed != 1 {
        return Err(unreadable(
            "a reported row is not uncertain; another process changed it",
        ));
    }
    connection
        .prepare_cached("INSERT OR IGNORE INTO work (row) VALUES (?1)")?
        .execute([row.0])?;
    connection
        .prepare_cached(
            "INSERT INTO settlements (row, run, settled_at, status, text)
             VALUES (?1, ?2, ?3, 'pending', 'no copy exists, as its report says')",
        )?
        .execute((row.0, run, at.as_millisecond()))?;
    Ok(())
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
        let flags = rusqlite::functions::FunctionFlags::default();
        connection
            .create_scalar_function("title_key", 1, flags, |context| {
                let title: Option<String> = context.get(0)?;
                Ok(title.as_deref().map(crate::job::title_key))
            })
            .unwrap();
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
        assert_eq!(
            (found.first_sent_at, found.began_at),
            (Some(at(70)), at(90))
        );
        assert!(found.ended_at > at(90), "it ended just now");
        let sql = "UPDATE attempts SET ended_at = began_at + 5 WHERE row = ?1";
        connection.execute(sql, [row.0]).unwrap();
        assert_eq!(trace_of(row).ended_at, at(95));
        assert!(!found.is_shared && !trace_of(other_title).is_shared);
        let twin = uncertain(&connection, "t", r#"{"title":"T"}"#);
        assert!(trace_of(row).is_shared && trace_of(twin).is_shared);
        assert!(!trace_of(other_title).is_shared);
        let spelt = uncertain(&connection, "T", r#"{"title":" u"}"#);
        assert!(trace_of(spelt).is_shared && trace_of(other_title).is_shared);
        let bare = uncertain(&connection, "u", "{}");
        assert!(!trace_of(bare).is_shared);
        uncertain(&connection, "u", r#"{"title":"A source may have any"}"#);
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
    fn known_copies_are_the_first_after_an_instant_else_the_last_of_all() {
        let copied = [
            (SOURCE, 1, 10),
            (SOURCE, 2, 20),
            (SOURCE, 3, 30),
            (OTHER, 4, 25),
        ];
        let connection = ledger(&copied);
        uncertain(&connection, "t", "{}");
        let traced = |since| Trace {
            first_sent_at: None,
            began_at: at(since),
            ended_at: at(since),
            is_shared: false,
        };
        let known = |since| {
            let known = known_copies(&connection, source(SOURCE), &traced(since)).unwrap();
            known
                .into_iter()
                .map(|known| known.session)
                .collect::<Vec<_>>()
        };
        assert_eq!(known(10), [id(1), id(2), id(3)]);
        assert_eq!(known(11), [id(2), id(3)]);
        assert_eq!(known(30), [id(3)]);
        assert_eq!(known(31), [id(3), id(2), id(1)]);
        let none = known_copies(&ledger(&[]), source(SOURCE), &traced(0));
        assert!(none.unwrap().is_empty());
        // One that was looked up is older than it says; one that a person named may be mistyped.
        for (row, run) in [(2, Some(1)), (3, None)] {
            connection
                .execute(
                    "INSERT INTO settlements (row, run, settled_at, status, text)
                     VALUES (?1, ?2, 40, 'copied', '')",
                    (row, run),
                )
                .unwrap();
        }
        assert_eq!(known(10), [id(1)]);
        assert_eq!(known(11), [id(2), id(1)]);
    }

    #[test]
    fn copies_begun_after_an_attempt_prove_more_than_those_that_overlapped_with_it() {
        let connection = ledger(&[(SOURCE, 1, 15), (SOURCE, 2, 25), (SOURCE, 3, 35)]);
        let sent = |number: u8, first_sent_at: i64| {
            let sql = "UPDATE rows SET first_sent_at = ?2 WHERE row_id = ?1";
            let row = number.to_string();
            connection.execute(sql, (row, first_sent_at)).unwrap();
        };
        // The attempt is from 10 to 20: the first copy was sent before it, the second within it.
        for (number, first_sent_at) in [(1, 5), (2, 12), (3, 30)] {
            sent(number, first_sent_at);
        }
        let trace = Trace {
            first_sent_at: None,
            began_at: at(10),
            ended_at: at(20),
            is_shared: false,
        };
        let known = || {
            let known = known_copies(&connection, source(SOURCE), &trace).unwrap();
            let sessions = known.into_iter().map(|known| known.session);
            sessions.collect::<Vec<_>>()
        };
        assert_eq!(known(), [id(3)]);
        sent(3, 19);
        assert_eq!(known(), [id(1), id(2), id(3)]);
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
