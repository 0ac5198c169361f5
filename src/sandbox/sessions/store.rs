//! All committed sessions, found by id and by transaction id.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use hashbrown::HashTable;

use super::arena::Arena;
use super::record::{Reader, encode};
use super::session::{Extras, Session};
use crate::sandbox::guid::Guid;

/// The end of a chain of slots.
const NONE: u32 = u32::MAX;

/// The sessions. Their number is that of their commit; nothing is ever removed.
#[derive(Default)]
pub(in crate::sandbox) struct Store {
    arena: Arena,
    hasher: RandomState,
    slots: Vec<Slot>,
    by_id: HashTable<u32>,
    transactions: Vec<Transaction>,
    by_name: HashTable<u32>,
    sources: Vec<Guid>,
    by_source: HashMap<Guid, u32>,
    hidden: HashMap<u32, Instant>,
}

/// What look-ups need of a session without reading it.
struct Slot {
    id: Guid,
    at: u32,
    transaction: u32,
    /// The session before it under the same transaction id.
    before: u32,
    status: u8,
    invites: bool,
    transaction_lost: bool,
}

struct Transaction {
    name: u32,
    /// Part of the name's hash: other names are told apart without reading them.
    mark: u32,
    received: u32,
    last: u32,
    source: u32,
}

/// What is known of one transaction id.
pub(in crate::sandbox) struct TransactionView<'a> {
    pub(in crate::sandbox) name: Cow<'a, str>,
    pub(in crate::sandbox) received: u32,
    pub(in crate::sandbox) sessions: Vec<Guid>,
}

impl Store {
    /// Counts a copy request for a transaction id, whatever becomes of it.
    pub(in crate::sandbox) fn receive(&mut self, transaction_id: &str, source: Option<Guid>) {
        let transaction = self.transaction(transaction_id);
        let source = source.map(|source| self.source(source));
        let transaction = &mut self.transactions[transaction as usize];
        transaction.received += 1;
        if let Some(source) = source {
            transaction.source = source;
        }
    }

    /// Commits a session. `None` when it is too large to keep or its id is taken.
    pub(in crate::sandbox) fn insert(&mut self, session: &Session) -> Option<u32> {
        if self.find(session.id).is_some() {
            return None;
        }
        let source = self.source(session.source);
        let at = self.arena.push(&encode(session, source))?;
        let transaction = self.transaction(&session.transaction_id);
        let number = u32::try_from(self.slots.len()).ok()?;
        let entry = &mut self.transactions[transaction as usize];
        self.slots.push(Slot {
            id: session.id,
            at,
            transaction,
            before: std::mem::replace(&mut entry.last, number),
            status: session.status,
            invites: session.invites,
            transaction_lost: session.transaction_lost,
        });
        let (slots, hasher) = (&self.slots, &self.hasher);
        let hash_of = |number: &u32| hasher.hash_one(slots[*number as usize].id);
        self.by_id
            .insert_unique(hasher.hash_one(session.id), number, hash_of);
        Some(number)
    }

    /// The number of the session with that id.
    pub(in crate::sandbox) fn find(&self, id: Guid) -> Option<u32> {
        let same = |number: &u32| self.slots[*number as usize].id == id;
        self.by_id.find(self.hasher.hash_one(id), same).copied()
    }

    /// The session of that number.
    pub(in crate::sandbox) fn session(&self, number: u32) -> Session {
        let slot = &self.slots[number as usize];
        let mut session = Session {
            id: slot.id,
            source: Guid::ZERO,
            transaction_id: self.name_of(slot.transaction).into_owned(),
            transaction_lost: slot.transaction_lost,
            title: String::new(),
            created_ms: 0,
            status: slot.status,
            invites: slot.invites,
            signers: None,
            extras: Extras::default(),
        };
        let source = Reader(&self.arena.read(slot.at)).session(&mut session);
        session.source = self.sources[source as usize];
        session
    }

    /// Every session, in the order of their commits.
    pub(in crate::sandbox) fn sessions(&self) -> impl Iterator<Item = Session> {
        (0..self.slots.len()).map(|number| self.session(number as u32))
    }

    pub(in crate::sandbox) fn set_status(&mut self, number: u32, status: u8) {
        self.slots[number as usize].status = status;
    }

    /// Keeps a session from look-ups by transaction for so long.
    pub(in crate::sandbox) fn hide(&mut self, number: u32, duration: Duration) {
        let now = Instant::now();
        if self.hidden.len() >= 1024 {
            self.hidden.retain(|_, until| *until > now);
        }
        self.hidden.insert(number, now + duration);
    }

    /// The sessions a look-up by transaction id may show, in the order of their commits.
    pub(in crate::sandbox) fn visible(&self, transaction_id: &str) -> Vec<u32> {
        let now = Instant::now();
        let Some(transaction) = self.find_transaction(transaction_id) else {
            return Vec::new();
        };
        let mut numbers = self.chain(transaction);
        numbers.retain(|number| {
            let hidden = self.hidden.get(number).is_some_and(|until| *until > now);
            !hidden && !self.slots[*number as usize].transaction_lost
        });
        numbers
    }

