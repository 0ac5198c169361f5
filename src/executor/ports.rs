//! The executor's two ports, `Journal` and `Transport`, and the types that cross them.

use std::future::Future;

use jiff::Timestamp;

use super::events::NamedRow;
use crate::job::{
    AttemptOutcome, CopyRequest, ErrorClass, RowId, RowState, SessionId, TransactionId,
};
use crate::request::{Exchange, HttpRequest};

/// A row's number in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey(pub i64);

/// An attempt's number in the ledger: they are in the order in which they began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptKey(pub i64);

/// An attempt that is about to leave.
#[derive(Debug, Clone, Copy)]
pub struct AttemptStart {
    /// The row that it tries to copy.
    pub row: RowKey,
    /// When it begins, by this machine's clock.
    pub at: Timestamp,
}

/// An attempt that is over.
#[derive(Debug, Clone)]
pub struct AttemptEnd {
    /// The row that it tried to copy.
    pub row: RowKey,
    /// Its number in the ledger.
    pub attempt: AttemptKey,
    /// How it ended, and what becomes of the row.
    pub outcome: AttemptOutcome,
    /// When it ended, by this machine's clock.
    pub at: Timestamp,
}

/// A pending row that this run has claimed.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its number in the ledger.
    pub key: RowKey,
    /// Its identity.
    pub row_id: RowId,
    /// What people call it.
    pub name: String,
    /// The copy to make.
    pub request: CopyRequest,
    /// The transaction id that the copy carries.
    pub transaction_id: TransactionId,
}

impl Job {
    /// What people call the row, with its identity.
    pub(super) fn named(&self) -> NamedRow {
        NamedRow {
            row_id: self.row_id.clone(),
            name: self.name.clone(),
        }
    }
}

/// A row whose cells an earlier version took and that today's limits refuse: no request can be made
/// of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRow {
    /// Its number in the ledger.
    pub key: RowKey,
    /// Its identity, and what people call it.
    pub row: NamedRow,
    /// What is wrong with its cells.
    pub problem: String,
}

/// An uncertain row that an earlier run left.
#[derive(Debug, Clone)]
pub struct UncertainJob {
    /// The row.
    pub job: Job,
    /// Whether it is still to be copied as it was.
    pub presence: ManifestPresence,
    /// Whether it is known only from a report that calls it failed or pending: one look-up tells
    /// whether that holds. The journal gives such rows first.
    pub is_reported: bool,
}

/// How the manifest, or the report, that is worked on has an uncertain row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestPresence {
    /// As it was sent: it may be sent again once no copy exists.
    Wanted,
    /// With other content: that can only be sent by a later run.
    Changed,
    /// No longer: it is looked up, but never sent again.
    Gone,
    /// For somebody who is to get no copy, or no further one, as the text says: it is looked up, and not
    /// sent again, but fails.
    HeldBack(ErrorClass, String),
}

/// What the ledger knows of an uncertain row, for the one who looks it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendHistory {
    /// When its first attempt began, by this machine's clock; none if that is not known.
    pub first_sent_at: Option<Timestamp>,
    /// Its last attempt; none if this ledger has none of it.
    pub attempt: Option<AttemptKey>,
    /// The last attempt of all that had begun when that one ended. No clock is asked, because it
    /// may have been set back meanwhile.
    pub ended_after: Option<AttemptKey>,
    /// Whether another row has the same transaction id and title, so that a look-up can't tell
    /// their copies apart.
    pub is_shared: bool,
}

/// A copy that is known to exist: a look-up that finds it is proven to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCopy {
    /// The transaction id to look up.
    pub transaction_id: TransactionId,
    /// The session that must be found.
    pub session: SessionId,
}

/// What became of an uncertain row, and why, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// What the row becomes.
    pub row: RowState,
    /// Empty for a copy.
    pub text: String,
}

/// The record can't be kept. The run must stop: nothing may leave that is not recorded.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// Where attempts and outcomes are recorded durably.
pub trait Journal: Clone + Send + Sync + 'static {
    /// Takes the next pending rows of this run, at most `limit`; none when all are taken.
    fn claim(
        &self,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Result<Job, InvalidRow>>, JournalError>> + Send;

    /// Records that a request may leave now. Returns only when that would survive a power cut.
    fn begin(
        &self,
        start: AttemptStart,
    ) -> impl Future<Output = Result<AttemptKey, JournalError>> + Send;

    /// Records how an attempt ended, and what becomes of its row. Returns what the row became:
    /// a session id that another row owns makes it uncertain.
    fn finish(
        &self,
        end: AttemptEnd,
    ) -> impl Future<Output = Result<RowState, JournalError>> + Send;

    /// Records why a pending row is not done yet, or can't be sent any more, where no attempt was
    /// begun.
    fn postpone(
        &self,
        row: RowKey,
        outcome: AttemptOutcome,
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

    /// Takes the next uncertain rows that an earlier run left, at most `limit`; none when all
    /// are taken.
    fn claim_uncertain(
        &self,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Result<UncertainJob, InvalidRow>>, JournalError>> + Send;

    /// What is known of an uncertain row.
    fn send_history(
        &self,
        row: RowKey,
    ) -> impl Future<Output = Result<SendHistory, JournalError>> + Send;

    /// Those of the sessions that rows other than this one own.
    fn owned_by_others(
        &self,
        row: RowKey,
        sessions: Vec<SessionId>,
    ) -> impl Future<Output = Result<Vec<SessionId>, JournalError>> + Send;

    /// Some copies of `source` that should be found, for a row with such a history: the first ones
    /// begun after its attempt ended, else finished after it began, else the last ones of all.
    /// Before and after are the order of attempts.
    fn known_copies(
        &self,
        source: SessionId,
        history: SendHistory,
    ) -> impl Future<Output = Result<Vec<KnownCopy>, JournalError>> + Send;

    /// Whether a look-up of `username` once found a copy of `source` that was read back.
    fn is_proven(
        &self,
        username: String,
        source: SessionId,
    ) -> impl Future<Output = Result<bool, JournalError>> + Send;

    /// Records that a look-up of `username` found `copy`, a copy of `source` that was read back.
    fn prove(
        &self,
        username: String,
        source: SessionId,
        copy: SessionId,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// Records what became of an uncertain row. Returns what the row became: a session id that
    /// another row owns leaves it uncertain.
    fn settle(
        &self,
        row: RowKey,
        settled: Settlement,
        at: Timestamp,
    ) -> impl Future<Output = Result<RowState, JournalError>> + Send;

    /// Records that a look-up bore out what a report says of a row: there is no copy. The row is
    /// pending, with the history that the report gives it.
    fn confirm_absent(
        &self,
        row: RowKey,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), JournalError>> + Send;
}

/// What carries requests to the service.
pub trait Transport: Clone + Send + Sync + 'static {
    /// Sends one request, once. Never retries, never follows a redirect.
    fn send(&self, request: HttpRequest) -> impl Future<Output = Exchange> + Send;
}
