use std::borrow::Cow;

use jiff::Timestamp;

use crate::job::{Column, REPORT_COLUMNS, ReportLine};
use crate::support::{is_invisible, one_line};

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
    let mut safe = String::with_capacity(line.len());
    // A spreadsheet that splits at another separator than the report's begins a cell behind each.
    let mut begins_cell = true;
    for character in line.chars() {
        if begins_cell && begins_formula(character) {
            safe.push('\'');
        }
        safe.push(character);
        begins_cell = match character {
            ',' | ';' | '|' => true,
            ' ' | '"' => begins_cell,
            other => begins_cell && (is_invisible(other) || other.is_whitespace()),
        };
    }
    one_line(&safe, ERROR_CHARACTERS)
}

/// Spreadsheets take the full-width and small forms for the plain ones.
fn begins_formula(character: char) -> bool {
    matches!(
        character,
        '=' | '+'
            | '-'
            | '@'
            | '\u{2212}'
            | '\u{fe62}'
            | '\u{fe63}'
            | '\u{fe66}'
            | '\u{fe6b}'
            | '\u{ff0b}'
            | '\u{ff0d}'
            | '\u{ff1d}'
            | '\u{ff20}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_can_be_read_back() {
        assert_eq!(harmless("a\u{fffd}b"), "a?b");
    }

    #[test]
    fn no_cell_begins_a_formula_however_it_is_split() {
        for (error, safe) in [
            ("=1+1", "'=1+1"),
            ("\u{ff1d}1+1", "'\u{ff1d}1+1"),
            ("\u{200b}=1", "\u{200b}'=1"),
            ("no;=1;\u{ff0b}2", "no;'=1;'\u{ff0b}2"),
            ("no, \"@x\"", "no, \"'@x\""),
            // What people write stays as it is.
            ("HTTP 500: a-b = c, see a@b", "HTTP 500: a-b = c, see a@b"),
        ] {
            assert_eq!(harmless(error), safe);
        }
    }

    #[test]
    fn an_error_stays_within_its_length_even_when_made_harmless() {
        assert_eq!(harmless(&"-".repeat(600)).chars().count(), 500);
        assert_eq!(harmless(&"x".repeat(600)).chars().count(), 500);
    }
}