    /// The source of the last copy request under that transaction id.
    pub(in crate::sandbox) fn last_source(&self, transaction_id: &str) -> Option<Guid> {
        let transaction = self.find_transaction(transaction_id)?;
        let source = self.transactions[transaction as usize].source;
        self.sources.get(source as usize).copied()
    }

    /// Every transaction id a request or a session has named.
    pub(in crate::sandbox) fn transactions(&self) -> impl Iterator<Item = TransactionView<'_>> {
        (0..self.transactions.len() as u32).map(|number| self.view(number))
    }

    /// One transaction id, if a request or a session has named it.
    pub(in crate::sandbox) fn transaction_view(&self, name: &str) -> Option<TransactionView<'_>> {
        self.find_transaction(name).map(|number| self.view(number))
    }

    fn view(&self, number: u32) -> TransactionView<'_> {
        let sessions = self.chain(number).into_iter();
        TransactionView {
            name: self.name_of(number),
            received: self.transactions[number as usize].received,
            sessions: sessions
                .map(|number| self.slots[number as usize].id)
                .collect(),
        }
    }

    /// The sessions of a transaction id, in the order of their commits.
    fn chain(&self, transaction: u32) -> Vec<u32> {
        let numbered = |number: u32| (number != NONE).then_some(number);
        let last = numbered(self.transactions[transaction as usize].last);
        let before = |number: &u32| numbered(self.slots[*number as usize].before);
        let mut numbers: Vec<_> = std::iter::successors(last, before).collect();
        numbers.reverse();
        numbers
    }

    fn transaction(&mut self, name: &str) -> u32 {
        if let Some(number) = self.find_transaction(name) {
            return number;
        }
        let number = self.transactions.len() as u32;
        let at = self
            .arena
            .push(name.as_bytes())
            .expect("a request is smaller than a chunk");
        let mark = self.mark(name);
        self.transactions.push(Transaction {
            name: at,
            mark,
            received: 0,
            last: NONE,
            source: NONE,
        });
        let transactions = &self.transactions;
        let hash_of = |number: &u32| spread(transactions[*number as usize].mark);
        self.by_name.insert_unique(spread(mark), number, hash_of);
        number
    }

    fn find_transaction(&self, name: &str) -> Option<u32> {
        let mark = self.mark(name);
        let same = |number: &u32| {
            self.transactions[*number as usize].mark == mark && self.name_of(*number) == name
        };
        self.by_name.find(spread(mark), same).copied()
    }

    fn mark(&self, name: &str) -> u32 {
        self.hasher.hash_one(name) as u32
    }

    fn name_of(&self, transaction: u32) -> Cow<'_, str> {
        let at = self.transactions[transaction as usize].name;
        match self.arena.read(at) {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        }
    }

    fn source(&mut self, id: Guid) -> u32 {
        let sources = &mut self.sources;
        *self.by_source.entry(id).or_insert_with(|| {
            sources.push(id);
            sources.len() as u32 - 1
        })
    }
}

/// A hash for the table from a mark: it looks at the upper bits too.
fn spread(mark: u32) -> u64 {
    u64::from(mark).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::sessions::session::made_up_signers;

    fn session(transaction_id: &str) -> Session {
        Session {
            id: Guid::random(),
            source: Guid::random(),
            transaction_id: transaction_id.to_owned(),
            transaction_lost: false,
            title: "Lease 42".to_owned(),
            created_ms: 1_735_689_600_123,
            status: 1,
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
            store.insert(&first).expect("new"),
            store.insert(&second).expect("new"),
        ];
        assert_eq!(
            numbers.map(|number| store.session(number)),
            [first.clone(), second]
        );
        assert_eq!(store.find(first.id), Some(numbers[0]));
        assert_eq!(store.find(Guid::random()), None);
        assert_eq!(store.insert(&first), None, "an id is given once");
    }

    #[test]
    fn a_transaction_counts_requests_and_lists_sessions() {
        let mut store = Store::default();
        let source = Guid::random();
        store.receive("a", Some(source));
        store.receive("a", None);
        let ids: Vec<_> = (0..3)
            .map(|turn| {
                let session = Session {
                    transaction_lost: turn == 2,
                    ..session("a")
                };
                let number = store.insert(&session).expect("new");
                if turn == 0 {
                    store.hide(number, Duration::from_secs(60));
                }
                session.id
            })
            .collect();
        let view = store.transaction_view("a").expect("named");
        assert_eq!((view.received, view.sessions), (2, ids));
        assert_eq!(store.visible("a"), [1]);
        assert_eq!(store.last_source("a"), Some(source));
        assert!(store.visible("b").is_empty());
    }
}
