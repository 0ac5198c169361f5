//! The executor's way to the ledger's thread: its journal.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::command::{Command, WriterContext, command};
use super::{attempts, claims, proofs, settling};
use crate::executor::{
    AttemptEnd, AttemptKey, AttemptStart, InvalidRow, Job, Journal, JournalError, KnownCopy,
    RowKey, SendHistory, Settlement, UncertainJob,
};
use crate::job::{AttemptOutcome, RowState, SessionId};
use crate::ledger::LedgerError;

/// Endings that the ledger could not take.
#[derive(Clone, Default)]
pub(super) struct Unrecorded(Arc<Mutex<Vec<AttemptEnd>>>);

impl Unrecorded {
    fn push(&self, end: AttemptEnd) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(end);
    }

    pub(super) fn take(&self) -> Vec<AttemptEnd> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *kept)
    }
}

/// The executor's way to the ledger's thread.
#[derive(Clone)]
pub struct WriterHandle {
    commands: SyncSender<Command>,
    pub(super) unrecorded: Unrecorded,
}

impl WriterHandle {
    pub(super) fn new(commands: SyncSender<Command>) -> Self {
        Self {
            commands,
            unrecorded: Unrecorded::default(),
        }
    }

    /// Has the ledger's thread do work, and `undone` called where nothing of it is recorded.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut WriterContext<'_>) -> Result<T, LedgerError> + Send + 'static,
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

/// Methods of the journal, each with the statement that the ledger's thread gives for it.
macro_rules! on_the_ledgers_thread {
    ($($method:ident($($argument:ident: $type:ty),*) -> $value:ty, $work:expr;)+) => {$(
        async fn $method(&self, $($argument: $type),*) -> Result<$value, JournalError> {
            self.ask($work, || {}).await
        }
    )+};
}

impl Journal for WriterHandle {
    on_the_ledgers_thread! {
        claim(limit: usize) -> Vec<Result<Job, InvalidRow>>,
            move |context| claims::claim(context, limit);
        begin(start: AttemptStart) -> AttemptKey,
            move |context| attempts::begin(context, start);
        postpone(row: RowKey, outcome: AttemptOutcome, at: Timestamp) -> (),
            move |context| attempts::postpone(context.connection, row, &outcome, at);
        interrupt(row: Option<RowKey>, text: &'static str, at: Timestamp) -> u64,
            move |context| Ok(attempts::interrupt(context.connection, row, text, at)?);
        claim_uncertain(limit: usize) -> Vec<Result<UncertainJob, InvalidRow>>,
            move |context| claims::claim_uncertain(context, limit);
        send_history(row: RowKey) -> SendHistory,
            move |context| settling::send_history(context.connection, row);
        owned_by_others(row: RowKey, sessions: Vec<SessionId>) -> Vec<SessionId>,
            move |context| settling::owned_by_others(context.connection, row, sessions);
        known_copies(source: SessionId, history: SendHistory) -> Vec<KnownCopy>,
            move |context| proofs::known_copies(context.connection, source, &history);
        is_proven(username: String, source: SessionId) -> bool,
            move |context| proofs::is_proven(context.connection, &username, source);
        prove(username: String, source: SessionId, copy: SessionId, at: Timestamp) -> (),
            move |context| proofs::prove(context.connection, &username, source, copy, at);
        settle(row: RowKey, settlement: Settlement, at: Timestamp) -> RowState,
            move |context| {
                settling::settle(context.connection, Some(context.run), row, &settlement, at)
            };
        confirm_absent(row: RowKey, at: Timestamp) -> (),
            move |context| settling::confirm_absent(context.connection, context.run, row, at);
    }

    async fn finish(&self, end: AttemptEnd) -> Result<RowState, JournalError> {
        let (kept, late) = (self.unrecorded.clone(), end.clone());
        let record =
            move |context: &mut WriterContext<'_>| attempts::finish(context.connection, &end);
        self.ask(record, move || kept.push(late)).await
    }
}
