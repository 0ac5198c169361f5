//! JSON as WCF writes it: `/` escaped, dates as `\/Date(ms)\/`, names in one letter case.

use crate::sandbox::guid::Guid;
use crate::sandbox::settings::shape::{DateStyle, Names, Shape};

/// What an unset non-nullable date becomes: 1 January of the year 1, in Unix milliseconds. (W)
const MINIMUM_DATE: i64 = -62_135_596_800_000;

/// Writes one JSON value. Commas are its business; the nesting is the caller's.
pub(in crate::sandbox) struct JsonWriter {
    out: Vec<u8>,
    names: Names,
    dates: DateStyle,
    fresh: bool,
}

impl JsonWriter {
    pub(in crate::sandbox) fn new(shape: &Shape) -> Self {
        let out = Vec::with_capacity(1024);
        Self {
            out,
            names: shape.names,
            dates: shape.dates,
            fresh: true,
        }
    }

    pub(in crate::sandbox) fn finish(self) -> Vec<u8> {
        self.out
    }

    pub(in crate::sandbox) fn open(&mut self, bracket: u8) {
        self.separate();
        self.out.push(bracket);
        self.fresh = true;
    }

    pub(in crate::sandbox) fn close(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.fresh = false;
    }

    /// A member's name, given in PascalCase; its value must follow.
    pub(in crate::sandbox) fn name(&mut self, name: &str) -> &mut Self {
        self.separate();
        self.out.push(b'"');
        let start = self.out.len();
        self.out.extend_from_slice(name.as_bytes());
        if self.names == Names::Camel {
            self.out[start].make_ascii_lowercase();
        }
        self.out.extend_from_slice(b"\":");
        self.fresh = true;
        self
    }

    pub(in crate::sandbox) fn string(&mut self, text: &str) {
        self.separate();
        self.out.push(b'"');
        self.escaped(text);
        self.out.push(b'"');
    }

    pub(in crate::sandbox) fn guid(&mut self, id: Guid) {
        use std::io::Write as _;
        self.separate();
        write!(self.out, "\"{id}\"").expect("a vector takes any bytes");
    }

    pub(in crate::sandbox) fn number(&mut self, number: i64) {
        use std::io::Write as _;
        self.separate();
        write!(self.out, "{number}").expect("a vector takes any bytes");
    }

    pub(in crate::sandbox) fn boolean(&mut self, value: bool) {
        self.literal(if value { "true" } else { "false" });
    }

    pub(in crate::sandbox) fn null(&mut self) {
        self.literal("null");
    }

    pub(in crate::sandbox) fn optional_string(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.null(),
        }
    }

    /// A date in Unix milliseconds, by the date style.
    pub(in crate::sandbox) fn date(&mut self, milliseconds: i64) {
        use std::io::Write as _;
        let (milliseconds, offset) = match self.dates {
            DateStyle::Utc => (milliseconds, ""),
            DateStyle::Offset => (milliseconds, "-0500"),
            DateStyle::Minimum => (MINIMUM_DATE, ""),
            DateStyle::MinimumOffset => (MINIMUM_DATE, "-0500"),
        };
        self.separate();
        write!(self.out, "\"\\/Date({milliseconds}{offset})\\/\"")
            .expect("a vector takes any bytes");
    }

    /// A date that may be unset: null, or the minimum date in the styles that write it.
    pub(in crate::sandbox) fn optional_date(&mut self, milliseconds: Option<i64>) {
        match (milliseconds, self.dates) {
            (None, DateStyle::Utc | DateStyle::Offset) => self.null(),
            (milliseconds, _) => self.date(milliseconds.unwrap_or(MINIMUM_DATE)),
        }
    }

    fn literal(&mut self, text: &str) {
        self.separate();
        self.out.extend_from_slice(text.as_bytes());
    }

    fn separate(&mut self) {
        if !self.fresh {
            self.out.push(b',');
        }
        self.fresh = false;
    }

    fn escaped(&mut self, text: &str) {
        use std::io::Write as _;
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' | b'/' => self.out.extend_from_slice(&[b'\\', byte]),
                0..0x20 => {
                    write!(self.out, "\\u{byte:04x}").expect("a vector takes any bytes");
                }
                _ => self.out.push(byte),
            }
        }
    }
}

/// Reads a date as WCF does, `/Date(ms)/` or `/Date(ms+hhmm)/` whose offset is ignored, or as ISO
/// 8601; without an offset it is UTC. Gives Unix milliseconds.
pub(in crate::sandbox) fn read_date(text: &str) -> Option<i64> {
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
        let shape = Shape {
            names: Names::Camel,
            dates: DateStyle::Offset,
            ..Shape::default()
        };
        let mut json = JsonWriter::new(&shape);
        json.open(b'{');
        json.name("Message").string("a/b \"c\"\n");
        json.name("CreatedOn").date(5);
        json.name("Details").open(b'[');
        json.number(1);
        json.null();
        json.close(b']');
        json.close(b'}');
        let text = String::from_utf8(json.finish()).expect("UTF-8");
        let wanted =
            r#"{"message":"a\/b \"c\"\u000a","createdOn":"\/Date(5-0500)\/","details":[1,null]}"#;
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
