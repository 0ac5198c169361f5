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

/// The line with its indentation, and nothing in it that could steer a terminal.
pub fn one_line_indented(text: &str) -> String {
    text.chars().filter_map(shown).collect()
}

/// A count with its noun: `1 row`, `2 rows`.
pub fn counted(count: u64, noun: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{end}")
}

/// Whether the character does something to a terminal or a line instead of being shown.
pub fn steers(character: char) -> bool {
    match character {
        '\u{2028}' | '\u{2029}' => true,
        // Direction marks can make a terminal or spreadsheet show another text than is there.
        '\u{61c}' | '\u{200e}' | '\u{200f}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        other => other.is_control(),
    }
}

fn shown(character: char) -> Option<char> {
    match character {
        '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        other => Some(other).filter(|other| !steers(*other)),
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_text_becomes_one_bounded_line() {
        assert_eq!(one_line("  a\r\n\tb\u{1b}[31mc\u{202e} ", 100), "a b[31mc");
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde…");
        assert_eq!(one_line("äöüß", 3), "äö…");
    }
}
