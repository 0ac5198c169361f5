//! Texts of others made safe to show, and the small words around counts.

use encoding_rs::{Encoding, UTF_8};

/// The text as one line of at most `limit` characters: line breaks and tabs become spaces,
/// other control characters and invisible direction marks go, a cut is shown by `…`.
pub fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for character in text.chars().filter_map(shown) {
        if length == limit {
            line.pop();
            line.push('…');
            break;
        }
        if character == ' ' && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        line.push(character);
        length += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// The beginning of a text for a message, with what can't be printed escaped.
pub fn excerpt(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}

/// The line with its indentation, and nothing in it that could steer a terminal.
pub fn one_line_indented(text: &str) -> String {
    text.chars().filter_map(shown).collect()
}

/// The bytes of a text file as UTF-8 without a byte order mark, as editors and shells on Windows write
/// one; UTF-16 with one is read as such.
pub fn without_byte_order_mark(bytes: Vec<u8>) -> Vec<u8> {
    let Some((encoding, length)) = Encoding::for_bom(&bytes) else {
        return bytes;
    };
    let text = &bytes[length..];
    match encoding == UTF_8 {
        true => text.to_vec(),
        false => encoding
            .decode_without_bom_handling(text)
            .0
            .into_owned()
            .into_bytes(),
    }
}

/// A count with its noun: `1 row`, `2 rows`.
pub fn counted(count: u64, noun: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{end}")
}

/// Several things in a sentence: `3, 17 and 203`.
pub fn enumerated(things: &[String]) -> String {
    match things {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// The word that fits a count: for one, or for any other.
pub fn singular_or<'a>(count: u64, one: &'a str, other: &'a str) -> &'a str {
    if count == 1 { one } else { other }
}

/// A number as people read it: `10,000`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Whether the character does something to a terminal or a line instead of being shown.
pub fn is_terminal_control(character: char) -> bool {
    match character {
        '\u{2028}' | '\u{2029}' => true,
        // Direction marks can make a terminal or spreadsheet show another text than is there.
        '\u{61c}' | '\u{200e}' | '\u{200f}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        other => other.is_control(),
    }
}

/// Whether the character is shown as nothing where a font doesn't know better:
/// Default_Ignorable_Code_Point of Unicode 17.
pub fn is_invisible(character: char) -> bool {
    matches!(
        u32::from(character),
        0xad | 0x34f
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

fn shown(character: char) -> Option<char> {
    match character {
        '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        other => Some(other).filter(|other| !is_terminal_control(*other)),
    }
}

#[cfg(test)]
mod tests {
    use super::{one_line, thousands, without_byte_order_mark};

    #[test]
    fn a_byte_order_mark_is_no_text() {
        let utf_16 = |to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let units = "\u{feff}key\r\n".encode_utf16();
            units.flat_map(to_bytes).collect()
        };
        for bytes in [
            b"key\r\n".to_vec(),
            b"\xef\xbb\xbfkey\r\n".to_vec(),
            utf_16(u16::to_le_bytes),
            utf_16(u16::to_be_bytes),
        ] {
            assert_eq!(without_byte_order_mark(bytes), b"key\r\n");
        }
    }

    #[test]
    fn numbers_are_written_in_thousands() {
        let written = [0, 999, 1_000, 10_000, 1_234_567].map(thousands);
        assert_eq!(written, ["0", "999", "1,000", "10,000", "1,234,567"]);
    }

    #[test]
    fn a_text_becomes_one_bounded_line() {
        assert_eq!(one_line("  a\r\n\tb\u{1b}[31mc\u{202e} ", 100), "a b[31mc");
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde…");
        assert_eq!(one_line("äöüß", 3), "äö…");
    }
}
