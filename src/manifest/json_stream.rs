//! A JSON text as it streams by, record by record, each within bounds.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use serde::Deserializer;
use serde::de::{Error as _, SeqAccess, Visitor};

use super::json_record_value::RecordValue;
use super::{Format, InputFile, ManifestError};

/// A record has at most this many bytes: beyond that, nothing needs to be kept.
const RECORD_BYTES: u64 = 4 << 20;

/// How the text of a broken place ends that is not UTF-8.
pub(super) const NOT_UTF8: &str = "is not UTF-8 text";

/// What a JSON text holds, item by item.
pub(super) enum JsonItem {
    /// A record, with its number.
    Record(u64, RecordValue),
    /// A place that can't be read, in the record of this number if in any.
    Broken(Option<u64>, String),
}

/// Reads the text of a manifest and gives its items to `take`, one at a time. Says how many records
/// there are, and whether the text is known to be whole.
pub(super) fn read_items<E: From<ManifestError>>(
    manifest: &InputFile,
    text: impl Read,
    take: &mut dyn FnMut(JsonItem) -> Result<(), E>,
) -> Result<(u64, bool), E> {
    match manifest.format() {
        Format::JsonLines => read_lines(manifest, BufReader::new(text), take),
        // The closing bracket shows that nothing is missing.
        _ => read_array(manifest, text, take).map(|count| (count, true)),
    }
}

/// Reads a JSON array. After the first place that can't be read there is nothing to go on from.
fn read_array<E: From<ManifestError>>(
    manifest: &InputFile,
    text: impl Read,
    take: &mut dyn FnMut(JsonItem) -> Result<(), E>,
) -> Result<u64, E> {
    let left = Rc::new(Cell::new(RECORD_BYTES));
    let bounded = Bounded {
        inner: text,
        left: Rc::clone(&left),
    };
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(bounded));
    let mut elements = Elements {
        take,
        left: &left,
        count: 0,
        has_begun: false,
        has_ended: false,
        refusal: None,
    };
    let read = json.deserialize_seq(&mut elements);
    let read = read.and_then(|()| json.end());
    let (count, has_begun, has_ended) = (elements.count, elements.has_begun, elements.has_ended);
    if let Some(refusal) = elements.refusal {
        return Err(refusal);
    }
    let Err(error) = read else {
        return Ok(count);
    };
    let place = format!("line {} column {}", error.line(), error.column());
    let what = if error.is_io() && left.get() == 0 {
        format!(
            "is longer than {} MiB; is a quote missing?",
            RECORD_BYTES >> 20
        )
    } else if error.is_io() {
        return Err(manifest.failed(error.into()).into());
    } else if has_ended {
        format!("{place}: there is more after the end of the array")
    } else if has_begun {
        format!("{place}: {}", describe(&error))
    } else if error.is_eof() {
        "the file is empty; it must hold a JSON array of records".into()
    } else {
        format!(
            "{place}: this is not a JSON array of records; if each line is a record, add --format jsonl"
        )
    };
    let record = (has_begun && !has_ended).then_some(count + 1);
    take(JsonItem::Broken(record, what))?;
    Ok(count)
}

/// Reads JSON records, one a line. Blank lines are none.
fn read_lines<E: From<ManifestError>>(
    manifest: &InputFile,
    mut text: impl BufRead,
    take: &mut dyn FnMut(JsonItem) -> Result<(), E>,
) -> Result<(u64, bool), E> {
    let mut line = Vec::new();
    let (mut line_number, mut count, mut is_ended) = (0, 0, true);
    loop {
        line.clear();
        let read = text
            .by_ref()
            .take(RECORD_BYTES)
            .read_until(b'\n', &mut line);
        if read.map_err(|error| manifest.failed(error))? == 0 {
            if count == 0 {
                let what = "the file is empty; it must hold JSON records, one a line";
                take(JsonItem::Broken(None, what.into()))?;
            }
            return Ok((count, is_ended));
        }
        line_number += 1;
        is_ended = line.ends_with(b"\n");
        if line.trim_ascii().is_empty() {
            continue;
        }
        count += 1;
        if !is_ended && line.len() as u64 == RECORD_BYTES {
            let mib = RECORD_BYTES >> 20;
            let what =
                format!("line {line_number}: is longer than {mib} MiB; is a line break missing?");
            take(JsonItem::Broken(Some(count), what))?;
            return Ok((count, true));
        }
        take(match serde_json::from_slice(&line) {
            Ok(element) => JsonItem::Record(count, element),
            Err(error) => {
                let (column, what) = (error.column(), describe(&error));
                let what = format!(
                    "line {line_number} column {column}: {what}{}",
                    hint(&error, &what)
                );
                JsonItem::Broken(Some(count), what)
            }
        })?;
    }
}

