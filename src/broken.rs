//! Ports that break a promise, so that the tests can show that they would notice. No release has
//! this module: only the development dependencies ask for the feature `failpoints`.

use jiff::Timestamp;

use crate::executor::{
    AttemptEnd, AttemptKey, AttemptStart, InvalidRow, Job, Journal, JournalError, KnownCopy,
    RowKey, SendHistory, Settlement, Transport, UncertainJob,
};
use crate::job::{Ending, RowState, SessionId};
use crate::request::{Body, Exchange, Failure, HttpRequest, Operation};

/// Whether a test asked for a broken build: `FAILPOINTS=NAME=return`.
fn is_asked_for(name: &'static str) -> bool {
    fail::fail_point!(name, |_| true);
    false
}

/// `broken-blind-repeat`: says "not sent" of every copy without a clear answer, so that it is
/// sent again.
#[derive(Clone)]
pub struct BlindRepeat<T>(pub T);

impl<T: Transport> Transport for BlindRepeat<T> {
    async fn send(&self, request: HttpRequest) -> Exchange {
        let is_copy = request.operation == Operation::Copy;
        let exchange = self.0.send(request).await;
        if is_copy && is_asked_for("broken-blind-repeat") && !is_clear(&exchange) {
            return Err(Failure::NeverWritten("no clear answer".into()));
        }
        exchange
    }
}

fn is_clear(exchange: &Exchange) -> bool {
    match exchange {
        Ok(answer) if answer.status >= 500 => false,
        Ok(answer) => matches!(&answer.body, Body::Whole(body) if body.len() > b"null".len()),
        Err(failure) => !matches!(failure, Failure::Unknown(_)),
    }
}

/// `broken-result-only`: records an attempt only with its answer.
#[derive(Clone)]
pub struct ResultOnly<J>(pub J);

/// The attempt that was not recorded. SQLite numbers rows from 1.
const NOT_BEGUN: AttemptKey = AttemptKey(0);

impl<J: Journal> Journal for ResultOnly<J> {
    async fn begin(&self, start: AttemptStart) -> Result<AttemptKey, JournalError> {
        match is_asked_for("broken-result-only") {
            true => Ok(NOT_BEGUN),
            false => self.0.begin(start).await,
        }
    }

    async fn finish(&self, mut end: AttemptEnd) -> Result<RowState, JournalError> {
        if end.attempt == NOT_BEGUN {
            let AttemptEnd { row, at, .. } = end;
            end.attempt = self.0.begin(AttemptStart { row, at }).await?;
        }
        self.0.finish(end).await
    }

    async fn claim(&self, limit: usize) -> Result<Vec<Result<Job, InvalidRow>>, JournalError> {
        self.0.claim(limit).await
    }

    async fn postpone(
        &self,
        row: RowKey,
        ending: Ending,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        self.0.postpone(row, ending, at).await
    }

    async fn interrupt(
        &self,
        row: Option<RowKey>,
        text: &'static str,
        at: Timestamp,
    ) -> Result<u64, JournalError> {
        self.0.interrupt(row, text, at).await
    }

    async fn claim_uncertain(
        &self,
        limit: usize,
    ) -> Result<Vec<Result<UncertainJob, InvalidRow>>, JournalError> {
        self.0.claim_uncertain(limit).await
    }

    async fn send_history(&self, row: RowKey) -> Result<SendHistory, JournalError> {
        self.0.send_history(row).await
    }

    async fn owned_by_others(
        &self,
        row: RowKey,
        sessions: Vec<SessionId>,
    ) -> Result<Vec<SessionId>, JournalError> {
        self.0.owned_by_others(row, sessions).await
    }

    async fn known_copies(
        &self,
        source: SessionId,
        history: SendHistory,
    ) -> Result<Vec<KnownCopy>, JournalError> {
        self.0.known_copies(source, history).await
    }

    async fn is_proven(&self, username: String, source: SessionId) -> Result<bool, JournalError> {
        self.0.is_proven(username, source).await
    }

    async fn prove(
        &self,
        username: String,
        source: SessionId,
        copy: SessionId,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        self.0.prove(username, source, copy, at).await
    }

    async fn settle(
        &self,
        row: RowKey,
        settled: Settlement,
        at: Timestamp,
    ) -> Result<RowState, JournalError> {
        self.0.settle(row, settled, at).await
    }

    async fn confirm_absent(&self, row: RowKey, at: Timestamp) -> Result<(), JournalError> {
        self.0.confirm_absent(row, at).await
    }
}
