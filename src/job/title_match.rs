//! Whether the title that the service shows is the one that was sent.

use unicode_normalization::UnicodeNormalization;

/// A title cut by the service is still known by so many characters.
const RECOGNISABLE: usize = 8;

/// Whether a title that the service shows is the one that was sent; none if that can't be decided,
/// because it differs only in what a service may change by itself: case, white space, the
/// spelling of a character, its end.
pub fn titles_match(shown: &str, sent: &str) -> Option<bool> {
    if shown == sent {
        return Some(true);
    }
    let (shown, sent) = (comparable_title(shown), comparable_title(sent));
    let is_start = shown.chars().count() >= RECOGNISABLE && sent.starts_with(&shown);
    if shown == sent || is_start {
        return None;
    }
    Some(false)
}

/// What two titles have in common that a service might take for one.
pub fn comparable_title(title: &str) -> String {
    let folded: String = title.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_may_change_is_neither_equal_nor_another() {
        assert_eq!(titles_match("Lease 42", "Lease 42"), Some(true));
        for shown in ["lease  42 ", "Lease 4", "Lease 41"] {
            let expected = (shown != "Lease 41" && shown != "Lease 4").then_some(());
            assert_eq!(
                titles_match(shown, "Lease 42").is_none(),
                expected.is_some(),
                "{shown}"
            );
        }
        assert_eq!(titles_match("Caf\u{e9}", "Cafe\u{301}"), None);
        assert_eq!(
            titles_match("Lease renewal", "Lease renewal 2027, unit A101"),
            None
        );
        assert_eq!(titles_match("Other", "Lease 42"), Some(false));
    }
}
