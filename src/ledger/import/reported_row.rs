//! What a report says of one row whose ledger is lost.

use jiff::Timestamp;

use crate::job::{ErrorClass, Fields, RowId, SessionId, Status, TransactionId};

/// One line of a report whose ledger is lost: what is to be sent, and all that is left of its row's
/// history.
#[derive(Debug, Clone)]
pub struct ReportedRow {
    /// Its line in the report.
    pub line: u64,
    /// Which record it is.
    pub number: u64,
    /// Which row it is.
    pub row_id: RowId,
    /// The known cells.
    pub fields: Fields,
    /// The row's status, as far as the report knows.
    pub status: Status,
    /// The session id of the copy; exactly where the row is copied.
    pub new_session_id: Option<SessionId>,
    /// Why it has no copy.
    pub error_class: Option<ErrorClass>,
    /// The service's words or the error.
    pub error: String,
    /// The HTTP status of the last answer.
    pub http_status: Option<u16>,
    /// Requests that may have left.
    pub attempts: u64,
    /// The transaction id that they carried.
    pub transaction_id: TransactionId,
    /// When the first of them began.
    pub first_sent_at: Option<Timestamp>,
    /// When the row reached its status.
    pub finished_at: Option<Timestamp>,
    /// The other cells that are kept, as a JSON object.
    pub other: String,
    /// Whether an earlier line has the same row: only the record is new.
    pub is_repeated: bool,
}
