use serde_json::value::RawValue;

use super::row::text_problem;

/// A member's value, as a cell would hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// The same as no member.
    Null,
    /// A text, or a number or boolean as it is written: no digit is lost.
    Scalar(String),
    /// An array or object as compact JSON text.
    Nested(String),
}

impl Value {
    /// Reads a value that the parser found to be well formed.
    ///
    /// # Errors
    /// What no cell may hold. Finishes the sentence "MEMBER: ...".
    pub(super) fn read(raw: &RawValue) -> Result<Self, String> {
        let json = raw.get();
        let value = match json.as_bytes().first() {
            Some(b'"') => Self::Scalar(text(json)?),
            Some(b'[' | b'{') => Self::Nested(compact(json)),
            Some(b'n') => Self::Null,
            _ => Self::Scalar(json.to_owned()),
        };
        let problem = match &value {
            Self::Scalar(text) | Self::Nested(text) => text_problem(text),
            Self::Null => None,
        };
        problem.map_or(Ok(value), Err)
    }
}

fn text(json: &str) -> Result<String, String> {
    serde_json::from_str(json)
        .map_err(|_| "holds half of a character (a \\u escape without its pair)".into())
}

/// The JSON text without the white space between its tokens. The text and not its value is
/// kept: numbers, order and equal keys stay as they were written.
fn compact(json: &str) -> String {
    let mut kept = String::with_capacity(json.len());
    let (mut is_in_text, mut is_escaped) = (false, false);
    for character in json.chars() {
        if is_in_text || !character.is_ascii_whitespace() {
            kept.push(character);
        }
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_in_text = !is_in_text,
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Value, String> {
        Value::read(&serde_json::from_str::<Box<RawValue>>(json).unwrap())
    }

    #[test]
    fn values_keep_what_was_written() {
        for (json, kept) in [
            ("12345678901234567890123", "12345678901234567890123"),
            ("1.50", "1.50"),
            ("-0", "-0"),
            ("true", "true"),
            (r#""a\n\u00e9\ud83d\ude00""#, "a\né😀"),
        ] {
            assert_eq!(read(json), Ok(Value::Scalar(kept.into())));
        }
        let nested = read(r#"{ "b" : [ 1.0 , "x \" y" ], "a": { }, "a": "\\" }"#);
        let kept = r#"{"b":[1.0,"x \" y"],"a":{},"a":"\\"}"#;
        assert_eq!(nested, Ok(Value::Nested(kept.into())));
        assert_eq!(read("null"), Ok(Value::Null));
    }

    #[test]
    fn what_no_cell_may_hold_is_refused() {
        for json in [r#""a\u0000""#, r#""\ufffd""#, r#""\ud83d""#] {
            assert!(read(json).is_err(), "{json}");
        }
        assert!(read(&format!("\"{}\"", "ä".repeat(10_000))).is_ok());
        assert!(read(&format!("\"{}\"", "ä".repeat(10_001))).is_err());
    }
}
