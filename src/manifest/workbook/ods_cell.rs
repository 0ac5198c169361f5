//! A cell of an `.ods` workbook: what it holds, and how that is shown.

use quick_xml::events::{BytesStart, Event};

use super::archive::damaged;
use super::cell_text::{boolean, iso_date, iso_duration, number};
use super::ods_xml::{Xml, attribute};
use super::sheet_source::CellValue;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OdsCell {
    Text(String),
    Error(String),
    NoValue,
}

impl OdsCell {
    /// Reads a cell to its end.
    ///
    /// # Errors
    /// When it is not as it must be.
    pub(super) fn read(element: &BytesStart<'_>, xml: &mut Xml<'_>) -> Result<Self, String> {
        let value_of = |name| attribute(element, name);
        let kind = value_of("office:value-type")?;
        let is_error = value_of("calcext:value-type")?.is_some_and(|kind| kind == "error");
        let has_formula = value_of("table:formula")?.is_some();
        let stored = match kind.as_deref() {
            Some("float" | "percentage" | "currency") => value_of("office:value")?,
            Some("date") => value_of("office:date-value")?,
            Some("time") => value_of("office:time-value")?,
            Some("boolean") => value_of("office:boolean-value")?,
            Some("string") => value_of("office:string-value")?,
            _ => None,
        };
        let shown = shown_text(xml)?;
        if is_error || has_formula && is_error_text(&shown) {
            return Ok(Self::Error(shown));
        }
        Ok(match (kind.as_deref(), stored) {
            (Some("float" | "percentage" | "currency"), Some(stored)) => {
                Self::Text(number_as_shown(&stored, &shown)?)
            }
            (Some("date"), Some(stored)) => Self::Text(iso_date(&stored)),
            (Some("time"), Some(stored)) => Self::Text(iso_duration(&stored)),
            (Some("boolean"), Some(stored)) => Self::Text(boolean(stored == "true").into()),
            (Some("string"), Some(stored)) => Self::Text(stored),
            (None | Some("void"), _) if has_formula => Self::NoValue,
            _ => Self::Text(shown),
        })
    }

    /// Whether it holds nothing.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// What it holds.
    pub(super) fn value(&self) -> CellValue<'_> {
        match self {
            Self::Text(text) => CellValue::Text(text),
            Self::Error(text) => CellValue::Error(text),
            Self::NoValue => CellValue::NoValue,
        }
    }
}

/// A number as it is stored, with the zeros with which it is shown.
fn number_as_shown(stored: &str, shown: &str) -> Result<String, String> {
    let value: f64 = stored.parse().map_err(damaged)?;
    let is_digits = shown.bytes().all(|byte| byte.is_ascii_digit());
    let plain = number(value, 0);
    let zeros = match is_digits && shown.trim_start_matches('0') == plain.trim_start_matches('0') {
        true => shown.len(),
        false => 0,
    };
    Ok(number(value, zeros))
}

/// What a formula shows that has no value.
fn is_error_text(shown: &str) -> bool {
    const ERRORS: [&str; 7] = [
        "#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!",
    ];
    ERRORS.contains(&shown) || shown.starts_with("Err:") && shown.len() <= 8
}

/// The text of a cell up to its end: its paragraphs, without notes and pictures.
fn shown_text(xml: &mut Xml<'_>) -> Result<String, String> {
    let mut buffer = Vec::new();
    let mut text = String::new();
    let (mut paragraphs, mut depth, mut skipped) = (0, 0, 0);
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(damaged)? {
            Event::Start(_) if skipped > 0 => skipped += 1,
            Event::End(_) if skipped > 0 => skipped -= 1,
            Event::Start(element) => match element.name().as_ref() {
                "text:p" if depth == 0 => {
                    text.extend((paragraphs > 0).then_some('\n'));
                    paragraphs += 1;
                    depth = 1;
                }
                "office:annotation" | "text:note" | "text:ruby-text" => skipped = 1,
                _ if depth == 0 => skipped = 1,
                name => {
                    depth += 1;
                    push_space(name, &element, &mut text)?;
                }
            },
            Event::End(_) if depth > 0 => depth -= 1,
            Event::End(_) => return Ok(text),
            Event::Eof => return Err(damaged("its text ends within a cell")),
            _ if depth == 0 || skipped > 0 => {}
            Event::Text(part) => push_text(&part.xml10_content(), &mut text),
            Event::CData(part) => push_text(&part.xml10_content(), &mut text),
            Event::GeneralRef(part) => {
                let name = part.xml10_content();
                match quick_xml::escape::resolve_predefined_entity(&name) {
                    Some(character) => text.push_str(character),
                    None => text.extend(part.resolve_char_ref().map_err(damaged)?),
                }
            }
            _ => {}
        }
    }
}

/// What elements stand for that are spaces.
fn push_space(name: &str, element: &BytesStart<'_>, text: &mut String) -> Result<(), String> {
    match name {
        "text:s" => {
            let count = attribute(element, "text:c")?.and_then(|count| count.parse().ok());
            let count: usize = count.unwrap_or(1);
            text.extend(std::iter::repeat_n(' ', count.min(10_000)));
        }
        "text:tab" => text.push('\t'),
        "text:line-break" => text.push('\n'),
        _ => {}
    }
    Ok(())
}

/// Spaces and line breaks of the XML are one space.
fn push_text(part: &str, text: &mut String) {
    for c in part.chars() {
        let is_space = matches!(c, ' ' | '\t' | '\n' | '\r');
        if !is_space {
            text.push(c);
        } else if !text.is_empty() && !text.ends_with([' ', '\n']) {
            text.push(' ');
        }
    }
}
