//! The statements behind settling.

use jiff::Timestamp;
use rusqlite::Connection;

use super::attempts::{session_owner, set_row};
use crate::executor::{RowKey, SendHistory, Settlement};
use crate::job::{AttemptClass, AttemptOutcome, RowState, SessionId};
use crate::ledger::LedgerError;
use crate::ledger::sql_types::{Statements, timestamp};
use crate::support::crash_point;

pub(super) fn send_history(
    connection: &Connection,
    row: RowKey,
) -> Result<SendHistory, LedgerError> {
    // Without attempts of this ledger, a row is uncertain because a report says so, or because it
    // is not looked up yet whether what a report says holds.
    let sql = "SELECT first_sent_at,
            (SELECT max(id) FROM attempts WHERE attempts.row = rows.id) AS attempt,
            -- One whose end is not recorded yet ended a moment ago.
            iif(status = 'sending', (SELECT max(id) FROM attempts), ended_after) AS ended_after,
            EXISTS (SELECT 1 FROM rows AS other
                WHERE other.transaction_id = rows.transaction_id COLLATE NOCASE
                  AND other.id <> rows.id
                  -- A row without a title shows its source's, which may be any.
                  AND coalesce(comparable_title(json_extract(other.fields, '$.title'))
                        = comparable_title(json_extract(rows.fields, '$.title')), 1)) AS is_shared
         FROM rows WHERE rows.id = ?1";
    let history = connection.ask(sql, [row], |row| {
        Ok(SendHistory {
            first_sent_at: timestamp(row, "first_sent_at")?,
            attempt: row.get("attempt")?,
            ended_after: row.get("ended_after")?,
            is_shared: row.get("is_shared")?,
        })
    });
    Ok(history?)
}

pub(super) fn owned_by_others(
    connection: &Connection,
    row: RowKey,
    sessions: Vec<SessionId>,
) -> Result<Vec<SessionId>, LedgerError> {
    let mut owned = Vec::new();
    for session in sessions {
        owned.extend(session_owner(connection, session, Some(row))?.map(|_| session));
    }
    Ok(owned)
}

/// Writes what became of an uncertain row, and that it was found out. A row that is not uncertain
/// any more was settled by somebody else, and is not ours to change.
pub(in crate::ledger) fn settle(
    connection: &Connection,
    run: Option<i64>,
    row: RowKey,
    settlement: &Settlement,
    at: Timestamp,
) -> Result<RowState, LedgerError> {
    let sql = "SELECT status = 'uncertain', http_status FROM rows WHERE id = ?1";
    let (is_uncertain, http_status) = connection.ask(sql, [row], |row| {
        Ok((row.get(0)?, row.get::<_, Option<u16>>(1)?))
    })?;
    LedgerError::conflict_unless(is_uncertain, "a row to be settled is not uncertain")?;
    let is_copied = matches!(settlement.row, RowState::Copied(_));
    let outcome = AttemptOutcome {
        class: AttemptClass::Unknown,
        http_status: http_status.filter(|_| !is_copied),
        text: settlement.text.clone(),
        row: settlement.row.clone(),
    };
    let became = set_row(connection, row, &outcome, at)?;
    if let RowState::Pending(_) = became {
        // A manifest that has the row with other content must be read again, so that it takes
        // that: the next run would else send what was sent before.
        connection.change(
            "UPDATE manifests SET sha256 = x''
             WHERE id IN (SELECT manifest FROM changed WHERE row = ?1)",
            [row],
        )?;
    }
    connection.change(
        "INSERT INTO settlements (row, run, settled_at, status, new_session_id, text)
         SELECT id, ?2, ?3, status, new_session_id, error FROM rows WHERE id = ?1",
        (row, run, at.as_millisecond()),
    )?;
    crash_point("settle-uncommitted");
    Ok(became)
}

