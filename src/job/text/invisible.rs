//! Characters that nobody sees.

/// Default_Ignorable_Code_Point of Unicode 17: shown as nothing where a font doesn't know better.
pub(super) fn is_ignorable(character: char) -> bool {
    matches!(
        u32::from(character),
        0xad
            | 0x34f
            | 0x61c
            | 0x115f..=0x1160
            | 0x17b4..=0x17b5
            | 0x180b..=0x180f
            | 0x200b..=0x200f
            | 0x202a..=0x202e
            | 0x2060..=0x206f
            | 0x3164
            | 0xfe00..=0xfe0f
            | 0xfeff
            | 0xffa0
            | 0xfff0..=0xfff8
            | 0x1bca0..=0x1bca3
            | 0x1d173..=0x1d17a
            | 0xe0000..=0xe0fff
    )
}

/// Whether a text has characters, and none that can be seen.
pub(super) fn is_nothing(text: &str) -> bool {
    let is_blank = |character: char| {
        is_ignorable(character)
            || character.is_whitespace()
            || character.is_control()
            // A braille cell without dots.
            || character == '\u{2800}'
    };
    !text.is_empty() && text.chars().all(is_blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_from_little() {
        for text in ["\u{200b}", "\u{feff}\u{a0}\u{ad}", "\u{2800}", "\u{3164}"] {
            assert!(is_nothing(text), "{text:?}");
        }
        for text in ["", ".", "a\u{200b}", "-", "\u{1f468}\u{200d}\u{1f469}"] {
            assert!(!is_nothing(text), "{text:?}");
        }
    }
}
