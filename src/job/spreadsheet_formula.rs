//! Texts that a spreadsheet must not take for formulas.

use crate::support::{is_invisible, one_line};

/// `error` has at most this many characters.
const ERROR_CHARACTERS: usize = 500;

/// How a formula begins. Spreadsheets take the full-width and small forms for the plain ones.
const FORMULA_STARTS: &str =
    "=+-@\u{2212}\u{fe62}\u{fe63}\u{fe66}\u{fe6b}\u{ff0b}\u{ff0d}\u{ff1d}\u{ff20}";

/// An error as one line that no spreadsheet takes for a formula: the service's words may hold
/// anything. A lost character becomes `?`, because a file with such ones is refused.
pub(super) fn without_formulas(error: &str) -> String {
    let line = one_line(error, ERROR_CHARACTERS).replace('\u{fffd}', "?");
    let mut safe = String::with_capacity(line.len());
    // A spreadsheet that splits at another separator than the report's begins a cell behind each.
    let mut begins_cell = true;
    for character in line.chars() {
        if begins_cell && FORMULA_STARTS.contains(character) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_can_be_read_back() {
        assert_eq!(without_formulas("a\u{fffd}b"), "a?b");
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
            assert_eq!(without_formulas(error), safe);
        }
    }

    #[test]
    fn an_error_stays_within_its_length_even_when_made_without_formulas() {
        assert_eq!(without_formulas(&"-".repeat(600)).chars().count(), 500);
        assert_eq!(without_formulas(&"x".repeat(600)).chars().count(), 500);
    }
}
