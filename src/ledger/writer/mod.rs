use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::mark::Mark;
use super::{Ledger, LedgerError};
use crate::executor::{AttemptKey, Job, Journal, JournalError, RowKey};
use crate::job::{Ending, RowState};

mod commands;

/// At most so many commands are committed together. Larger groups gain nothing and make the
/// first of them wait.
const GROUP: usize = 256;
/// How long a group waits for those who are likely to join it.
const GATHER: Duration = Duration::from_micros(200);
/// Commands that may wait: more than `--concurrency` allows, so that the queue is never full.
const QUEUE: usize = 4096;

type Reply<T> = oneshot::Sender<Result<T, JournalError>>;

/// What the executor asks of the ledger's thread.
enum Command {
    Claim {
        limit: usize,
        reply: Reply<Vec<Job>>,
    },
    Begin {
        row: RowKey,
        at: Timestamp,
        reply: Reply<AttemptKey>,
    },
    Finish {
        row: RowKey,
        attempt: AttemptKey,
        ending: Ending,
        at: Timestamp,
        reply: Reply<RowState>,
    },
    Postpone {
        row: RowKey,
        ending: Ending,
        at: Timestamp,
        reply: Reply<()>,
    },
    Interrupt {
        row: Option<RowKey>,
        text: &'static str,
        at: Timestamp,
        reply: Reply<u64>,
    },
}

/// The thread that owns the ledger during a run.
pub struct Writer {
    thread: JoinHandle<Ledger>,
}

/// The executor's way to the ledger's thread.
#[derive(Clone)]
pub struct WriterHandle {
    commands: SyncSender<Command>,
}

impl Writer {
    /// Moves the ledger to a thread of its own, for the run given.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(ledger: Ledger, run: i64) -> std::io::Result<(Self, WriterHandle)> {
        let mark = Mark::open(ledger.path())?;
        let (commands, queue) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || work(ledger, run, &queue, mark))?;
        Ok((Self { thread }, WriterHandle { commands }))
    }

    /// Waits until everything queued is done, and gives the ledger back. Every handle must be
    /// gone by then.
    ///
    /// # Errors
    /// When the thread panicked.
    pub fn join(self) -> Result<Ledger, LedgerError> {
        self.thread
            .join()
            .map_err(|_| super::view::unreadable("its thread panicked"))
    }
}

/// Group commit: what is queued when a transaction starts is committed with it, and only then
/// answered. Under load, one fsync serves many rows.
fn work(mut ledger: Ledger, run: i64, queue: &Receiver<Command>, mut mark: Mark) -> Ledger {
    let mut claims = commands::Claims::default();
    let mut group = Vec::new();
    let mut expected = 1;
    while let Ok(first) = queue.recv() {
        group.push(first);
        gather(queue, &mut group, expected);
        expected = group.len();
        let in_place = ledger.is_in_place();
        let connection = &mut ledger.connection;
        let group = group.drain(..);
        commands::commit(connection, run, in_place, &mut claims, &mut mark, group);
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
    async fn ask<T>(
        &self,
        command: impl FnOnce(Reply<T>) -> Command + Send,
    ) -> Result<T, JournalError> {
        let gone = || JournalError("the ledger's thread is gone".into());
        let (reply, answer) = oneshot::channel();
        // Never blocks: each request in flight has at most one command in the queue.
        self.commands.try_send(command(reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Journal for WriterHandle {
    async fn claim(&self, limit: usize) -> Result<Vec<Job>, JournalError> {
        self.ask(|reply| Command::Claim { limit, reply }).await
    }

    async fn begin(&self, row: RowKey, at: Timestamp) -> Result<AttemptKey, JournalError> {
        self.ask(|reply| Command::Begin { row, at, reply }).await
    }

    async fn finish(
        &self,
        row: RowKey,
        attempt: AttemptKey,
        ending: Ending,
        at: Timestamp,
    ) -> Result<RowState, JournalError> {
        self.ask(|reply| Command::Finish {
            row,
            attempt,
            ending,
            at,
            reply,
        })
        .await
    }

    async fn postpone(
        &self,
        row: RowKey,
        ending: Ending,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        self.ask(|reply| Command::Postpone {
            row,
            ending,
            at,
            reply,
        })
        .await
    }

    async fn interrupt(
        &self,
        row: Option<RowKey>,
        text: &'static str,
        at: Timestamp,
    ) -> Result<u64, JournalError> {
        self.ask(|reply| Command::Interrupt {
            row,
            text,
            at,
            reply,
        })
        .await
    }
}
