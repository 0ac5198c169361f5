//! All sessions and all copy requests, found by id and by transaction id. Their contents are in a
//! [`RecordFile`]; what is kept of each here is small, so that a large rehearsal fits into memory.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use hashbrown::HashTable;
use indexmap::IndexSet;
use uuid::Uuid;

use super::record_file::{Place, RecordFile};
use super::session::{Session, SessionState};
use crate::sandbox::stats::TransactionStats;

/// The end of a chain of slots.
const NONE: u32 = u32::MAX;

/// The sessions, in the order of their commits; none is ever removed.
#[derive(Default)]
pub struct Store {
    records: RecordFile,
    hasher: RandomState,
    // The tables hold numbers only: a map of ids and names would be twice as large.
    slots: Vec<Slot>,
    by_id: HashTable<u32>,
    transactions: Vec<Transaction>,
    by_name: HashTable<u32>,
    sources: IndexSet<Uuid>,
    hidden: HashMap<u32, Instant>,
}

/// Where a session comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A copy request made it: it counts as committed.
    Copy,
    /// It is one of the known sources.
    Known,
    /// It was made up, and is kept because its state has changed. No look-up by transaction shows it.
    MadeUp,
}

/// What look-ups need of a session without reading it.
struct Slot {
    id: Uuid,
    record: Place,
    /// The session before it under the same transaction id.
    before: u32,
    status: SessionState,
    is_copy: bool,
    is_listed: bool,
}

struct Transaction {
    name: Place,
    /// Part of the name's hash: most other names are ruled out without reading them.
    hash: u32,
    received: u32,
    /// The last session and the last source that a copy request named, if any.
    last: u32,
    source: u32,
}

impl Store {
    /// Counts a copy request for a transaction id, whatever becomes of it.
    pub fn receive(&mut self, transaction_id: &str, source: Option<Uuid>) {
        let source = source.map(|source| self.sources.insert_full(source).0 as u32);
        if let Some(transaction) = self.transaction(transaction_id) {
            transaction.received += 1;
            transaction.source = source.unwrap_or(transaction.source);
        }
    }

    /// Keeps a session. `None` when it is too large to keep or its id is taken.
    pub fn insert(&mut self, session: &Session, origin: Origin) -> Option<u32> {
        if self.number_of(session.id).is_some() {
            return None;
        }
        let number = u32::try_from(self.slots.len()).ok()?;
        let record = serde_json::to_vec(session).expect("plain members always serialise");
        let record = self.records.push(&record)?;
        let transaction = self.transaction(&session.transaction_id)?;
        let before = std::mem::replace(&mut transaction.last, number);
        self.slots.push(Slot {
            id: session.id,
            record,
            before,
            status: session.status,
            is_copy: origin == Origin::Copy,
            is_listed: origin != Origin::MadeUp && !session.transaction_lost,
        });
        let (slots, hasher) = (&self.slots, &self.hasher);
        let hash_of = |number: &u32| hasher.hash_one(slots[*number as usize].id);
        self.by_id.insert_unique(hash_of(&number), number, hash_of);
        Some(number)
    }

    fn number_of(&self, id: Uuid) -> Option<u32> {
        let is_same = |number: &u32| self.slots[*number as usize].id == id;
        let number = self.by_id.find(self.hasher.hash_one(id), is_same);
        number.copied()
    }

    /// The session with that id.
    pub fn find(&self, id: Uuid) -> Option<Session> {
        self.number_of(id).map(|number| self.session(number))
    }

    fn session(&self, number: u32) -> Session {
        let slot = &self.slots[number as usize];
        let record = self.records.read(slot.record);
        let session: Session = serde_json::from_slice(&record).expect("written by this store");
        Session {
            status: slot.status,
            ..session
        }
    }

    /// Gives a session another state; `false` when there is none with that id.
    pub fn set_status(&mut self, id: Uuid, status: SessionState) -> bool {
        let number = self.number_of(id);
        if let Some(number) = number {
            self.slots[number as usize].status = status;
        }
        number.is_some()
    }

    /// Keeps a session from look-ups by transaction for so long.
    pub fn hide(&mut self, number: u32, duration: Duration) {
        let now = Instant::now();
        if self.hidden.len() >= 1024 {
            self.hidden.retain(|_, until| *until > now);
        }
        self.hidden.insert(number, now + duration);
    }

    /// The sessions a look-up by transaction id may show, in the order of their commits.
    pub fn visible(&self, transaction_id: &str) -> Vec<Session> {
        let now = Instant::now();
        let is_visible = |number: &u32| {
            let is_hidden = self.hidden.get(number).is_some_and(|until| *until > now);
            self.slots[*number as usize].is_listed && !is_hidden
        };
        let transaction = self.find_transaction(transaction_id).into_iter();
        let numbers = transaction.flat_map(|transaction| self.chain(transaction));
        let numbers = numbers.filter(is_visible);
        numbers.map(|number| self.session(number)).collect()
    }

    /// The source of the last copy request under that transaction id.
    pub fn last_source(&self, transaction_id: &str) -> Option<Uuid> {
        let transaction = self.find_transaction(transaction_id)?;
        self.sources.get_index(transaction.source as usize).copied()
    }

