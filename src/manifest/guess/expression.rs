//! How a mapping file writes a cell's name, a template and a text.

use std::fmt::Write;

use super::header_words::NameOrder;
use super::name_cells::NameForm;
use crate::support::is_terminal_control;

/// Names that mean something else in a template.
const RESERVED: [&str; 23] = [
    "and",
    "debug",
    "dict",
    "elif",
    "else",
    "endif",
    "false",
    "False",
    "if",
    "in",
    "is",
    "loop",
    "namespace",
    "none",
    "None",
    "not",
    "or",
    "range",
    "row",
    "self",
    "true",
    "True",
    "words",
];

/// A column's cell in a template: `Name`, or `row["E-Mail"]` where the header is no plain name.
pub(super) fn cell(header: &str) -> String {
    let mut letters = header.chars();
    let is_name = letters
        .next()
        .is_some_and(|first| is_letter(first) || first == '_')
        && letters.all(|next| is_letter(next) || next.is_ascii_digit() || next == '_');
    match is_name && !RESERVED.contains(&header) {
        true => header.to_owned(),
        false => format!("row[{}]", quoted(header)),
    }
}

/// Those of which no two readers think differently.
fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphabetic() || matches!(letter, 'À'..='ɏ') && !matches!(letter, '×' | '÷')
}

/// A text in double quotes as TOML has it, on one line.
fn basic_text(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        let _ = match letter {
            '"' | '\\' => write!(quoted, "\\{letter}"),
            '\n' => write!(quoted, "\\n"),
            '\r' => write!(quoted, "\\r"),
            '\t' => write!(quoted, "\\t"),
            other if is_terminal_control(other) => write!(quoted, "\\u{:04x}", u32::from(other)),
            other => write!(quoted, "{other}"),
        };
    }
    quoted.push('"');
    quoted
}

/// A text as TOML has it. A template has quotes of its own, so it stands in single ones where it can:
/// nothing is escaped in them.
pub(super) fn toml_text(text: &str) -> String {
    let is_bare = !text.contains(|c: char| c == '\'' || is_terminal_control(c));
    match text.contains('{') && is_bare {
        true => format!("'{text}'"),
        false => basic_text(text),
    }
}

/// A constant of a mapping file: what looks like a template in it is none.
pub(super) fn constant(text: &str) -> String {
    match ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
        true => format!("{{{{ {} }}}}", quoted(text)),
        false => text.to_owned(),
    }
}

/// A text in double quotes as a template has it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

/// A key as TOML has it.
pub(super) fn toml_key(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match !key.is_empty() && key.chars().all(is_bare) {
        true => key.to_owned(),
        false => basic_text(key),
    }
}

/// A template of one cell.
pub(super) fn template(header: &str) -> String {
    format!("{{{{ {} }}}}", cell(header))
}

/// A template of an address; where some stand in brackets behind a name, of what is in them.
pub(super) fn address(header: &str, is_in_brackets: bool) -> String {
    match is_in_brackets {
        true => format!(
            r#"{{{{ {} | split("<") | last | trim("> ") }}}}"#,
            cell(header)
        ),
        false => template(header),
    }
}

/// Templates of the first and the last name in a column of whole names.
pub(super) fn name_parts(header: &str, form: NameForm, order: NameOrder) -> (String, String) {
    let cell = cell(header);
    let words = |range: &str| {
        format!(r#"{{% set words = {cell} | split %}}{{{{ words[{range}] | join(" ") }}}}"#)
    };
    let around = |part: &str| format!(r#"{{{{ {cell} | split(",", 1) | {part} | trim }}}}"#);
    let (first, last) = match (order, form == NameForm::Salutation) {
        (NameOrder::LastWord, false) => (words(":-1"), words("-1:")),
        (NameOrder::LastWord, true) => (words("1:-1"), words("1:][-1:")),
        (NameOrder::LastNameFirst, false) => (words("1:"), words(":1")),
        (NameOrder::LastNameFirst, true) => (words("2:"), words("1:2")),
        (NameOrder::FirstWord, false) => (words(":1"), words("1:")),
        (NameOrder::FirstWord, true) => (words("1:2"), words("2:")),
    };
    let (first_behind, last_before) = (around("last"), around("first"));
    let chosen = |with_comma: String, without: String| match form {
        NameForm::Comma => with_comma,
        NameForm::Words | NameForm::Salutation => without,
        NameForm::Mixed => {
            format!(r#"{{% if "," in {cell} %}}{with_comma}{{% else %}}{without}{{% endif %}}"#)
        }
    };
    (chosen(first_behind, first), chosen(last_before, last))
}
