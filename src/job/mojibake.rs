//! Text that was read in another encoding than it was written in.

use encoding_rs::{
    Encoding, ISO_8859_2, ISO_8859_15, KOI8_R, KOI8_U, MACINTOSH, WINDOWS_1250, WINDOWS_1251,
    WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1257,
};
use oem_cp::code_table::DECODING_TABLE_CP_MAP;

/// What spreadsheets take a file for that does not say that it is UTF-8: the encoding of their country.
const OF_COUNTRIES: [&Encoding; 11] = [
    WINDOWS_1252,
    MACINTOSH,
    WINDOWS_1250,
    WINDOWS_1251,
    WINDOWS_1253,
    WINDOWS_1254,
    WINDOWS_1257,
    ISO_8859_2,
    ISO_8859_15,
    KOI8_R,
    KOI8_U,
];

/// Whether `says` is what a spreadsheet made of `has`: its UTF-8 read as something else, once or twice
/// over, or its letters lost to question marks.
pub fn is_mojibake_of(has: &str, says: &str) -> bool {
    if has.is_ascii() || has == says {
        return false;
    }
    let says_plainly = plain(says);
    let is_said = |read: &dyn Fn(&[u8]) -> String| {
        let once = read(has.as_bytes());
        plain(&once) == says_plainly || plain(&read(once.as_bytes())) == says_plainly
    };
    let mut of_countries = OF_COUNTRIES.into_iter();
    // Those of a Windows console, which exports of databases still use.
    let mut of_consoles = DECODING_TABLE_CP_MAP.values();
    of_countries.any(|encoding| {
        is_said(&|bytes| encoding.decode_without_bom_handling(bytes).0.into_owned())
    }) || of_consoles.any(|table| is_said(&|bytes| table.decode_string_lossy(bytes)))
        || has_lost_letters(has, says)
}

/// The text without what is lost on the way through cells and files: white space, some of which only
/// looks like a letter in the wrong encoding, and bytes that an encoding has no sign for.
fn plain(text: &str) -> String {
    let is_kept = |c: &char| !c.is_whitespace() && !c.is_control() && *c != '\u{fffd}';
    text.chars().filter(is_kept).collect()
}

/// Whether the only difference is that letters became question marks.
fn has_lost_letters(has: &str, says: &str) -> bool {
    let is_lost = |has: char| !has.is_ascii() && has.is_alphabetic();
    has.chars().count() == says.chars().count()
        && has
            .chars()
            .zip(says.chars())
            .all(|(has, says)| has == says || says == '?' && is_lost(has))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_made_of_a_text_is_known() {
        for (has, says) in [
            ("José", "JosÃ©"),
            ("Jürgen Groß", "JÃ¼rgen GroÃŸ"),
            ("José", "JosÃƒÂ©"),
            ("José", "Jos√©"),
            ("Voilà", "VoilÃ"),
            ("Dvořák", "DvoĹ™Ăˇk"),
            ("Łukasz", "Ĺ\u{81}ukasz"),
            ("Łukasz", "Å\u{81}ukasz"),
            ("Łukasz", "Åukasz"),
            ("Анна", "РђРЅРЅР°"),
            ("Lease – 42 €", "Lease â€“ 42 â‚¬"),
            ("Jürgen Großmann", "J├╝rgen Gro├ƒmann"),
            ("Jürgen", "J├╝rgen"),
            ("Анна", "╨Р╨╜╨╜╨░"),
            ("Анна", "п░п╫п╫п╟"),
            ("José", "Jos?"),
            ("Анна", "????"),
        ] {
            assert!(is_mojibake_of(has, says), "{has} {says}");
        }
    }

    #[test]
    fn corrections_are_none() {
        for (has, says) in [
            ("Jose", "José"),
            ("José", "Jose"),
            ("José", "Josè"),
            ("José", "José María"),
            ("JosÃ©", "José"),
            ("Dvoøák", "Dvořák"),
            ("Groß", "GROSS"),
            ("Müller", "Mueller"),
            ("Kommt Ihr…", "Kommt Ihr?"),
            ("Anna", "Ann?"),
            ("José", ""),
            ("José", "José"),
            ("é", "è"),
        ] {
            assert!(!is_mojibake_of(has, says), "{has} {says}");
        }
    }
}