    /// The ids of all sessions in that state, sorted.
    pub fn in_state(&self, state: SessionState) -> Vec<Uuid> {
        let slots = self.slots.iter().filter(|slot| slot.status == state);
        let mut ids: Vec<_> = slots.map(|slot| slot.id).collect();
        ids.sort_unstable();
        ids
    }

    /// What happened under one transaction id, or under all.
    pub fn transactions(&self, only: Option<&str>) -> BTreeMap<String, TransactionStats> {
        let found: Vec<&Transaction> = match only {
            Some(name) => self.find_transaction(name).into_iter().collect(),
            None => self.transactions.iter().collect(),
        };
        let stats = found.into_iter().map(|transaction| {
            let name = self.records.read(transaction.name);
            let copies = self.chain(transaction).into_iter();
            let copies = copies.map(|number| &self.slots[number as usize]);
            let copies = copies.filter(|slot| slot.is_copy);
            let session_ids: Vec<_> = copies.map(|slot| slot.id).collect();
            let stats = TransactionStats {
                received: transaction.received,
                committed: session_ids.len() as u32,
                session_ids,
            };
            (String::from_utf8_lossy(&name).into_owned(), stats)
        });
        let is_named = |(_, stats): &(_, TransactionStats)| *stats != TransactionStats::default();
        stats.filter(is_named).collect()
    }

    /// The sessions of a transaction id, in the order of their commits.
    fn chain(&self, transaction: &Transaction) -> Vec<u32> {
        let numbered = |number: u32| (number != NONE).then_some(number);
        let before = |number: &u32| numbered(self.slots[*number as usize].before);
        let mut numbers: Vec<_> =
            std::iter::successors(numbered(transaction.last), before).collect();
        numbers.reverse();
        numbers
    }

    fn find_transaction(&self, name: &str) -> Option<&Transaction> {
        let number = self.transaction_number(name, self.hasher.hash_one(name) as u32);
        number.map(|number| &self.transactions[number as usize])
    }

    fn transaction_number(&self, name: &str, hash: u32) -> Option<u32> {
        let is_same = |number: &u32| {
            let transaction = &self.transactions[*number as usize];
            transaction.hash == hash && self.records.read(transaction.name) == name.as_bytes()
        };
        self.by_name.find(spread(hash), is_same).copied()
    }

    /// The transaction of that id, new at first sight; `None` when there is no room for it.
    fn transaction(&mut self, name: &str) -> Option<&mut Transaction> {
        let hash = self.hasher.hash_one(name) as u32;
        let number = if let Some(number) = self.transaction_number(name, hash) {
            number
        } else {
            let name = self.records.push(name.as_bytes())?;
            let number = self.transactions.len() as u32;
            self.transactions.push(Transaction {
                name,
                hash,
                received: 0,
                last: NONE,
                source: NONE,
            });
            let transactions = &self.transactions;
            let hash_of = |number: &u32| spread(transactions[*number as usize].hash);
            self.by_name.insert_unique(spread(hash), number, hash_of);
            number
        };
        self.transactions.get_mut(number as usize)
    }
}

/// A hash for the table, which looks at the upper bits too.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::ids::new_id;
    use crate::sandbox::sessions::session::{Extras, made_up_signers};

    fn session(transaction_id: &str) -> Session {
        Session {
            id: new_id(),
            source: new_id(),
            transaction_id: transaction_id.to_owned(),
            transaction_lost: false,
            title: "Lease 42".to_owned(),
            created_ms: 1_735_689_600_123,
            status: SessionState::InDraft,
            invites: false,
            signers: Some(made_up_signers()),
            extras: Extras {
                use_sequence: Some(1),
                ..Extras::default()
            },
        }
    }

    #[test]
    fn sessions_come_back_whole() {
        let mut store = Store::default();
        let (first, second) = (
            session("a"),
            Session {
                signers: None,
                ..session("b")
            },
        );
        let numbers = [
            store.insert(&first, Origin::Copy).expect("new"),
            store.insert(&second, Origin::Copy).expect("new"),
        ];
        assert_eq!(
            numbers.map(|number| store.session(number)),
            [first.clone(), second]
        );
        assert_eq!(store.find(first.id), Some(first.clone()));
        assert_eq!(store.find(new_id()), None);
        assert_eq!(
            store.insert(&first, Origin::Copy),
            None,
            "an id is given once"
        );
    }

    #[test]
    fn a_transaction_counts_requests_and_lists_sessions() {
        let mut store = Store::default();
        let source = new_id();
        store.receive("a", Some(source));
        store.receive("a", None);
        let ids: Vec<_> = (0..3)
            .map(|turn| {
                let session = Session {
                    transaction_lost: turn == 2,
                    ..session("a")
                };
                let number = store.insert(&session, Origin::Copy).expect("new");
                if turn == 0 {
                    store.hide(number, Duration::from_secs(60));
                }
                session.id
            })
            .collect();
        let view = &store.transactions(Some("a"))["a"];
        assert_eq!((view.received, &view.session_ids), (2, &ids));
        let visible = store.visible("a").into_iter();
        assert_eq!(visible.map(|s| s.id).collect::<Vec<_>>(), [ids[1]]);
        assert_eq!(store.last_source("a"), Some(source));
        assert!(store.visible("b").is_empty());
    }
}
