//! Rows without a copy, gathered by their cause.

use indexmap::IndexMap;

use super::markup::cell;
use crate::job::{ErrorClass, ReportLine, Status};
use crate::report::reasons::without_values;
use crate::support::command_line;

/// Causes that are kept apart; the rest is one cause a status, so that memory stays bounded.
const MAX_CAUSES: usize = 200;

/// Rows without a copy for one and the same reason.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// The words of its first row; empty if there are none.
    pub(super) words: String,
    /// Its first row, as commands take it.
    pub(super) first_row: String,
    pub(super) count: u64,
}

/// What rows have in common that have the same cause.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CauseKey {
    status: Status,
    pub(super) class: Option<ErrorClass>,
    pub(super) http_status: Option<u16>,
    /// The words without their values; none where there were too many causes to keep this one.
    words: Option<String>,
}

/// The causes so far. Rows carry the place of theirs, to be found again.
#[derive(Debug, Default)]
pub(super) struct Causes(IndexMap<CauseKey, Cause>);

impl Causes {
    /// Counts a row without a copy.
    pub(super) fn add(&mut self, line: &ReportLine) {
        let mut key = CauseKey::of(line);
        let mut words = cell(&line.error, 500);
        if !self.0.contains_key(&key) && self.0.len() >= MAX_CAUSES {
            key = CauseKey::of_rest(line.status);
            words = "other reasons; each row in the table below has its own".into();
        }
        let cause = self.0.entry(key).or_insert_with(|| Cause {
            words,
            first_row: row_argument(line),
            count: 0,
        });
        cause.count += 1;
    }

    /// The place of the cause that a row was counted for.
    pub(super) fn place(&self, line: &ReportLine) -> Option<usize> {
        let place = self.0.get_index_of(&CauseKey::of(line));
        place.or_else(|| self.0.get_index_of(&CauseKey::of_rest(line.status)))
    }

    /// The causes of a status with their places, the most frequent first.
    pub(super) fn of(&self, status: Status) -> Vec<(usize, &CauseKey, &Cause)> {
        let causes = self.0.iter().enumerate();
        let causes = causes.map(|(place, (key, cause))| (place, key, cause));
        let mut causes: Vec<_> = causes.filter(|(_, key, _)| key.status == status).collect();
        causes.sort_by_key(|(place, _, cause)| (std::cmp::Reverse(cause.count), *place));
        causes
    }
}

impl CauseKey {
    fn of(line: &ReportLine) -> Self {
        Self {
            status: line.status,
            class: line.error_class,
            http_status: line.http_status,
            words: Some(without_values(&cell(&line.error, 500))),
        }
    }

    /// That of rows whose own cause is not kept.
    fn of_rest(status: Status) -> Self {
        Self {
            status,
            class: None,
            http_status: None,
            words: None,
        }
    }
}

/// A row as commands take it: by its number, or by its row id where the list no longer has it.
fn row_argument(line: &ReportLine) -> String {
    let by_id = || command_line([line.row_id.as_str()]);
    line.number
        .map_or_else(by_id, |number| format!("row:{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html::tests::line;

    #[test]
    fn rows_are_counted_by_cause_and_find_it_again() {
        let mut causes = Causes::default();
        let lines = [
            line(Status::Failed, "bad 1"),
            line(Status::Uncertain, "bad 1"),
            line(Status::Failed, "gone"),
            line(Status::Failed, "bad 22"),
        ];
        for line in &lines {
            causes.add(line);
        }
        let failed = causes.of(Status::Failed);
        let found: Vec<_> = failed
            .iter()
            .map(|(_, _, cause)| (cause.words.as_str(), cause.count))
            .collect();
        assert_eq!(found, [("bad 1", 2), ("gone", 1)]);
        assert_eq!(causes.place(&lines[3]), Some(failed[0].0));
        assert_eq!(causes.of(Status::Uncertain).len(), 1);
    }

    #[test]
    fn the_causes_are_bounded_and_no_row_is_lost() {
        let mut causes = Causes::default();
        let lines: Vec<_> = (0..500_u32)
            .map(|n| {
                let letters: String = (0..9)
                    .map(|bit| if n >> bit & 1 == 1 { 'a' } else { 'b' })
                    .collect();
                line(Status::Failed, &letters)
            })
            .collect();
        for line in &lines {
            causes.add(line);
        }
        let failed = causes.of(Status::Failed);
        assert_eq!(failed.len(), MAX_CAUSES + 1);
        assert_eq!(
            failed.iter().map(|(_, _, cause)| cause.count).sum::<u64>(),
            500
        );
        assert_eq!(causes.place(&lines[499]), Some(failed[0].0));
    }
}
