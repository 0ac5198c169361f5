//! The value of a JSON member as the text of a cell.

use serde_json::value::RawValue;

use super::row::text_problem;

/// The text of a value that the parser found to be well formed: nothing for null, a text, a number or
/// boolean as it is written, so that no digit is lost, and an array or object, where the cell may hold
/// one, as compact JSON.
///
/// # Errors
/// What no cell may hold. Finishes the sentence "MEMBER: ...".
pub(super) fn cell_text(raw: &RawValue, takes_nested: bool) -> Result<String, String> {
    let json = raw.get();
    let scalar = |what| format!("is {what}; it must be text, a number, true or false");
    let half = "contains half of a character (a \\u escape without its pair)";
    let text = match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map_err(|_| half)?,
        Some(b'n') => String::new(),
        Some(b'[' | b'{') if takes_nested => compact(json),
        Some(b'[') => return Err(scalar("an array")),
        Some(b'{') => return Err(scalar("an object")),
        _ => json.to_owned(),
    };
    text_problem(&text).map_or(Ok(text), Err)
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

    fn read(json: &str) -> Result<String, String> {
        cell_text(&serde_json::from_str::<Box<RawValue>>(json).unwrap(), true)
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
            assert_eq!(read(json), Ok(kept.into()));
        }
        let nested = read(r#"{ "b" : [ 1.0 , "x \" y" ], "a": { }, "a": "\\" }"#);
        let kept = r#"{"b":[1.0,"x \" y"],"a":{},"a":"\\"}"#;
        assert_eq!(nested, Ok(kept.into()));
        assert_eq!(read("null"), Ok(String::new()));
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
