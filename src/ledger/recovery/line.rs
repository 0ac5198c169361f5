//! What a report says of one row, and where that leaves the row.

use jiff::Timestamp;

use crate::job::{ErrorClass, Fields, RowId, SessionId, Status, TransactionId};

/// One line of a report whose ledger is gone: what is to be sent, and all that is left of its row's
/// history.
#[derive(Debug, Clone)]
pub struct ReportedRow {
    /// Where it stands in the report.
    pub line: u64,
    /// Which record it is.
    pub number: u64,
    /// Which row it is.
    pub row_id: RowId,
    /// The known cells.
    pub fields: Fields,
    /// How the row stands, as far as the report knows.
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
    /// Whether its row stood in the report before: only the record is new.
    pub is_repeated: bool,
}

/// How a reported row stands in the new ledger.
pub(super) struct Standing {
    pub(super) status: &'static str,
    pub(super) error_class: Option<ErrorClass>,
    pub(super) error: String,
    /// Whether a look-up is to tell if what the report says holds.
    pub(super) is_to_look_up: bool,
}

impl Standing {
    pub(super) fn of(line: &ReportedRow, problem: Option<String>, looks_up: bool) -> Self {
        let as_reported = |status: &'static str| Self {
            status,
            error_class: line.error_class,
            error: line.error.clone(),
            is_to_look_up: false,
        };
        match (line.status, problem) {
            (Status::Failed | Status::Pending, Some(problem)) => Self {
                status: "failed",
                error_class: Some(ErrorClass::Invalid),
                error: problem,
                is_to_look_up: false,
            },
            // Until it is looked up, a copy may exist: the report may be older than it.
            (Status::Failed | Status::Pending, None) if looks_up => Self {
                status: "uncertain",
                error_class: Some(ErrorClass::Unknown),
                error: match line.error.as_str() {
                    "" => format!("not looked up yet; its report says {}", line.status),
                    error => format!(
                        "not looked up yet; its report says {}: {error}",
                        line.status
                    ),
                },
                is_to_look_up: true,
            },
            (Status::Failed | Status::Pending, None) => as_reported("pending"),
            (status, _) => as_reported(status.as_str()),
        }
    }
}
