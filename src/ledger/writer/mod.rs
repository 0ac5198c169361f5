use std::thread::JoinHandle;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::{Ledger, LedgerError};
use crate::executor::{AttemptKey, Job, Journal, JournalError, RowKey};
use crate::job::{Ending, RowState};

mod commands;

/// At most so many commands are committed together. Larger groups gain nothing and make the
/// first of them wait.
const GROUP: usize = 256;
/// Commands that may wait; a full queue slows the executor down, which is right.
const QUEUE: usize = 1024;

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
    commands: mpsc::Sender<Command>,
}

impl Writer {
    /// Moves the ledger to a thread of its own, for the run given.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(ledger: Ledger, run: i64) -> std::io::Result<(Self, WriterHandle)> {
        let (commands, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || work(ledger, run, queue))?;
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
fn work(mut ledger: Ledger, run: i64, mut queue: mpsc::Receiver<Command>) -> Ledger {
    let mut claims = commands::Claims::default();
    let mut group = Vec::new();
    while let Some(first) = queue.blocking_recv() {
        group.push(first);
        while group.len() < GROUP {
            let Ok(next) = queue.try_recv() else { break };
            group.push(next);
        }
        commands::commit(&mut ledger.connection, run, &mut claims, group.drain(..));
    }
    ledger
}

impl WriterHandle {
    async fn ask<T>(
        &self,
        command: impl FnOnce(Reply<T>) -> Command + Send,
    ) -> Result<T, JournalError> {
        let gone = || JournalError("the ledger's thread is gone".into());
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| gone())?;
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
