use std::future::Future;

use jiff::Timestamp;

use crate::job::{CopyRequest, Ending, RowId, RowState, TransactionId};
use crate::request::{Exchange, HttpRequest};

/// A row's number in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey(pub i64);

/// An attempt's number in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttemptKey(pub i64);

/// A pending row that this run has claimed.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its number in the ledger.
    pub key: RowKey,
    /// Its identity.
    pub row_id: RowId,
    /// The copy to make.
    pub request: CopyRequest,
    /// The transaction id that the copy carries.
    pub transaction_id: TransactionId,
}

/// The record can't be kept. The run must stop: nothing may leave that is not recorded.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// Where attempts and outcomes are recorded durably.
pub trait Journal: Clone + Send + Sync + 'static {
    /// Takes the next pending rows of this run, at most `limit`; none when all are taken.
    fn claim(&self, limit: usize) -> impl Future<Output = Result<Vec<Job>, JournalError>> + Send;

    /// Records that a request may leave now. Returns only when that would survive a power cut.
    fn begin(
        &self,
        row: RowKey,
        at: Timestamp,
    ) -> impl Future<Output = Result<AttemptKey, JournalError>> + Send;

    /// Records how an attempt ended, and what becomes of its row. Returns what the row became:
    /// a session id that another row owns makes it uncertain.
    fn finish(
        &self,
        row: RowKey,
        attempt: AttemptKey,
        ending: Ending,
        at: Timestamp,
    ) -> impl Future<Output = Result<RowState, JournalError>> + Send;

    /// Records why a pending row is not done yet, where no attempt was begun.
    fn postpone(
        &self,
        row: RowKey,
        ending: Ending,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// Records that rows (one, or all) whose request is out will get no answer in this run:
    /// they are uncertain. Returns how many there were.
    fn interrupt(
        &self,
        row: Option<RowKey>,
        text: &'static str,
        at: Timestamp,
    ) -> impl Future<Output = Result<u64, JournalError>> + Send;
}

/// What carries requests to the service.
pub trait Transport: Clone + Send + Sync + 'static {
    /// Sends one request, once. Never retries, never follows a redirect.
    fn send(&self, request: HttpRequest) -> impl Future<Output = Exchange> + Send;
}
