//! A report's lines, read back as rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use crate::job::{
    Column, ErrorClass, Fields, SessionId, SpreadsheetDamage, Status, TransactionId,
    is_report_column,
};
use crate::ledger::ReportedRow;
use crate::manifest::{Problems, ReportInputLine};

/// At most so many rounded numbers of a column are listed: a large report may have no others.
const MAX_ROUNDED: usize = 100;

/// Reads lines back, one after the other, and keeps what refuses them.
pub struct ReportRowReader {
    /// Whether the lines have the numbers of their records.
    has_numbers: bool,
    count: u64,
    problems: Problems,
    /// Numbers that look rounded, by column: a single one may well be somebody's id.
    rounded: HashMap<&'static str, Vec<(u64, String)>>,
    /// Columns with long numbers that are not: no spreadsheet was there.
    precise: HashSet<&'static str>,
}

impl ReportRowReader {
    /// A reader for one report.
    pub fn new(has_numbers: bool) -> Self {
        Self {
            has_numbers,
            count: 0,
            problems: Problems::default(),
            rounded: HashMap::new(),
            precise: HashSet::new(),
        }
    }

    /// The line's row, unless something refuses it.
    pub fn read(&mut self, cells: ReportInputLine) -> Option<ReportedRow> {
        self.count += 1;
        let before = self.problems.total();
        let line = cells.line;
        let mut fields = Fields::default();
        for (column, text) in &cells.cells {
            fields.set(column.clone(), text);
        }
        let text = |column| fields.text(&column).unwrap_or_default().to_owned();
        let source = text(Column::SourceSessionId);
        let transaction = text(Column::TransactionId);
        let session = cells.other("new_session_id").to_owned();
        for (column, text) in [
            ("row_id", cells.row_id.as_str()),
            ("source_session_id", &source),
            ("new_session_id", &session),
            ("transaction_id", &transaction),
        ] {
            self.look_for_damage(line, column, text);
        }
        let transaction_id = self.transaction_id(line, &transaction);
        let source = self.session(line, "source_session_id", &source);
        let new_session_id = self.session(line, "new_session_id", &session);
        let status = self.status(line, cells.other("status"), &session);
        let finished_at = self.time(&cells, "finished_at");
        if status == Some(Status::Copied) && cells.other("finished_at").is_empty() {
            self.refuse(line, "finished_at", "is empty, but the row is copied");
        }
        if new_session_id.is_some() && new_session_id == source {
            let text = "is the source session, not its copy";
            self.refuse(line, "new_session_id", text);
        }
        let first_sent_at = self.time(&cells, "first_sent_at");
        let attempts = self.attempts(&cells);
        if self.problems.total() > before {
            return None;
        }
        let number = cells.other("row").parse().ok();
        Some(ReportedRow {
            line,
            number: number.filter(|_| self.has_numbers).unwrap_or(self.count),
            fields,
            status: status?,
            new_session_id,
            error_class: cells.other("error_class").parse::<ErrorClass>().ok(),
            error: cells.other("error").to_owned(),
            http_status: cells.other("http_status").parse().ok(),
            attempts: attempts?.into(),
            transaction_id: transaction_id?,
            first_sent_at,
            finished_at,
            other: kept(&cells),
            is_repeated: cells.repeats.is_some(),
            row_id: cells.row_id,
        })
    }

    /// What refuses the report.
    pub fn finish(mut self) -> Problems {
        let rounded = self.rounded.into_iter();
        for (line, text) in rounded
            .filter(|(column, _)| !self.precise.contains(column))
            .flat_map(|(_, all)| all)
        {
            self.problems.add(Some(line), text);
        }
        self.problems
    }

    fn refuse(&mut self, line: u64, column: &str, text: &str) {
        let text = format!("column {column}: {text}");
        self.problems.add(Some(line), text);
    }

    fn look_for_damage(&mut self, line: u64, column: &'static str, text: &str) {
        let Some(damage) = SpreadsheetDamage::of(text) else {
            if text.len() > 15 && text.bytes().all(|byte| byte.is_ascii_digit()) {
                self.precise.insert(column);
            }
            return;
        };
        let problem = format!("column {column}: '{text}' {}", damage.describe());
        if !matches!(damage, SpreadsheetDamage::Rounded) {
            return self.problems.add(Some(line), problem);
        }
        let held = self.rounded.entry(column).or_default();
        if held.len() < MAX_ROUNDED {
            held.push((line, problem));
        }
    }

    /// What a cell says. An empty one is no value, and a damaged one is refused as such already.
    fn good<T, E: ToString>(
        &mut self,
        line: u64,
        column: &str,
        text: &str,
        read: Result<T, E>,
    ) -> Option<T> {
        if let Err(error) = &read
            && !(text.is_empty() && column != "source_session_id")
            && SpreadsheetDamage::of(text).is_none()
        {
            let problem = format!("'{text}' {}", error.to_string());
            self.refuse(line, column, &problem);
        }
        read.ok()
    }

    /// A row with a copy is copied, one without is not, and only our own words say how it is:
    /// of anything else nobody knows whether it may be sent.
    fn status(&mut self, line: u64, text: &str, session: &str) -> Option<Status> {
        let Ok(status) = text.parse::<Status>() else {
            let text = format!(
                "'{text}' is not a status; put back what the report had: copied, failed, uncertain or \
                 pending"
            );
            self.refuse(line, "status", &text);
            return None;
        };
        if status == Status::Copied && session.is_empty() {
            let text = "is empty, but the row is copied; put the session id back, or set the status to \
                        uncertain";
            self.refuse(line, "new_session_id", text);
        } else if status != Status::Copied && !session.is_empty() {
            let text = format!(
                "is {status}, but the row has a new_session_id; if that is its copy, set the status to \
                 copied, else clear that cell"
            );
            self.refuse(line, "status", &text);
        }
        Some(status)
    }

    fn session(&mut self, line: u64, column: &str, text: &str) -> Option<SessionId> {
        self.good(line, column, text, SessionId::parse(text))
    }

    fn transaction_id(&mut self, line: u64, text: &str) -> Option<TransactionId> {
        if text.is_empty() {
            let text = "is empty, so this row can't be looked up; put back what the report had";
            self.refuse(line, "transaction_id", text);
        }
        self.good(line, "transaction_id", text, TransactionId::parse(text))
    }

    fn attempts(&mut self, cells: &ReportInputLine) -> Option<u32> {
        let text = cells.other("attempts");
        let read = text.parse().ok();
        if read.is_none() {
            self.refuse(
                cells.line,
                "attempts",
                &format!("'{text}' is not a whole number"),
            );
        }
        read
    }

    fn time(&mut self, cells: &ReportInputLine, column: &str) -> Option<Timestamp> {
        let text = cells.other(column);
        let read = text.parse::<Timestamp>().ok();
        if read.is_none() && !text.is_empty() {
            let text = format!(
                "'{text}' is not a time as reports write it (2026-01-31T08:30:00Z); put back what the \
                 report had"
            );
            self.refuse(cells.line, column, &text);
        }
        read
    }
}

/// The cells of columns that are only kept, as JSON.
fn kept(cells: &ReportInputLine) -> String {
    let others = cells.others.iter();
    let kept: BTreeMap<&str, &str> = others
        .filter(|(name, text)| !text.is_empty() && !is_report_column(name))
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    serde_json::to_string(&kept).expect("a map of texts is JSON")
}
