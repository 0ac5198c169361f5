//! The thread that owns the ledger during a run, and the executor's way to it.

mod attempts;
mod group;
mod proofs;
mod settling;
mod unrecorded;

use std::iter;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::mark::Mark;
use super::run::interrupt;
use super::view::unreadable;
use super::{Ledger, LedgerError};
use crate::executor::{
    AttemptEnd, AttemptKey, AttemptStart, InvalidRow, Job, Journal, JournalError, KnownCopy,
    RowKey, SendHistory, Settlement, UncertainJob,
};
use crate::job::{Ending, RowState, SessionId};
pub(super) use attempts::planned;
use group::{Command, Desk, Progress, command};
pub(super) use settling::settle;

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
    unrecorded: Arc<Mutex<Vec<AttemptEnd>>>,
}

/// The executor's way to the ledger's thread.
#[derive(Clone)]
pub struct WriterHandle {
    commands: SyncSender<Command>,
    /// Endings that the ledger could not take.
    unrecorded: Arc<Mutex<Vec<AttemptEnd>>>,
}

impl Writer {
    /// Moves the ledger to a thread of its own, for the run given.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(mut ledger: Ledger, run: i64) -> std::io::Result<(Self, WriterHandle)> {
        ledger.watch_wal();
        let mark = Mark::open(ledger.path())?;
        let (commands, queue) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || work(ledger, run, &queue, mark))?;
        let unrecorded = Arc::default();
        let writer = Self {
            thread,
            unrecorded: Arc::clone(&unrecorded),
        };
        let handle = WriterHandle {
            commands,
            unrecorded,
        };
        Ok((writer, handle))
    }

    /// Waits until everything queued is done, and gives the ledger back, with the endings that it
    /// could not take. Every handle must be gone by then.
    ///
    /// # Errors
    /// When the thread panicked.
    pub fn join(self) -> Result<(Ledger, Vec<AttemptEnd>), LedgerError> {
        let ledger = self.thread.join();
        let ledger = ledger.map_err(|_| unreadable("its thread panicked"))?;
        let unrecorded = self.unrecorded.lock();
        let mut unrecorded = unrecorded.unwrap_or_else(PoisonError::into_inner);
        Ok((ledger, std::mem::take(&mut *unrecorded)))
    }
}

/// Group commit: what is queued when a transaction starts is committed with it, and only then
/// answered. Under load, one fsync serves many rows.
fn work(mut ledger: Ledger, run: i64, queue: &Receiver<Command>, mut mark: Mark) -> Ledger {
    let mut progress = Progress::of(run);
    let mut group = Vec::new();
    let mut expected = 1;
    while let Ok(first) = queue.recv() {
        group.push(first);
        gather(queue, &mut group, expected);
        expected = group.len();
        let is_in_place = ledger.is_in_place();
        let connection = &mut ledger.connection;
        let mut commit = |group: &mut dyn Iterator<Item = Command>| {
            group::commit(connection, &mut progress, &mut mark, is_in_place, group);
        };
        match is_in_place {
            true => commit(&mut group.drain(..)),
            // Nothing begins any more, and what comes back is still recorded.
            false => group.drain(..).for_each(|one| commit(&mut iter::once(one))),
        }
    }
    ledger
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

impl WriterHandle {
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk<'_>) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, JournalError> {
        self.ask_or(work, || {}).await
    }

    /// Asks for work, and has `undone` called where nothing of it is recorded.
    async fn ask_or<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk<'_>) -> Result<T, LedgerError> + Send + 'static,
        undone: impl FnOnce() + Send + 'static,
    ) -> Result<T, JournalError> {
        let gone = || JournalError("the ledger's thread is gone".into());
        let (reply, answer) = oneshot::channel();
        // Never blocks: each request in flight has at most one command in the queue.
        self.commands
            .try_send(command(work, reply, undone))
            .map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Journal for WriterHandle {
    async fn claim(&self, limit: usize) -> Result<Vec<Result<Job, InvalidRow>>, JournalError> {
        self.ask(move |desk| attempts::claim(desk, limit)).await
    }

    async fn begin(&self, start: AttemptStart) -> Result<AttemptKey, JournalError> {
        self.ask(move |desk| attempts::begin(desk, start)).await
    }

    async fn finish(&self, end: AttemptEnd) -> Result<RowState, JournalError> {
        let kept = Arc::clone(&self.unrecorded);
        let unrecorded = end.clone();
        let record = move |desk: &mut Desk<'_>| attempts::finish(desk.connection, &end);
        let keep = move || {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push(unrecorded);
        };
        self.ask_or(record, keep).await
    }

    async fn postpone(
        &self,
        row: RowKey,
        ending: Ending,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        self.ask(move |desk| attempts::postpone(desk.connection, row, &ending, at))
            .await
    }

    async fn interrupt(
        &self,
        row: Option<RowKey>,
        text: &'static str,
        at: Timestamp,
    ) -> Result<u64, JournalError> {
        let row = row.map(|row| row.0);
        self.ask(move |desk| Ok(interrupt(desk.connection, row, text, at)?))
            .await
    }

    async fn claim_uncertain(
        &self,
        limit: usize,
    ) -> Result<Vec<Result<UncertainJob, InvalidRow>>, JournalError> {
        self.ask(move |desk| attempts::claim_uncertain(desk, limit))
            .await
    }

    async fn send_history(&self, row: RowKey) -> Result<SendHistory, JournalError> {
        self.ask(move |desk| settling::send_history(desk.connection, row))
            .await
    }

    async fn owned_by_others(
        &self,
        row: RowKey,
        sessions: Vec<SessionId>,
    ) -> Result<Vec<SessionId>, JournalError> {
        self.ask(move |desk| settling::owned_by_others(desk.connection, row, sessions))
            .await
    }

    async fn known_copies(
        &self,
        source: SessionId,
        history: SendHistory,
    ) -> Result<Vec<KnownCopy>, JournalError> {
        self.ask(move |desk| proofs::known_copies(desk.connection, source, &history))
            .await
    }

    async fn is_proven(&self, username: String, source: SessionId) -> Result<bool, JournalError> {
        self.ask(move |desk| proofs::is_proven(desk.connection, &username, source))
            .await
    }

    async fn prove(
        &self,
        username: String,
        source: SessionId,
        copy: SessionId,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        self.ask(move |desk| proofs::prove(desk.connection, &username, source, copy, at))
            .await
    }

    async fn settle(
        &self,
        row: RowKey,
        settled: Settlement,
        at: Timestamp,
    ) -> Result<RowState, JournalError> {
        self.ask(move |desk| settling::settle(desk.connection, Some(desk.run), row, &settled, at))
            .await
    }

    async fn confirm_absent(&self, row: RowKey, at: Timestamp) -> Result<(), JournalError> {
        self.ask(move |desk| settling::confirm_absent(desk.connection, desk.run, row, at))
            .await
    }
}
