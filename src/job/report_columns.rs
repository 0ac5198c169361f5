//! The report's own columns: one table of their names and of how each cell is filled.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;

use super::{Column, ReportLine, without_formulas};

/// One of the report's own columns.
pub struct ReportColumn {
    /// Its name, in the header of a CSV report and in the objects of a JSON one.
    pub name: &'static str,
    /// Its cell in a line; `None` if it is empty.
    pub cell: FillCell,
}

type FillCell = for<'a> fn(&'a ReportLine) -> Option<ReportCell<'a>>;

/// What a cell holds that is not empty.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum ReportCell<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A count, which JSON has as a number.
    Number(u64),
}

/// The report's own columns, in their order. Every other column of the manifest follows them.
pub const REPORT_COLUMNS: [ReportColumn; 12] = [
    column("row", |line| number(line.number?)),
    column("row_id", |line| text(&*line.row_id)),
    column("source_session_id", |line| text(line.field(&SOURCE))),
    column("new_session_id", |line| {
        text(line.new_session_id.as_deref()?)
    }),
    column("status", |line| text(line.status.as_str())),
    column("error_class", |line| text(line.error_class?.as_str())),
    column("error", |line| text(without_formulas(&line.error))),
    column("http_status", |line| number(line.http_status?)),
    column("attempts", |line| number(line.attempts)),
    column("transaction_id", |line| text(&*line.transaction_id)),
    column("first_sent_at", |line| time(line.first_sent_at?)),
    column("finished_at", |line| time(line.finished_at?)),
];

/// The columns by which a file is known as a report. They stay as they are when [`REPORT_COLUMNS`]
/// gains one: an older report that lacked it would be taken for a manifest, and everybody in it
/// would be sent to again.
pub const REPORT_SIGNATURE: [&str; 12] = [
    "row",
    "row_id",
    "source_session_id",
    "new_session_id",
    "status",
    "error_class",
    "error",
    "http_status",
    "attempts",
    "transaction_id",
    "first_sent_at",
    "finished_at",
];

const SOURCE: Column = Column::SourceSessionId;

/// Whether a column is the report's own and not its manifest's.
pub fn is_report_column(name: &str) -> bool {
    REPORT_COLUMNS.iter().any(|column| column.name == name)
}

impl<'a> ReportCell<'a> {
    /// A cell with a text, unless that is empty.
    pub fn of_text(text: impl Into<Cow<'a, str>>) -> Option<Self> {
        Some(text.into())
            .filter(|text| !text.is_empty())
            .map(Self::Text)
    }

    /// The cell as CSV has it.
    pub fn as_text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
        }
    }
}

const fn column(name: &'static str, cell: FillCell) -> ReportColumn {
    ReportColumn { name, cell }
}

fn text<'a>(text: impl Into<Cow<'a, str>>) -> Option<ReportCell<'a>> {
    ReportCell::of_text(text)
}

fn number<'a>(number: impl Into<u64>) -> Option<ReportCell<'a>> {
    Some(ReportCell::Number(number.into()))
}

fn time<'a>(time: Timestamp) -> Option<ReportCell<'a>> {
    text(time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports of every release are out there: whoever changes these names makes them manifests.
    #[test]
    fn what_a_report_is_known_by_never_changes() {
        assert_eq!(
            REPORT_SIGNATURE.join(","),
            "row,row_id,source_session_id,new_session_id,status,error_class,error,http_status,\
             attempts,transaction_id,first_sent_at,finished_at"
        );
        assert!(REPORT_SIGNATURE.into_iter().all(is_report_column));
    }
}
