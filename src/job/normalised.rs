//! Names of columns without regard to their spelling.

/// A name without what its spelling leaves open: case, spaces, `-` and `_`.
pub fn normalised(name: &str) -> String {
    letters(name).collect()
}

/// Whether two names differ in nothing but their spelling.
pub fn is_same_name(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

/// What stands between the words of a name.
pub fn is_separator(character: char) -> bool {
    matches!(character, '-' | '_') || character.is_whitespace()
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    let kept = name.chars().filter(|c| !is_separator(*c));
    kept.flat_map(char::to_lowercase)
}