/// Gives a row back the status that its report gave it, now that a look-up confirms it.
pub(super) fn confirm_absent(
    connection: &Connection,
    run: i64,
    row: RowKey,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let changed = connection.change(
        "UPDATE rows SET status = 'pending', finished_at = NULL,
            (error_class, error, http_status) =
                (SELECT error_class, error, http_status FROM taken_over WHERE row = ?1)
         WHERE id = ?1 AND status = 'uncertain'",
        [row],
    )?;
    LedgerError::conflict_unless(changed == 1, "a reported row is not uncertain")?;
    connection.change("INSERT OR IGNORE INTO work (row) VALUES (?1)", [row])?;
    connection.change(
        "INSERT INTO settlements (row, run, settled_at, status, text)
         VALUES (?1, ?2, ?3, 'pending', 'no copy exists, as its report says')",
        (row, run, at.as_millisecond()),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::AttemptKey;
    use crate::job::ErrorClass;

    const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";
    const OTHER: &str = "3f0c6c1e-0000-4000-8000-000000000002";

    fn id(number: u8) -> SessionId {
        SessionId::parse(&format!("aaaaaaaa-0000-4000-8000-0000000000{number:02}")).unwrap()
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
            .create_scalar_function("comparable_title", 1, flags, |context| {
                let title: Option<String> = context.get(0)?;
                Ok(title.as_deref().map(crate::job::comparable_title))
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
    fn a_history_spans_the_attempts_and_notes_a_row_that_looks_the_same() {
        let connection = ledger(&[(SOURCE, 1, 10)]);
        let row = uncertain(&connection, "t", r#"{"title":"T"}"#);
        let other_title = uncertain(&connection, "t", r#"{"title":"U"}"#);
        let history_of = |row| send_history(&connection, row).unwrap();
        let found = history_of(row);
        assert_eq!(found.first_sent_at, Some(at(70)));
        assert_eq!(found.attempt, Some(AttemptKey(3)), "the last of its own");
        assert_eq!(history_of(other_title).attempt, Some(AttemptKey(6)));
        assert_eq!(found.ended_after, None);
        let out = "UPDATE rows SET status = 'sending' WHERE id = ?1";
        connection.execute(out, [row.0]).unwrap();
        let found = history_of(row);
        assert_eq!(found.ended_after, Some(AttemptKey(6)), "it ended just now");
        assert!(!found.is_shared && !history_of(other_title).is_shared);
        let same = uncertain(&connection, "t", r#"{"title":"T"}"#);
        assert!(history_of(row).is_shared && history_of(same).is_shared);
        assert!(!history_of(other_title).is_shared);
        let spelt = uncertain(&connection, "T", r#"{"title":" u"}"#);
        assert!(history_of(spelt).is_shared && history_of(other_title).is_shared);
        let bare = uncertain(&connection, "u", "{}");
        assert!(!history_of(bare).is_shared);
        uncertain(&connection, "u", r#"{"title":"A source may have any"}"#);
        assert!(history_of(bare).is_shared);
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
    fn a_row_is_settled_once_and_never_with_another_row_s_session() {
        let connection = ledger(&[(SOURCE, 1, 10)]);
        let settled = |row, became: RowState| {
            let text = String::new();
            settle(
                &connection,
                Some(1),
                row,
                &Settlement { row: became, text },
                at(99),
            )
        };
        let row = uncertain(&connection, "t", "{}");
        let became = settled(row, RowState::Copied(id(1))).unwrap();
        assert_eq!(became, RowState::Uncertain);
        let became = settled(row, RowState::Copied(id(2))).unwrap();
        assert_eq!(became, RowState::Copied(id(2)));
        assert!(settled(row, RowState::Pending(ErrorClass::Unknown)).is_err());
        let stored: (String, Option<u16>, String) = connection
            .query_row(
                "SELECT status, http_status, new_session_id FROM rows WHERE id = ?1",
                [row.0],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        assert_eq!(stored, ("copied".into(), None, id(2).to_string()));
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
