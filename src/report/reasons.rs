//! Why rows have no copy: their errors, alike but for the values in them, counted together.

use indexmap::IndexMap;

use crate::support::one_line;

/// Reasons that are kept apart; what comes later is counted with the rest, so that memory stays bounded.
const MAX_REASONS: usize = 200;

/// How many characters of an error tell it from another.
const KEY_LENGTH: usize = 120;

/// How many characters of an error are shown.
const SHOWN_LENGTH: usize = 200;

/// Why rows have no copy, each reason with how many rows have it.
#[derive(Debug, Default)]
pub struct Reasons(IndexMap<(Option<u16>, String), Reason>);

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The words of its first row.
    pub words: String,
    /// How many rows have it.
    pub count: u64,
}

impl Reasons {
    /// Counts rows with an error, and with the status of the service's answer.
    pub fn add(&mut self, error: &str, http_status: Option<u16>, count: u64) {
        let words = one_line(error, SHOWN_LENGTH);
        let mut key = (http_status, without_values(&words));
        if !self.0.contains_key(&key) && self.0.len() >= MAX_REASONS {
            key = (None, String::new());
        }
        let reason = Reason { words, count: 0 };
        self.0.entry(key).or_insert(reason).count += count;
    }

    /// The reasons, the commonest first.
    pub fn commonest(self) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = self.0.into_values().collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        reasons
    }
}

/// The words without what differs from row to row: numbers, ids, addresses and quoted values.
pub(super) fn without_values(error: &str) -> String {
    let mut words = String::new();
    let mut closing = None;
    for word in error.split(' ') {
        let bare = word.trim_start_matches(['(', '[', ':']);
        let opened = bare.chars().next().and_then(closing_quote);
        let quote = closing.or(opened);
        let is_value = quote.is_some()
            || word.contains('@')
            || word.chars().any(|character| character.is_ascii_digit());
        if let Some(quote) = quote {
            let inside = if closing.is_some() {
                word
            } else {
                &bare[bare.len().min(1)..]
            };
            closing = (!inside.contains(quote)).then_some(quote);
        }
        if !(is_value && words.ends_with('#')) {
            words.push(' ');
            words.push_str(if is_value { "#" } else { word });
        }
    }
    words
        .chars()
        .take(KEY_LENGTH)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Only quotes of one byte: what is cut off before the value is one.
fn closing_quote(opening: char) -> Option<char> {
    Some(opening).filter(|quote| ['"', '\'', '`'].contains(quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_alike_but_for_their_values() {
        let same = |one, other| assert_eq!(without_values(one), without_values(other));
        same("row 7 of 12 failed", "row 31 of 12 failed");
        same("'ana@x.org' is no address", "'b c d' is no address");
        same(
            "session 3f0c6c1e-0000-4000-8000-000000000001 not found",
            "Session 00000000-0000-4000-8000-00000000000a not found",
        );
        assert_ne!(
            without_values("Invalid e-mail"),
            without_values("Session not found")
        );
        assert_ne!(
            without_values("it can't be, said 'a'"),
            without_values("it can't be")
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_with_its_line() {
        assert_eq!(without_values("bad 'a b c"), " bad #");
        assert_eq!(without_values("'"), " #");
        assert_eq!(without_values(""), " ");
    }

    #[test]
    fn the_commonest_reason_comes_first() {
        let mut reasons = Reasons::default();
        for (error, count) in [
            ("row 7 is gone", 1),
            ("bad address 'a@x'", 2),
            ("row 8 is gone", 2),
        ] {
            reasons.add(error, None, count);
        }
        let found = reasons.commonest();
        let found: Vec<_> = found
            .iter()
            .map(|reason| (reason.words.as_str(), reason.count))
            .collect();
        assert_eq!(found, [("row 7 is gone", 3), ("bad address 'a@x'", 2)]);
    }
}
