use std::borrow::Cow;

use jiff::Timestamp;

use crate::job::{Column, REPORT_COLUMNS, ReportLine};
use crate::support::one_line;

/// `error` has at most this many characters.
const ERROR_CHARACTERS: usize = 500;

/// A cell of the report's own columns.
pub(super) enum Cell<'a> {
    Text(Cow<'a, str>),
    Number(Option<u64>),
}

impl Cell<'_> {
    /// The cell as CSV has it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => {
                Cow::Owned(number.map(|number| number.to_string()).unwrap_or_default())
            }
        }
    }
}

/// The cells of [`REPORT_COLUMNS`], in their order.
pub(super) fn own_cells(line: &ReportLine) -> [Cell<'_>; REPORT_COLUMNS.len()] {
    let text = |text| Cell::Text(Cow::Borrowed(text));
    [
        Cell::Number(line.number),
        text(&line.row_id),
        text(line.field(&Column::SourceSessionId)),
        text(line.new_session_id.as_deref().unwrap_or_default()),
        Cell::Text(Cow::Owned(line.status.to_string())),
        text(line.error_class.map_or("", |class| class.as_str())),
        Cell::Text(Cow::Owned(harmless(&line.error))),
        Cell::Number(line.http_status.map(u64::from)),
        Cell::Number(Some(line.attempts)),
        text(&line.transaction_id),
        time(line.first_sent_at),
        time(line.finished_at),
    ]
}

/// A column behind the report's own ones.
pub(super) struct ExtraColumn {
    name: String,
    known: Option<Column>,
}

impl ExtraColumn {
    /// The columns of a manifest that are not the report's own, in their order.
    pub(super) fn of_manifest(columns: &[String]) -> Vec<Self> {
        let extra = columns
            .iter()
            .filter(|name| !REPORT_COLUMNS.contains(&name.as_str()));
        extra
            .map(|name| Self {
                name: name.clone(),
                known: name.parse().ok(),
            })
            .collect()
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its text in a line, empty if there is none.
    pub(super) fn text<'a>(&self, line: &'a ReportLine) -> &'a str {
        match &self.known {
            Some(column) => line.field(column),
            None => line.other.get(&self.name).map_or("", String::as_str),
        }
    }
}

fn time<'a>(time: Option<Timestamp>) -> Cell<'a> {
    let text = time.map(|time| time.to_string()).unwrap_or_default();
    Cell::Text(Cow::Owned(text))
}

/// An error as one line that no spreadsheet takes for a formula: the service's words may hold
/// anything. A lost character becomes `?`, because a file with such ones is refused.
fn harmless(error: &str) -> String {
    let line = one_line(error, ERROR_CHARACTERS).replace('\u{fffd}', "?");
    if line.starts_with(['=', '+', '-', '@']) {
        format!("'{}", one_line(&line, ERROR_CHARACTERS - 1))
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_can_be_read_back() {
        assert_eq!(harmless("a\u{fffd}b"), "a?b");
    }

    #[test]
    fn an_error_stays_within_its_length_even_when_made_harmless() {
        assert_eq!(harmless(&"-".repeat(600)).chars().count(), 500);
        assert_eq!(harmless(&"x".repeat(600)).chars().count(), 500);
    }
}
