//! Texts as people see them: what two ways to write the same look have in common.

use unicode_normalization::UnicodeNormalization;

use crate::support::is_invisible;

/// NFC with the compatibility mappings `<wide>`, `<narrow>` and `<noBreak>`, without characters that
/// are shown as nothing, and with one space for every run of white space.
pub(super) fn simplified(text: &str) -> String {
    if text.is_ascii() {
        return text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    }
    let shown = text.chars().filter(|c| !is_invisible(*c));
    let composed: String = shown.map(without_width).nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The character for which a wide, narrow or unbreakable one stands.
fn without_width(character: char) -> char {
    let code = u32::from(character);
    let from = |first: u32, base: u32| char::from_u32(base + code - first).unwrap_or(character);
    match code {
        0xffe3 => '¯',
        // Hangul letters have a second mapping, to the parts of syllables, which is none of these.
        0xffa1..=0xffbe => from(0xffa1, 0x3131),
        0xffc2..=0xffc7 => from(0xffc2, 0x314f),
        0xffca..=0xffcf => from(0xffca, 0x3155),
        0xffd2..=0xffd7 => from(0xffd2, 0x315b),
        0xffda..=0xffdc => from(0xffda, 0x3161),
        // Single steps: their whole compatibility mapping is this one.
        0xa0 | 0xf0c | 0x2007 | 0x2011 | 0x202f | 0x3000 | 0xff01..=0xff9f | 0xffe0..=0xffee => {
            [character].into_iter().nfkc().next().unwrap_or(character)
        }
        _ => character,
    }
}
