//! What a text says beyond its letters: whether its encoding was mistaken, is a template that nobody
//! filled, looks like another one, or is worth a second look.

mod address;
mod address_slip;
mod lookalike;
mod mojibake;
mod placeholder;
mod row_warning;
mod simplified;

use super::{FieldProblem, Fields};
use crate::support::{excerpt, is_invisible};
pub use address::{AddressKey, canonical_address};
pub use address_slip::{DomainSlips, is_role_account};
pub use lookalike::Lookalike;
pub use mojibake::is_mojibake_of;
pub use placeholder::HeaderNames;
pub use row_warning::{RowWarning, row_warnings};

/// What refuses a row about to be sent although its cells are well formed: texts that nobody would
/// write. Rows that were sent never come here: some of them are older than these checks.
pub fn text_problems(fields: &Fields, headers: &HeaderNames) -> Vec<FieldProblem> {
    let cells = fields.iter().filter(|(column, _)| column.is_free_text());
    let problems = cells
        .filter_map(|(column, text)| problem_of(text, headers).map(|text| column.problem(text)));
    problems.collect()
}

/// Whether a text has characters, and none that can be seen.
fn is_blank(text: &str) -> bool {
    let is_blank = |character: char| {
        is_invisible(character)
            || character.is_whitespace()
            || character.is_control()
            // A braille cell without dots.
            || character == '\u{2800}'
    };
    !text.is_empty() && text.chars().all(is_blank)
}

fn problem_of(text: &str, headers: &HeaderNames) -> Option<String> {
    let problem = if is_blank(text) {
        "contains only invisible characters".into()
    } else if let Some(meant) = mojibake::repaired(text) {
        format!(
            "was mangled: UTF-8 text was read as Windows-1252. Did you mean '{}'? Open and save the \
             file as UTF-8",
            excerpt(&meant)
        )
    } else {
        let placeholder = placeholder::unfilled(text, headers)?;
        format!("contains {placeholder}, a placeholder that was not filled in")
    };
    Some(format!("'{}' {problem}", excerpt(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_distinguished_from_little() {
        for text in ["\u{200b}", "\u{feff}\u{a0}\u{ad}", "\u{2800}", "\u{3164}"] {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["", ".", "a\u{200b}", "-", "\u{1f468}\u{200d}\u{1f469}"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    fn problems(column: &str, text: &str) -> Vec<String> {
        let mut fields = Fields::default();
        fields.set(column.parse().unwrap(), text);
        let headers = HeaderNames::new(["Vorname", "unit"]);
        let problems = text_problems(&fields, &headers).into_iter();
        problems.map(|problem| problem.text).collect()
    }

    #[test]
    fn what_nobody_would_write_is_refused_where_people_read_it() {
        for column in [
            "title",
            "description",
            "copy_to",
            "signer_1_email",
            "signer_2_first_name",
            "signer_1_last_name",
            "signer_1_merge_City",
        ] {
            for text in ["JosÃ©", "\u{200b}", "Lease for «Vorname»"] {
                assert_eq!(problems(column, text).len(), 1, "{column}: {text}");
            }
            for text in ["José", "SÃO PAULO", "Null", "Bail «Les Lilas»"] {
                assert_eq!(problems(column, text), [""; 0], "{column}: {text}");
            }
        }
        assert_eq!(problems("signer_1_role", "JosÃ©"), [""; 0]);
    }
}