/// A parser's error without its place.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = match text
        .rsplit_once(" at line ")
        .map_or(&*text, |(what, _)| what)
    {
        // That is how the parser says it.
        "invalid unicode code point" => NOT_UTF8,
        what => what,
    };
    let cut = if error.is_eof() {
        "; was the file cut off?"
    } else {
        ""
    };
    format!("{what}{cut}")
}

/// What else an error in JSON lines may come of.
fn hint(error: &serde_json::Error, what: &str) -> &'static str {
    match what {
        _ if error.is_eof() => " If not, put each record on a line of its own",
        "trailing characters" => "; put each record on a line of its own",
        _ => "",
    }
}

/// The elements of an array on their way to `take`.
struct Elements<'a, E> {
    take: &'a mut dyn FnMut(JsonItem) -> Result<(), E>,
    left: &'a Cell<u64>,
    count: u64,
    has_begun: bool,
    has_ended: bool,
    refusal: Option<E>,
}

impl<'de, E> Visitor<'de> for &mut Elements<'_, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        self.has_begun = true;
        loop {
            self.left.set(RECORD_BYTES);
            let Some(element) = array.next_element::<RecordValue>()? else {
                self.has_ended = true;
                return Ok(());
            };
            self.count += 1;
            if let Err(refusal) = (self.take)(JsonItem::Record(self.count, element)) {
                self.refusal = Some(refusal);
                return Err(A::Error::custom("no more is wanted"));
            }
        }
    }
}

/// Ends a text before one record of it fills the memory.
struct Bounded<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other("the record is too long"));
        }
        let length = self.inner.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(length as u64));
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Items = Vec<String>;

    fn shown(item: JsonItem) -> String {
        match item {
            JsonItem::Record(number, RecordValue::Object(members)) => {
                let members = members.iter().map(|(name, raw)| format!("{name}={raw}"));
                format!("{number} {}", members.collect::<Vec<_>>().join(" "))
            }
            JsonItem::Record(number, RecordValue::Other(what)) => format!("{number} is {what}"),
            JsonItem::Broken(record, text) => format!("{record:?} {text}"),
        }
    }

    fn items(text: &[u8], format: Format) -> (Items, bool) {
        let manifest = InputFile::of_standard_input(text, format).unwrap();
        let mut items = Vec::new();
        let read = read_items(&manifest, text, &mut |item| {
            items.push(shown(item));
            Ok::<_, ManifestError>(())
        });
        let (_, is_ended) = read.unwrap();
        (items, is_ended)
    }

    fn array(text: &[u8]) -> Items {
        items(text, Format::Json).0
    }

    fn lines(text: &[u8]) -> (Items, bool) {
        items(text, Format::JsonLines)
    }

    #[test]
    fn elements_come_one_by_one_with_every_member_as_written() {
        let text = br#" [ {"a": 1e2, "b": [1, 2], "a": null}, 7, {} ] "#;
        assert_eq!(
            array(text),
            ["1 a=1e2 b=[1, 2] a=null", "2 is a number", "3 "]
        );
        assert_eq!(array(b"[]"), Items::new());
    }

    #[test]
    fn a_broken_array_is_reported_with_its_place() {
        for (text, expected) in [
            (
                &b"[{\"a\": 1},\n {\"a\" 2}]"[..],
                "Some(2) line 2 column 7: expected `:`",
            ),
            (
                b"[{\"a\": 1}",
                "Some(2) line 1 column 9: EOF while parsing a list; was the file cut off?",
            ),
            (
                b"[{\"a\": \"\xff\"}]",
                "Some(1) line 1 column 9: is not UTF-8 text",
            ),
            (
                b"[] []",
                "None line 1 column 4: there is more after the end of the array",
            ),
            (
                b" \n",
                "None the file is empty; it must hold a JSON array of records",
            ),
        ] {
            let items = array(text);
            assert_eq!(items.last().map(String::as_str), Some(expected));
        }
        assert!(array(b"{\"a\": 1}\n")[0].contains("add --format jsonl"));
        let endless = format!("[{{\"a\": \"{}", "x".repeat(6 << 20));
        assert_eq!(
            array(endless.as_bytes()),
            ["Some(1) is longer than 4 MiB; is a quote missing?"]
        );
    }

    #[test]
    fn lines_are_read_on_behind_a_broken_one() {
        let (items, is_ended) = lines(b"{\"a\": 1}\n\n{\"a\" 2}\r\n[1]\n{} {}\n{\"a\": ");
        assert_eq!(
            items,
            [
                "1 a=1",
                "Some(2) line 3 column 6: expected `:`",
                "3 is an array",
                "Some(4) line 5 column 4: trailing characters; put each record on a line of its own",
                "Some(5) line 6 column 6: EOF while parsing a value; was the file cut off? If not, put \
                 each record on a line of its own",
            ]
        );
        assert!(!is_ended);
        assert!(lines(b"{}\n").1);
        for empty in [&b""[..], b" \r\n\n"] {
            let (items, _) = lines(empty);
            assert!(items[0].contains("the file is empty"), "{items:?}");
        }
    }
}
