//! The thread that owns the ledger during a run, and the one transaction around a group of commands.

use std::iter;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::TransactionBehavior;

use super::command::{Answer, Claimed, Command, WriterContext};
use super::handle::{Unrecorded, WriterHandle};
use crate::executor::{AttemptEnd, JournalError};
use crate::ledger::attempt_watermark::AttemptWatermark;
use crate::ledger::{Ledger, LedgerError};
use crate::support::crash_point;

/// At most so many commands are committed together. Larger groups gain nothing and make the
/// first of them wait.
const GROUP: usize = 256;
/// How long a group waits for those who are likely to join it.
const GATHER: Duration = Duration::from_micros(200);
/// Commands that may wait: more than `--concurrency` allows, so that the queue is never full.
const QUEUE: usize = 4096;

/// The thread that owns the ledger during a run.
pub struct Writer {
    thread: JoinHandle<Ledger>,
    unrecorded: Unrecorded,
}

impl Writer {
    /// Moves the ledger to a thread of its own, for the run given.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(mut ledger: Ledger, run: i64) -> std::io::Result<(Self, WriterHandle)> {
        ledger.watch_wal();
        let owner = Owner {
            watermark: AttemptWatermark::open(ledger.path())?,
            ledger,
            run,
            claimed: Claimed::default(),
        };
        let (commands, queue) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || owner.work(&queue))?;
        let handle = WriterHandle::new(commands);
        let unrecorded = handle.unrecorded.clone();
        Ok((Self { thread, unrecorded }, handle))
    }

    /// Waits until everything queued is done, and gives the ledger back, with the endings that it
    /// could not take. Every handle must be gone by then.
    ///
    /// # Errors
    /// When the thread panicked.
    pub fn join(self) -> Result<(Ledger, Vec<AttemptEnd>), LedgerError> {
        let ledger = self.thread.join();
        let ledger = ledger.map_err(|_| LedgerError::WriterPanicked)?;
        Ok((ledger, self.unrecorded.take()))
    }
}

/// What the thread works with.
struct Owner {
    ledger: Ledger,
    run: i64,
    claimed: Claimed,
    watermark: AttemptWatermark,
}

impl Owner {
    /// Group commit: what is queued when a transaction starts is committed with it, and only then
    /// answered. Under load, one fsync serves many rows.
    fn work(mut self, queue: &Receiver<Command>) -> Ledger {
        let mut group = Vec::new();
        let mut expected = 1;
        while let Ok(first) = queue.recv() {
            group.push(first);
            gather(queue, &mut group, expected);
            expected = group.len();
            if self.ledger.is_in_place() {
                self.commit(true, group.drain(..));
            } else {
                // Nothing begins any more, and what comes back is still recorded.
                for one in group.drain(..) {
                    self.commit(false, iter::once(one));
                }
            }
        }
        self.ledger
    }

    /// Runs a group of commands in one transaction and answers them after its commit. If anything
    /// fails, nothing of the group has happened and each is answered so.
    fn commit(&mut self, is_in_place: bool, group: impl Iterator<Item = Command>) {
        let before = self.claimed;
        let mut answers = Vec::new();
        let committed = self.run_group(is_in_place, group, &mut answers);
        crash_point("group-committed");
        let noted = committed.and_then(|()| self.watermark.note(&self.ledger.connection));
        let failure = noted.err().map(|error| JournalError(error.to_string()));
        if failure.is_some() {
            self.claimed = before;
        }
        for answer in answers {
            answer(failure.as_ref());
        }
    }

    fn run_group(
        &mut self,
        is_in_place: bool,
        group: impl Iterator<Item = Command>,
        answers: &mut Vec<Answer>,
    ) -> Result<(), LedgerError> {
        let connection = &mut self.ledger.connection;
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let (transaction, mut failure) = match begun {
            Ok(transaction) => (Some(transaction), None),
            Err(error) => (None, Some(error.into())),
        };
        for command in group {
            // After a failure the rest are only answered.
            let open = transaction.as_deref().filter(|_| failure.is_none());
            let (answer, failed) = command(open.map(|connection| WriterContext {
                connection,
                run: self.run,
                claimed: &mut self.claimed,
                is_in_place,
            }));
            answers.push(answer);
            failure = failure.or(failed);
        }
        match (transaction, failure) {
            (Some(transaction), None) => Ok(transaction.commit()?),
            (_, failure) => failure.map_or(Ok(()), Err),
        }
    }
}

/// Those who were answered together come back together, but not in the same microsecond. So wait
/// for as many as the last time, for a fraction of an fsync; a single row waits for nobody.
fn gather(queue: &Receiver<Command>, group: &mut Vec<Command>, expected: usize) {
    let deadline = Instant::now() + GATHER;
    while group.len() < GROUP {
        let patience = if group.len() < expected {
            deadline.saturating_duration_since(Instant::now())
        } else {
            Duration::ZERO
        };
        match queue.recv_timeout(patience) {
            Ok(next) => group.push(next),
            Err(_) => return,
        }
    }
}
