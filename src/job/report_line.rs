//! What a report shows of a record.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Column, ErrorClass, Fields, Status};

/// One line of a report: a manifest's record joined with the row it stands for.
#[derive(Debug, Clone)]
pub struct ReportLine {
    /// The record's number, from 1; none for a row that the manifest no longer has.
    pub number: Option<u64>,
    /// The row's identity.
    pub row_id: String,
    /// The row's known cells: what was sent, or would be.
    pub fields: Fields,
    /// The session id of the copy.
    pub new_session_id: Option<String>,
    /// How the row stands.
    pub status: Status,
    /// Why it has no copy.
    pub error_class: Option<ErrorClass>,
    /// The service's words or the error.
    pub error: String,
    /// The HTTP status of the last answer.
    pub http_status: Option<u16>,
    /// Requests that may have left this machine.
    pub attempts: u64,
    /// The transaction id that the copy carries.
    pub transaction_id: String,
    /// When the first such request began.
    pub first_sent_at: Option<Timestamp>,
    /// When the row reached its status.
    pub finished_at: Option<Timestamp>,
    /// The record's other cells, by header.
    pub other: BTreeMap<String, String>,
}

impl ReportLine {
    /// The text of a known column, empty if the row has none.
    pub fn field(&self, column: &Column) -> &str {
        self.fields.text(column).unwrap_or_default()
    }
}
