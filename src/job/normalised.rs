//! Headers without regard to their spelling.

/// A header without what its spelling leaves open: case, spaces, `-` and `_`.
pub fn normalised(header: &str) -> String {
    let kept = header.chars().filter(|c| !is_separator(*c));
    kept.flat_map(char::to_lowercase).collect()
}

/// What stands between the words of a header.
pub fn is_separator(character: char) -> bool {
    matches!(character, '-' | '_') || character.is_whitespace()
}
