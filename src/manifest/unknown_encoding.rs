//! Text that is not UTF-8: the encodings under which it reads as text, with a word of its own in each.

use std::collections::BTreeSet;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, DecoderResult, EUC_KR, Encoding, GBK, ISO_8859_2, ISO_8859_15, MACINTOSH, SHIFT_JIS,
    WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254,
};
use unicode_script::{Script, UnicodeScript};

use crate::support::one_line;

/// What lists are mostly written in, the commonest first.
const COMMON: [&Encoding; 12] = [
    WINDOWS_1252,
    MACINTOSH,
    WINDOWS_1250,
    WINDOWS_1251,
    ISO_8859_15,
    ISO_8859_2,
    WINDOWS_1254,
    WINDOWS_1253,
    SHIFT_JIS,
    GBK,
    BIG5,
    EUC_KR,
];

/// So many of them are shown.
const SHOWN: usize = 4;

/// What refuses a text that is not UTF-8. `beginning` is its beginning, `cell` the first part of it that shows
/// it, both as their bytes stand.
pub(super) fn refusal(beginning: &[u8], cell: &[u8]) -> String {
    let (valid, other): (Vec<&[u8]>, Vec<&[u8]>) = words(beginning)
        .take(COMPARED)
        .partition(|word| std::str::from_utf8(word).is_ok());
    if valid.len() > other.len() {
        return "contains bytes that are not UTF-8 text, although the rest of the file is: were two files put \
                together? Write the cell anew"
            .into();
    }
    let readings = readings(beginning, cell);
    if readings.is_empty() {
        return "this file is not UTF-8 text; save it as \"CSV UTF-8\"".into();
    }
    let readings = readings.iter();
    let readings: Vec<String> = readings
        .map(|(name, words)| format!("{name} ({})", one_line(words, 60)))
        .collect();
    format!(
        "this file is not UTF-8 text. Add --encoding with the name under which its words read right: {}. Or \
         save the file as \"CSV UTF-8\"",
        readings.join(", ")
    )
}

/// The same where no cell is known that shows it.
pub(super) fn refusal_of_text(beginning: &[u8]) -> String {
    let valid = Encoding::utf8_valid_up_to(beginning);
    let mut lines = beginning.split(|byte| *byte == b'\n').scan(0, |end, line| {
        *end += line.len() + 1;
        Some((*end, line))
    });
    let found = lines.find(|(end, _)| *end > valid);
    refusal(beginning, found.map_or(&[], |(_, line)| line))
}

/// What a part of a text is that was decoded under a wrong name.
pub(super) fn lost_characters(encoding: &'static Encoding) -> String {
    format!(
        "contains bytes that are no {} text; is --encoding right?",
        encoding.name()
    )
}

/// So many words are compared.
const COMPARED: usize = 500;

/// The words that are not ASCII.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_break = |byte: &u8| {
        byte.is_ascii_whitespace() || matches!(byte, b'"' | b',' | b';' | b':' | b'(' | b')')
    };
    let words = text.split(is_break);
    words.filter(|word| !word.is_ascii())
}

/// The names of the encodings that fit, the best one first, each with the words as they read then: the cell's
/// own, and one that tells more of them apart.
fn readings(beginning: &[u8], cell: &[u8]) -> Vec<(String, String)> {
    let fitting = fitting(beginning, cell);
    let read = |encoding: &'static Encoding, word: &[u8]| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(word);
        text.unwrap_or_default().into_owned()
    };
    let distinct = |word: &[u8]| {
        let all = fitting.iter().map(|encoding| read(encoding, word));
        all.collect::<BTreeSet<String>>().len()
    };
    let Some(own) = words(cell).next() else {
        return Vec::new();
    };
    // The last of the best is the first in the text.
    let compared: Vec<&[u8]> = words(beginning).take(COMPARED).collect();
    let telling = compared.into_iter().rev().max_by_key(|word| distinct(word));
    let telling = telling.filter(|word| distinct(word) > distinct(own));
    let shown = [Some(own), telling];
    let mut readings: Vec<(String, String)> = Vec::new();
    for encoding in &fitting {
        let words = shown.into_iter().flatten().map(|word| read(encoding, word));
        let words = words.collect::<Vec<_>>().join(", ");
        if readings.len() < SHOWN && !readings.iter().any(|(_, other)| *other == words) {
            readings.push((encoding.name().to_ascii_lowercase(), words));
        }
    }
    readings
}

