//! What proves that look-ups work: copies that are known, and what was found of them before.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::executor::{AttemptKey, KnownCopy, SendHistory};
use crate::job::SessionId;
use crate::ledger::LedgerError;
use crate::ledger::sql_types::Statements;

/// The first copies after an attempt have had the most time to become visible since. Only those
/// count there that were answered: one that was looked up may be older than its row's end. What
/// a person said is a copy may be mistyped, and proves nothing.
pub(super) fn known_copies(
    connection: &Connection,
    source: SessionId,
    history: &SendHistory,
) -> Result<Vec<KnownCopy>, LedgerError> {
    const BEGUN_AFTER: &str = "ended_after > ?2
          AND (SELECT max(id) FROM attempts WHERE attempts.row = rows.id) > ?2
          AND NOT EXISTS (SELECT 1 FROM settlements WHERE row = rows.id)
        ORDER BY ended_after LIMIT 3";
    const AFTER: &str = "ended_after >= ?2
          AND NOT EXISTS (SELECT 1 FROM settlements WHERE row = rows.id)
        ORDER BY ended_after LIMIT 3";
    const BEFORE: &str = "?2 IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM settlements WHERE row = rows.id AND run IS NULL)
        ORDER BY ended_after DESC LIMIT 3";
    // Of a row that this ledger never sent, nothing is known to be later.
    let never = AttemptKey(i64::MAX);
    let began = history.attempt.unwrap_or(never);
    let ended = history.ended_after.unwrap_or(never).max(began);
    for (which, since) in [(BEGUN_AFTER, ended), (AFTER, began), (BEFORE, began)] {
        let sql = format!(
            "SELECT transaction_id, new_session_id FROM rows
             WHERE status = 'copied' AND substr(audience, 1, 36) = ?1 AND {which}"
        );
        let found = connection.list(&sql, (source, since), |row| {
            Ok(KnownCopy {
                transaction_id: row.get("transaction_id")?,
                session: row.get("new_session_id")?,
            })
        })?;
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
    let sql = "SELECT EXISTS (SELECT 1 FROM proofs WHERE username = lower(?1) AND source = ?2)";
    Ok(connection.value(sql, (username, source))?)
}

pub(super) fn prove(
    connection: &Connection,
    username: &str,
    source: SessionId,
    copy: SessionId,
    at: Timestamp,
) -> Result<(), LedgerError> {
    connection.change(
        "INSERT OR REPLACE INTO proofs (username, source, known_copy, proven_at)
         VALUES (lower(?1), ?2, ?3, ?4)",
        (username, source, copy, at.as_millisecond()),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::attempts::finish;
    use super::*;
    use crate::executor::{AttemptEnd, RowKey};
    use crate::job::{AttemptClass, AttemptOutcome, ErrorClass, RowState};

    const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";
    const OTHER: &str = "3f0c6c1e-0000-4000-8000-000000000002";

    /// A ledger, and a clock that is set back with every step.
    struct History {
        connection: Connection,
        clock: std::cell::Cell<i64>,
    }

    fn id(number: i64) -> SessionId {
        SessionId::parse(&format!("aaaaaaaa-0000-4000-8000-{number:012}")).unwrap()
    }

    fn source(text: &str) -> SessionId {
        SessionId::parse(text).unwrap()
    }

    impl History {
        fn new() -> Self {
            let connection = Connection::open_in_memory().unwrap();
            let schema = include_str!("../schema.sql");
            connection.execute_batch(schema).unwrap();
            connection
                .pragma_update(None, "foreign_keys", false)
                .unwrap();
            // The history of a row asks whether another has its title.
            let flags = rusqlite::functions::FunctionFlags::default();
            connection
                .create_scalar_function("comparable_title", 1, flags, |context| {
                    context.get::<Option<String>>(0)
                })
                .unwrap();
            let clock = std::cell::Cell::new(1_000_000);
            Self { connection, clock }
        }

        fn now(&self) -> Timestamp {
            self.clock.set(self.clock.get() - 1_000);
            Timestamp::from_millisecond(self.clock.get()).unwrap()
        }

        /// A row begins to be sent.
        fn begins(&self, row: i64, of: &str) -> AttemptKey {
            let add = "INSERT OR IGNORE INTO rows (id, row_id, fields, constants, hash, audience,
                    transaction_id, status)
                 VALUES (?1, ?1, '{}', '[]', x'', ?2, 't' || ?1, 'pending')";
            self.connection.execute(add, (row, of)).unwrap();
            let sends = "UPDATE rows SET status = 'sending' WHERE id = ?1";
            self.connection.execute(sends, [row]).unwrap();
            let begins = "INSERT INTO attempts (row, run, began_at) VALUES (?1, 1, ?2)";
            let at = self.now().as_millisecond();
            self.connection.execute(begins, (row, at)).unwrap();
            AttemptKey(self.connection.last_insert_rowid())
        }

        fn ends(&self, row: i64, attempt: AttemptKey, became: RowState) {
            let outcome = AttemptOutcome {
                class: AttemptClass::Unknown,
                http_status: None,
                text: String::new(),
                row: became,
            };
            let end = AttemptEnd {
                row: RowKey(row),
                attempt,
                outcome,
                at: self.now(),
            };
            finish(&self.connection, &end).unwrap();
        }

        fn is_copied(&self, row: i64, of: &str) {
            let attempt = self.begins(row, of);
            self.ends(row, attempt, RowState::Copied(id(row)));
        }

        fn is_lost(&self, row: i64) {
            let attempt = self.begins(row, SOURCE);
            self.ends(row, attempt, RowState::Uncertain);
        }

        fn is_settled(&self, row: i64, run: Option<i64>) {
            let sql = "INSERT INTO settlements (row, run, settled_at, status, text)
                       VALUES (?1, ?2, 40, 'copied', '')";
            self.connection.execute(sql, (row, run)).unwrap();
        }

        /// The rows whose copies should be found, if this row is looked up.
        fn known(&self, row: i64) -> Vec<i64> {
            let history =
                super::super::settling::send_history(&self.connection, RowKey(row)).unwrap();
            let known = known_copies(&self.connection, source(SOURCE), &history).unwrap();
            let rows = known
                .iter()
                .map(|known| known.transaction_id.as_str()[1..].parse());
            rows.map(Result::unwrap).collect()
        }
    }

    #[test]
    fn copies_begun_after_an_attempt_prove_more_than_those_that_overlapped_with_it() {
        let history = History::new();
        history.is_copied(1, SOURCE);
        let overlapping = history.begins(2, SOURCE);
        let lost = history.begins(3, SOURCE);
        history.ends(2, overlapping, RowState::Copied(id(2)));
        let late = history.begins(4, SOURCE);
        history.ends(3, lost, RowState::Uncertain);
        assert_eq!(history.known(3), [2], "it ended after the lost one began");
        history.ends(4, late, RowState::Copied(id(4)));
        assert_eq!(
            history.known(3),
            [2, 4],
            "neither began after the lost one ended"
        );
        for row in 5..9 {
            history.is_copied(row, SOURCE);
        }
        assert_eq!(history.known(3), [5, 6, 7], "the first ones that did");
    }

    #[test]
    fn without_later_copies_the_last_of_all_are_known() {
        let history = History::new();
        for row in 1..6 {
            history.is_copied(row, if row == 5 { OTHER } else { SOURCE });
        }
        history.is_lost(6);
        assert_eq!(history.known(6), [4, 3, 2]);
        // One that was looked up is older than it says; one that a person named may be mistyped.
        history.is_settled(3, None);
        history.is_copied(7, SOURCE);
        history.is_settled(7, Some(1));
        assert_eq!(history.known(6), [7, 4, 2]);
        history.is_copied(8, SOURCE);
        assert_eq!(history.known(6), [8]);
    }

    /// A row that is settled, or found by the next run, ended when its attempt did.
    #[test]
    fn what_is_settled_later_ended_before() {
        let history = History::new();
        history.is_lost(1);
        history.is_copied(2, SOURCE);
        let uncertain = AttemptOutcome {
            class: AttemptClass::Unknown,
            http_status: None,
            text: "not settled".into(),
            row: RowState::Uncertain,
        };
        let row = RowKey(1);
        super::super::attempts::set_row(&history.connection, row, &uncertain, history.now())
            .unwrap();
        assert_eq!(history.known(1), [2]);
        history.begins(3, SOURCE);
        let now = history.now();
        super::super::attempts::interrupt(&history.connection, None, "it died", now).unwrap();
        assert_eq!(history.known(3), [2], "only an older one");
        history.is_copied(4, SOURCE);
        assert_eq!(history.known(3), [4]);
    }

    #[test]
    fn a_row_that_was_never_sent_from_here_has_no_later_copies() {
        let history = History::new();
        history.is_copied(1, SOURCE);
        let add = "INSERT INTO rows (id, row_id, fields, constants, hash, audience, transaction_id,
                status) VALUES (2, 2, '{}', '[]', x'', ?1, 't2', 'uncertain')";
        history.connection.execute(add, [SOURCE]).unwrap();
        history.is_copied(3, SOURCE);
        assert_eq!(history.known(2), [3, 1], "the last of all");
        let failed = RowState::Failed(ErrorClass::Refused);
        let attempt = history.begins(4, SOURCE);
        history.ends(4, attempt, failed);
        assert_eq!(history.known(2), [3, 1]);
    }

    #[test]
    fn a_proof_is_of_one_username_and_source() {
        let connection = History::new().connection;
        let proven = |name, of| is_proven(&connection, name, source(of)).unwrap();
        assert!(!proven("owner@example.com", SOURCE));
        let now = Timestamp::UNIX_EPOCH;
        prove(&connection, "Owner@example.com", source(SOURCE), id(1), now).unwrap();
        assert!(proven("owner@Example.com", SOURCE));
        assert!(!proven("owner@example.com", OTHER));
        assert!(!proven("other@example.com", SOURCE));
    }
}
