//! The one door of the HTML report: what was compiled in is markup, everything else is text.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

use crate::support::{is_terminal_control, one_line};

/// Writes a piece of a page, in a function that returns an `io::Result`: a `"literal"` and a `[constant]`
/// are markup, a `(value)` is text, and what stands in braces behind `if (..)` or `for .. in (..)` is
/// written where the condition holds, or for each.
macro_rules! html {
    (@ $out:expr;) => {};
    (@ $out:expr; if ($condition:expr) { $($then:tt)* } $($rest:tt)*) => {
        if $condition { html!(@ $out; $($then)*); }
        html!(@ $out; $($rest)*);
    };
    (@ $out:expr; for $each:pat in ($all:expr) { $($body:tt)* } $($rest:tt)*) => {
        for $each in $all { html!(@ $out; $($body)*); }
        html!(@ $out; $($rest)*);
    };
    (@ $out:expr; ($text:expr) $($rest:tt)*) => { $out.text($text)?; html!(@ $out; $($rest)*); };
    (@ $out:expr; [$markup:expr] $($rest:tt)*) => { $out.markup($markup)?; html!(@ $out; $($rest)*); };
    (@ $out:expr; $markup:literal $($rest:tt)*) => { $out.markup($markup)?; html!(@ $out; $($rest)*); };
    ($out:expr, $($pieces:tt)*) => {{ html!(@ $out; $($pieces)*); }};
}
pub(super) use html;

/// Where a page is written. There are only these two ways, so no cell can become an element.
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
    pub(super) fn text(&mut self, text: impl Display) -> io::Result<()> {
        let mut escaped = Escaped(self.file, Ok(()));
        let written = write!(escaped, "{text}");
        escaped.1.and(written.map_err(io::Error::other))
    }
}

/// A writer that escapes, and what went wrong when it wrote.
struct Escaped<'a>(&'a mut dyn Write, io::Result<()>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.1 = text
            .split_inclusive(|character| entity(character).is_some())
            .try_for_each(|part| {
                let special = part.char_indices().next_back();
                let special = special.and_then(|(at, character)| Some((at, entity(character)?)));
                let (plain, entity) = special.unwrap_or((part.len(), ""));
                self.0.write_all(&part.as_bytes()[..plain])?;
                self.0.write_all(entity.as_bytes())
            });
        self.1.as_ref().map_or(Err(fmt::Error), |()| Ok(()))
    }
}

/// What is written for a character that a browser or a terminal would obey.
fn entity(character: char) -> Option<&'static str> {
    Some(match character {
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
    })
}

/// A cell: one line of at most `limit` characters. Direction marks and control characters are not
/// dropped but shown as `\u{fffd}`: an address that hides one is not the address it seems.
pub(super) fn cell(text: &str, limit: usize) -> String {
    let visible = |character: char| match character {
        '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        other if is_terminal_control(other) => '\u{fffd}',
        other => other,
    };
    let text: String = text.chars().map(visible).collect();
    one_line(&text, limit)
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
    fn a_page_has_no_third_way_for_what_was_read() {
        let page = |file: &mut dyn Write| -> io::Result<()> {
            let mut out = Markup::new(file);
            html! { out, "<p class=" ("a>b") ">" [crate::report::HTML_REPORT_START] (7_u64) }
            Ok(())
        };
        let mut file = Vec::new();
        page(&mut file).unwrap();
        let start = crate::report::HTML_REPORT_START;
        let expected = format!("<p class=a&gt;b>{start}7");
        assert_eq!(String::from_utf8(file).unwrap(), expected);
        let full = page(&mut &mut [0; 12][..]).unwrap_err();
        assert_eq!(
            full.kind(),
            io::ErrorKind::WriteZero,
            "errors are those of the file"
        );
    }

    #[test]
    fn a_cell_is_one_bounded_line_that_hides_nothing() {
        assert_eq!(cell(" a\r\n\tb\u{2028}c ", 100), "a b c");
        assert_eq!(cell("ana\u{202e}moc", 100), "ana\u{fffd}moc");
        assert_eq!(cell("abcdefg", 6), "abcde…");
    }
}
