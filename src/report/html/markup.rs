use std::io::{self, Write};

use crate::support::{is_terminal_control, one_line};

/// The one door of the HTML report: markup is what was compiled in, everything else is text and
/// escaped. There is no third way, so no cell can become an element.
pub(super) struct Markup<'a> {
    file: &'a mut dyn Write,
}

impl<'a> Markup<'a> {
    pub(super) fn new(file: &'a mut dyn Write) -> Self {
        Self { file }
    }

    /// Writes markup of our own; what was read at run time does not live long enough.
    pub(super) fn markup(&mut self, markup: &'static str) -> io::Result<()> {
        self.file.write_all(markup.as_bytes())
    }

    /// Writes a text, harmless as an element's content and as a quoted attribute.
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some((at, entity)) = first_special(rest) {
            self.file.write_all(&rest.as_bytes()[..at])?;
            self.file.write_all(entity.as_bytes())?;
            let length = rest[at..].chars().next().map_or(0, char::len_utf8);
            rest = &rest[at + length..];
        }
        self.file.write_all(rest.as_bytes())
    }

    /// Writes a cell: one bounded line, in which what would steer a line is shown as such.
    pub(super) fn cell(&mut self, text: &str, limit: usize) -> io::Result<()> {
        self.text(&shown(text, limit))
    }

    /// Writes a number as machines read it.
    pub(super) fn number(&mut self, number: u64) -> io::Result<()> {
        write!(self.file, "{number}")
    }

    /// Writes a number as people read it: `10,000`.
    pub(super) fn count(&mut self, number: u64) -> io::Result<()> {
        self.file.write_all(thousands(number).as_bytes())
    }
}

/// A text as one line of at most `limit` characters. Direction marks and control characters are
/// not dropped but shown as `\u{fffd}`: an address that hides one is not the address it seems.
pub(super) fn shown(text: &str, limit: usize) -> String {
    let visible = |character: char| match character {
        '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        other if is_terminal_control(other) => '\u{fffd}',
        other => other,
    };
    let text: String = text.chars().map(visible).collect();
    one_line(&text, limit)
}

/// The number with a comma between thousands.
pub(super) fn thousands(number: u64) -> String {
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

fn first_special(text: &str) -> Option<(usize, &'static str)> {
    text.char_indices().find_map(|(at, character)| {
        let entity = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&#39;",
            // A backtick was once a quote to a browser, and costs nothing to escape.
            '`' => "&#96;",
            '\n' => "\n",
            other if is_terminal_control(other) => "\u{fffd}",
            _ => return None,
        };
        Some((at, entity))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut file = Vec::new();
        Markup::new(&mut file).text(text).unwrap();
        String::from_utf8(file).unwrap()
    }

    #[test]
    fn a_text_can_leave_neither_an_element_nor_an_attribute() {
        assert_eq!(
            written("</script><b a=\"x\" b='y' c=`z`>&amp;"),
            "&lt;/script&gt;&lt;b a=&quot;x&quot; b=&#39;y&#39; c=&#96;z&#96;&gt;&amp;amp;"
        );
        assert_eq!(written("Zoë 東京 — 🏠"), "Zoë 東京 — 🏠");
        assert_eq!(
            written("a\u{2028}b\u{202e}c\u{1b}d\u{0}e"),
            "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e"
        );
    }

    #[test]
    fn a_cell_is_one_bounded_line_that_hides_nothing() {
        assert_eq!(shown(" a\r\n\tb\u{2028}c ", 100), "a b c");
        assert_eq!(shown("ana\u{202e}moc", 100), "ana\u{fffd}moc");
        assert_eq!(shown("abcdefg", 6), "abcde…");
    }

    #[test]
    fn numbers_are_told_in_thousands() {
        let told = [0, 999, 1_000, 10_000, 1_234_567].map(thousands);
        assert_eq!(told, ["0", "999", "1,000", "10,000", "1,234,567"]);
    }
}
