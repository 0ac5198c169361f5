//! Text that was read in another encoding than it was written in: `José` becomes `JosÃ©`.

use encoding_rs::{
    Encoding, ISO_8859_2, ISO_8859_15, KOI8_R, KOI8_U, MACINTOSH, WINDOWS_1250, WINDOWS_1251,
    WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1257,
};
use oem_cp::code_table::DECODING_TABLE_CP_MAP;

/// What a text was before UTF-8 was read as Windows-1252, or `None` for a sound one: the whole text, or
/// a word of it, taken back to its bytes, is UTF-8 with more than ASCII in it. Honest text hardly ever
/// is: `SÃO` is none.
pub(super) fn repaired(text: &str) -> Option<String> {
    if text.is_ascii() || !may_be_mojibake(text) {
        return None;
    }
    read_again(text).or_else(|| {
        let words = text.split_inclusive([' ', '\t', '\r', '\n']);
        let is_any = words.clone().any(|word| read_again(word).is_some());
        let read = |word: &str| read_again(word).unwrap_or_else(|| word.to_owned());
        is_any.then(|| words.map(read).collect())
    })
}

/// Whether a character that begins a misread one is followed by one that goes on, or by nothing.
fn may_be_mojibake(text: &str) -> bool {
    let followers = text.chars().skip(1).map(Some).chain([None]);
    text.chars().zip(followers).any(|pair| match pair {
        (lead, Some(follower)) => is_pair(lead, follower),
        (lead, None) => lead == 'Ã',
    })
}

/// Whether two characters may be the bytes of one.
fn is_pair(lead: char, follower: char) -> bool {
    let is_lead = matches!(u32::from(lead), 0xc2..=0xf4);
    is_lead && matches!(byte_of(follower), Some(0x80..=0xbf))
}

fn read_again(text: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = text.chars().map(byte_of).collect();
    let mut bytes = bytes?;
    // The second half of `à` is a space that was cut off with the others.
    if let [.., before, 0xc3] = bytes[..]
        && before.is_ascii_lowercase()
    {
        bytes.push(0xa0);
    }
    let meant = String::from_utf8(bytes).ok()?;
    (!meant.is_ascii() && has_clear_pair(text)).then_some(meant)
}

/// Whether some character pair can be no text. A capital word may end with `Ã`, and a quotation
/// mark or a space that keeps words together may follow: `“BOA MANHÃ”`.
fn has_clear_pair(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let is_capital = |at: Option<usize>| at.is_some_and(|at| characters[at].is_uppercase());
    let is_letter = |at: usize| {
        characters
            .get(at)
            .is_some_and(|next| next.is_alphanumeric())
    };
    let mut pairs = characters.windows(2).enumerate();
    let ends_open = characters.last() == Some(&'Ã');
    ends_open
        || pairs.any(|(at, pair)| {
            let may_be_text = is_capital(at.checked_sub(1))
                && pair[0].is_uppercase()
                && match pair[1] {
                    '\u{a0}' => true,
                    '“' | '”' | '„' | '‘' | '’' | '‚' | '«' | '»' | '‹' | '›' | '–' | '—' | '…' => {
                        !is_letter(at + 2)
                    }
                    _ => false,
                };
            is_pair(pair[0], pair[1]) && !may_be_text
        })
}

/// The byte that Windows-1252, or Latin-1, reads as this character.
fn byte_of(character: char) -> Option<u8> {
    u8::try_from(u32::from(character)).ok().or_else(|| {
        let mut text = [0; 4];
        let (bytes, _, is_lossy) = WINDOWS_1252.encode(character.encode_utf8(&mut text));
        bytes.first().copied().filter(|_| !is_lossy)
    })
}

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

    /// As a program does that takes UTF-8 for Windows-1252.
    fn mangled(text: &str) -> String {
        let read = |byte: &u8| {
            let mut all = (0x80..0x2200).filter_map(char::from_u32);
            let windows = all.find(|c| u32::from(*c) > 0xff && byte_of(*c) == Some(*byte));
            windows.unwrap_or(char::from(*byte))
        };
        text.as_bytes().iter().map(read).collect()
    }

    #[test]
    fn every_letter_is_taken_back() {
        assert_eq!(mangled("José"), "JosÃ©");
        assert_eq!(mangled("Jürgen"), "JÃ¼rgen");
        for text in [
            "José",
            "Jürgen Öztürk",
            "Ærø Ål",
            "Straße",
            "Łódź",
            "Ñandú",
            "O’Connor",
            "Миет",
            "東京",
            "À Paris",
            "Voilà, Maria",
            "50 €",
            "JÖRG BÄR",
            "😀",
        ] {
            assert_eq!(repaired(&mangled(text)).as_deref(), Some(text), "{text}");
        }
        assert_eq!(repaired("CittÃ").as_deref(), Some("Città"));
        // One word of several, among honest ones.
        let mixed = format!("Mietvertrag für {} – Größe", mangled("José"));
        let whole = "Mietvertrag für José – Größe";
        assert_eq!(repaired(&mixed).as_deref(), Some(whole));
    }

    #[test]
    fn honest_text_stays_as_it_is() {
        for text in [
            "José",
            "SÃO PAULO",
            "Ã",
            "MAÇÃ",
            "“BOA MANHÃ”",
            "IRMÃ\u{a0}MARIA",
            "IRMÃ – MÃE",
            "Grüße an Zoë",
            "Łódź",
            "ÂME",
            "Bail «Les Lilas»",
            "Ærøskøbing",
            "50 €",
            "Straße 5",
            "東京",
            "naïve façade – œuvre…",
            "PHÚ QUỐC",
        ] {
            assert_eq!(repaired(text), None, "{text}");
        }
    }

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