/// The encodings under which all of it reads as text, those first that leave no signs within words.
fn fitting(beginning: &[u8], cell: &[u8]) -> Vec<&'static Encoding> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(beginning, false);
    detector.feed(cell, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let others = COMMON.into_iter().filter(|encoding| *encoding != guess);
    let all = [guess].into_iter().chain(others);
    let fitting = all.filter(|encoding| fits(encoding, beginning) && fits(encoding, cell));
    let mut fitting: Vec<(usize, &'static Encoding)> = fitting
        .filter_map(|encoding| Some((signs_in_words(encoding, beginning, cell)?, encoding)))
        .collect();
    fitting.sort_by_key(|(signs, _)| *signs);
    fitting.into_iter().map(|(_, encoding)| encoding).collect()
}

/// How many of its words have signs among their letters; `None` if one mixes scripts.
fn signs_in_words(encoding: &'static Encoding, beginning: &[u8], cell: &[u8]) -> Option<usize> {
    let mut count = 0;
    for word in words(cell).chain(words(beginning)).take(COMPARED) {
        let word = encoding.decode_without_bom_handling(word).0;
        if !is_of_one_script(&word) {
            return None;
        }
        let is_sign = |c: char| !c.is_ascii() && !c.is_alphanumeric();
        count += usize::from(word.contains(is_sign) && word.contains(char::is_alphabetic));
    }
    Some(count)
}

/// Whether a text that may go on reads without an error, and without characters that no text has.
fn fits(encoding: &'static Encoding, text: &[u8]) -> bool {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let length = decoder.max_utf8_buffer_length_without_replacement(text.len());
    let mut decoded = String::with_capacity(length.unwrap_or_default());
    let (result, _) = decoder.decode_to_string_without_replacement(text, &mut decoded, false);
    let is_odd = |c: char| {
        let is_break = matches!(c, '\t' | '\n' | '\r');
        c.is_control() && !is_break || matches!(c, '\u{e000}'..='\u{f8ff}')
    };
    result == DecoderResult::InputEmpty && !decoded.contains(is_odd)
}

/// Whether nothing in it is of another script than the rest.
fn is_of_one_script(text: &str) -> bool {
    let mut scripts = text.chars().map(|c| match c.script() {
        Script::Hiragana | Script::Katakana => Script::Han,
        script => script,
    });
    let is_one = |script: &Script| !matches!(script, Script::Common | Script::Inherited);
    let first = scripts.find(is_one);
    scripts.filter(is_one).all(|script| Some(script) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, encoding: &'static Encoding) -> Vec<String> {
        let (bytes, _, has_lost) = encoding.encode(text);
        assert!(!has_lost);
        let readings = readings(&bytes, words(&bytes).next().unwrap()).into_iter();
        readings
            .map(|(name, words)| format!("{name} {words}"))
            .collect()
    }

    #[test]
    fn the_right_encoding_is_among_few_and_mostly_the_first() {
        let german = "Nachname;Ort\nMüller;Köln\nWeiß;Düsseldorf\n";
        let shown_german = shown(german, WINDOWS_1252);
        assert_eq!(
            shown_german[..2],
            ["windows-1252 Müller", "macintosh M¸ller"]
        );
        let polish = "Nazwisko;Miasto\nWójcik;Łódź\nZieliński;Gdańsk\nWiśniewski;Poznań\n";
        assert_eq!(
            shown(polish, WINDOWS_1250)[..2],
            ["windows-1250 Wójcik, Łódź", "windows-1252 Wójcik, £ódŸ"]
        );
        let russian = "Фамилия;Город\nИванов;Москва\nПетрова;Казань\n";
        assert!(shown(russian, WINDOWS_1251)[0].starts_with("windows-1251 Фамилия"));
        let japanese = "氏名;住所\n山田太郎;東京都千代田区\n鈴木花子;大阪市北区\n";
        assert!(shown(japanese, SHIFT_JIS)[0].starts_with("shift_jis 氏名"));
        let apple = "Nachname;Ort\nMüller;Köln\nWeiß;Düsseldorf\n";
        let mac = shown(apple, MACINTOSH);
        assert!(mac[0].starts_with("macintosh Müller"), "{mac:?}");
        for all in [shown_german, mac] {
            assert!(all.len() <= SHOWN, "{all:?}");
        }
    }

    #[test]
    fn a_file_that_is_utf_8_but_for_one_cell_needs_no_encoding() {
        let mixed = ["Müller\nKöln\n".as_bytes(), b"Gro\xdf\n"].concat();
        assert!(refusal(&mixed, b"Gro\xdf").contains("although the rest of the file is"));
        assert!(refusal(b"M\xfcller\n", b"M\xfcller").contains("windows-1252 (M\u{fc}ller)"));
        assert!(refusal(b"\x89PNG\x1a", b"\x89PNG\x1a").contains("save it as"));
    }

    #[test]
    fn words_are_those_that_are_not_ascii() {
        let found: Vec<&[u8]> = words(b"Max M\xfcller, Bonn\n\xdcber").collect();
        assert_eq!(found, [&b"M\xfcller"[..], b"\xdcber"]);
    }
}
