//! Texts that a table's cells may hold.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What has a meaning of its own to some format on the way.
const SPECIAL: [&str; 36] = [
    ",", ";", "\t", "\r", "\n", "\r\n", "\"", "\"\"", "'", "=", "+", "-", "@", " ", "  ", "\u{a0}",
    "\u{feff}", "\u{2028}", "\u{85}", "é", "日本", "😀", "\\", "\\u0041", "{", "}", "[", "]", ":",
    "null", "0", "a", "A1", "title", "\u{202e}", "\u{1}",
];

/// Any text that a cell may hold.
pub fn any_text() -> BoxedStrategy<String> {
    let character = any::<char>().prop_filter("no cell holds it", |c| !"\0\u{fffd}".contains(*c));
    let piece = prop_oneof![
        6 => select(&SPECIAL[..]).prop_map(str::to_owned),
        2 => "[a-z0-9]{1,4}",
        1 => character.prop_map(String::from),
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat()).boxed()
}

/// A text that is something, on one line.
pub fn line_text() -> BoxedStrategy<String> {
    let text = any_text().prop_map(|text| text.chars().filter(|c| !c.is_control()).collect());
    (text, "[a-z0-9]")
        .prop_map(|(text, letter): (String, String)| format!("{}{letter}", text.trim()))
        .boxed()
}

/// The text with white space around it that counts for nothing.
pub fn padded(text: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let space = || select(&["", "", "", " ", "\t", "\u{a0}"][..]);
    (space(), text, space())
        .prop_map(|(before, text, after)| format!("{before}{text}{after}"))
        .boxed()
}

/// The name in any case.
pub fn any_case(name: &'static str) -> BoxedStrategy<String> {
    let other_case = |c: char| match c.is_lowercase() {
        true => c.to_ascii_uppercase(),
        false => c.to_ascii_lowercase(),
    };
    let mixed = any::<u32>().prop_map(move |mask| {
        let letters = name.chars().enumerate();
        letters
            .map(|(index, c)| match mask >> (index % 32) & 1 {
                1 => other_case(c),
                _ => c,
            })
            .collect()
    });
    prop_oneof![3 => Just(name.to_owned()), 1 => mixed].boxed()
}
