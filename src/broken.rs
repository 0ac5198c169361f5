//! Ports that break a promise, so that the tests can show that they would notice. No release has
//! this module: only the development dependencies ask for the feature `failpoints`.

use jiff::Timestamp;

use crate::executor::{
    AttemptEnd, AttemptKey, AttemptStart, InvalidRow, Job, Journal, JournalError, KnownCopy,
    RowKey, SendHistory, Settlement, Transport, UncertainJob,
};
use crate::job::{AttemptOutcome, RowState, SessionId};
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

/// Methods of the journal that are passed on as they are.
macro_rules! pass_on {
    ($($method:ident($($argument:ident: $type:ty),*) -> $value:ty;)+) => {$(
        async fn $method(&self, $($argument: $type),*) -> Result<$value, JournalError> {
            self.0.$method($($argument),*).await
        }
    )+};
}

impl<J: Journal> Journal for ResultOnly<J> {
    async fn begin(&self, start: AttemptStart) -> Result<AttemptKey, JournalError> {
        if is_asked_for("broken-result-only") {
            return Ok(NOT_BEGUN);
        }
        self.0.begin(start).await
    }

    async fn finish(&self, mut end: AttemptEnd) -> Result<RowState, JournalError> {
        if end.attempt == NOT_BEGUN {
            let AttemptEnd { row, at, .. } = end;
            end.attempt = self.0.begin(AttemptStart { row, at }).await?;
        }
        self.0.finish(end).await
    }

    pass_on! {
        claim(limit: usize) -> Vec<Result<Job, InvalidRow>>;
        postpone(row: RowKey, outcome: AttemptOutcome, at: Timestamp) -> ();
        interrupt(row: Option<RowKey>, text: &'static str, at: Timestamp) -> u64;
        claim_uncertain(limit: usize) -> Vec<Result<UncertainJob, InvalidRow>>;
        send_history(row: RowKey) -> SendHistory;
        owned_by_others(row: RowKey, sessions: Vec<SessionId>) -> Vec<SessionId>;
        known_copies(source: SessionId, history: SendHistory) -> Vec<KnownCopy>;
        is_proven(username: String, source: SessionId) -> bool;
        prove(username: String, source: SessionId, copy: SessionId, at: Timestamp) -> ();
        settle(row: RowKey, settlement: Settlement, at: Timestamp) -> RowState;
        confirm_absent(row: RowKey, at: Timestamp) -> ();
    }
}
