//! JSON as WCF writes it: `/` escaped, dates as `\/Date(ms)\/`, names in one letter case.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use crate::sandbox::settings::answer_style::{DateStyle, Names};

/// What an unset non-nullable date becomes: 1 January of the year 1, in Unix milliseconds. (W)
const MINIMUM_DATE: i64 = -62_135_596_800_000;

/// The text of a value whose names are in PascalCase.
pub fn write(value: &impl Serialize, names: Names) -> Vec<u8> {
    let wcf = Wcf {
        names,
        is_name: false,
    };
    let mut text = Vec::with_capacity(1024);
    let mut serializer = Serializer::with_formatter(&mut text, wcf);
    let written = value.serialize(&mut serializer);
    written.expect("a vector takes any bytes");
    text
}

struct Wcf {
    names: Names,
    /// Whether what is written next is the beginning of a name.
    is_name: bool,
}

impl Formatter for Wcf {
    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.is_name = true;
        out.write_all(if first { b"" } else { b"," })
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        let mut text = text;
        if std::mem::take(&mut self.is_name) && self.names == Names::Camel {
            let (first, rest) = text.split_at(1);
            out.write_all(first.to_ascii_lowercase().as_bytes())?;
            text = rest;
        }
        for (number, part) in text.split('/').enumerate() {
            out.write_all(if number == 0 { b"" } else { b"\\/" })?;
            out.write_all(part.as_bytes())?;
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let code = match escape {
            CharEscape::Quote => return out.write_all(b"\\\""),
            CharEscape::ReverseSolidus => return out.write_all(b"\\\\"),
            CharEscape::Solidus => return out.write_all(b"\\/"),
            CharEscape::Backspace => 0x08,
            CharEscape::Tab => 0x09,
            CharEscape::LineFeed => 0x0a,
            CharEscape::FormFeed => 0x0c,
            CharEscape::CarriageReturn => 0x0d,
            CharEscape::AsciiControl(code) => code,
        };
        write!(out, "\\u{code:04x}")
    }
}

/// A date in Unix milliseconds, by the date style. An unset one is null, or the minimum date in
/// the styles that write it.
pub fn date(milliseconds: Option<i64>, style: DateStyle) -> Option<String> {
    let (milliseconds, offset) = match style {
        DateStyle::Utc => (milliseconds, ""),
        DateStyle::Offset => (milliseconds, "-0500"),
        DateStyle::Minimum => (Some(MINIMUM_DATE), ""),
        DateStyle::MinimumOffset => (Some(MINIMUM_DATE), "-0500"),
    };
    milliseconds.map(|milliseconds| format!("/Date({milliseconds}{offset})/"))
}

/// Reads a date as WCF does, `/Date(ms)/` or `/Date(ms+hhmm)/` whose offset is ignored, or as ISO
/// 8601; without an offset it is UTC. Gives Unix milliseconds.
pub fn read_date(text: &str) -> Option<i64> {
    if let Some(inner) = text.strip_prefix("/Date(") {
        let inner = inner.strip_suffix(")/")?;
        let sign = usize::from(inner.starts_with('-'));
        let end = inner[sign..]
            .find(['+', '-'])
            .map_or(inner.len(), |at| at + sign);
        return inner[..end].parse().ok();
    }
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    let local: jiff::civil::DateTime = text.parse().ok()?;
    Some(
        jiff::tz::Offset::UTC
            .to_timestamp(local)
            .ok()?
            .as_millisecond(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_are_escaped_and_names_follow_the_case() {
        let value = serde_json::json!({
            "Message": "a/b \"c\"\n",
            "CreatedOn": date(Some(5), DateStyle::Offset),
            "Details": [1, null, "Up"],
        });
        let text = String::from_utf8(write(&value, Names::Camel)).expect("UTF-8");
        let wanted = r#"{"message":"a\/b \"c\"\u000a","createdOn":"\/Date(5-0500)\/","details":[1,null,"Up"]}"#;
        assert_eq!(text, wanted);
    }

    #[test]
    fn dates_are_read_in_both_forms() {
        assert_eq!(read_date("/Date(1735689600000)/"), Some(1_735_689_600_000));
        assert_eq!(
            read_date("/Date(1735689600000-0500)/"),
            Some(1_735_689_600_000)
        );
        assert_eq!(read_date("/Date(-5)/"), Some(-5));
        assert_eq!(read_date("2025-01-01T00:00:00Z"), Some(1_735_689_600_000));
        assert_eq!(read_date("2025-01-01"), Some(1_735_689_600_000));
        assert_eq!(read_date("tomorrow"), None);
        assert_eq!(read_date("/Date(x)/"), None);
    }
}
