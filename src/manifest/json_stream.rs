use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::json_element::Element;

/// A record has at most this many bytes: beyond that, nothing needs to be kept.
const RECORD_BYTES: u64 = 4 << 20;

/// What a JSON text holds, piece by piece.
pub(super) enum Piece {
    /// A record, with its number.
    Record(u64, Element),
    /// A place that can't be read, in the record of this number if in any.
    Broken(Option<u64>, String),
}

/// Why a stream ended early.
pub(super) enum Ended<E> {
    /// The text could not be fetched.
    Io(io::Error),
    /// Whoever takes the pieces wants no more.
    Refused(E),
}

/// Reads a JSON array and gives its elements to `take`, one at a time. After the first place
/// that can't be read there is nothing to go on from.
pub(super) fn read_array<E>(
    text: impl Read,
    take: &mut dyn FnMut(Piece) -> Result<(), E>,
) -> Result<u64, Ended<E>> {
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
    let read = json
        .deserialize_seq(&mut elements)
        .and_then(|()| json.end());
    let (count, has_begun, has_ended) = (elements.count, elements.has_begun, elements.has_ended);
    if let Some(refusal) = elements.refusal {
        return Err(Ended::Refused(refusal));
    }
    let Err(error) = read else {
        return Ok(count);
    };
    let record = (has_begun && !has_ended).then_some(count + 1);
    let what = if error.is_io() && left.get() == 0 {
        format!("has over {} MiB; is a quote missing?", RECORD_BYTES >> 20)
    } else if error.is_io() {
        return Err(Ended::Io(error.into()));
    } else if has_ended {
        format!("{}: more follows after the array's end", place(&error))
    } else if has_begun {
        told(&error, None)
    } else if error.is_eof() {
        "the file is empty; it must hold a JSON array of records".into()
    } else {
        format!(
            "{}: this is no JSON array of records; for one record a line say --format jsonl",
            place(&error)
        )
    };
    take(Piece::Broken(record, what)).map_err(Ended::Refused)?;
    Ok(count)
}

/// Reads JSON records, one a line, and gives them to `take`. Blank lines are none. Says too
/// whether the text ends with a line break.
pub(super) fn read_lines<E>(
    text: impl Read,
    take: &mut dyn FnMut(Piece) -> Result<(), E>,
) -> Result<(u64, bool), Ended<E>> {
    let mut text = BufReader::new(text);
    let mut line = Vec::new();
    let (mut line_number, mut count, mut is_ended) = (0, 0, true);
    loop {
        line.clear();
        let read = (&mut text).take(RECORD_BYTES).read_until(b'\n', &mut line);
        if read.map_err(Ended::Io)? == 0 {
            if count == 0 {
                let what = "the file is empty; it must hold JSON records, one a line";
                take(Piece::Broken(None, what.into())).map_err(Ended::Refused)?;
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
            let what = format!("line {line_number}: has over {mib} MiB; is a line break missing?");
            take(Piece::Broken(Some(count), what)).map_err(Ended::Refused)?;
            return Ok((count, true));
        }
        let mut json = serde_json::Deserializer::from_slice(&line);
        let element = Element::deserialize(&mut json);
        let element = element.and_then(|element| json.end().map(|()| element));
        let piece = match element {
            Ok(element) => Piece::Record(count, element),
            Err(error) => Piece::Broken(Some(count), told(&error, Some(line_number))),
        };
        take(piece).map_err(Ended::Refused)?;
    }
}

/// A parser's error with its place first. `line` says where its first line stands.
fn told(error: &serde_json::Error, line: Option<u64>) -> String {
    let text = error.to_string();
    let end = format!(" at line {} column {}", error.line(), error.column());
    let what = match text.strip_suffix(&end).unwrap_or(&text) {
        // That is how the parser says it.
        "invalid unicode code point" => "is not UTF-8 text",
        what => what,
    };
    const OWN_LINE: &str = "in JSON lines each record stands on a line of its own";
    let cut = match error.is_eof() {
        true => "; was the file cut off?",
        false => "",
    };
    match line {
        None => format!("{}: {what}{cut}", place(error)),
        Some(line) => {
            let column = error.column();
            let hint = match (error.is_eof(), what) {
                (true, _) => format!(" If not: {OWN_LINE}"),
                (false, "trailing characters") => format!("; {OWN_LINE}"),
                _ => String::new(),
            };
            format!("line {line} column {column}: {what}{cut}{hint}")
        }
    }
}

fn place(error: &serde_json::Error) -> String {
    format!("line {} column {}", error.line(), error.column())
}

/// The elements of an array on their way to `take`.
struct Elements<'a, E> {
    take: &'a mut dyn FnMut(Piece) -> Result<(), E>,
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
            let Some(element) = array.next_element::<Element>()? else {
                self.has_ended = true;
                return Ok(());
            };
            self.count += 1;
            if let Err(refusal) = (self.take)(Piece::Record(self.count, element)) {
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

    type Pieces = Vec<String>;

    fn shown(piece: Piece) -> String {
        match piece {
            Piece::Record(number, Element::Object(members)) => {
                let members = members.iter().map(|(name, raw)| format!("{name}={raw}"));
                format!("{number} {}", members.collect::<Vec<_>>().join(" "))
            }
            Piece::Record(number, Element::Other(what)) => format!("{number} is {what}"),
            Piece::Broken(record, text) => format!("{record:?} {text}"),
        }
    }

    fn array(text: &[u8]) -> Pieces {
        let mut pieces = Vec::new();
        let read = read_array(text, &mut |piece| {
            pieces.push(shown(piece));
            Ok::<_, ()>(())
        });
        assert!(read.is_ok());
        pieces
    }

    fn lines(text: &[u8]) -> (Pieces, bool) {
        let mut pieces = Vec::new();
        let read = read_lines(text, &mut |piece| {
            pieces.push(shown(piece));
            Ok::<_, ()>(())
        });
        let is_ended = read.is_ok_and(|(_, is_ended)| is_ended);
        (pieces, is_ended)
    }

    #[test]
    fn elements_come_one_by_one_with_every_member_as_written() {
        let text = br#" [ {"a": 1e2, "b": [1, 2], "a": null}, 7, {} ] "#;
        assert_eq!(
            array(text),
            ["1 a=1e2 b=[1, 2] a=null", "2 is a number", "3 "]
        );
        assert_eq!(array(b"[]"), Pieces::new());
    }

    #[test]
    fn a_broken_array_is_told_with_its_place() {
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
                "None line 1 column 4: more follows after the array's end",
            ),
            (
                b" \n",
                "None the file is empty; it must hold a JSON array of records",
            ),
        ] {
            let pieces = array(text);
            assert_eq!(pieces.last().map(String::as_str), Some(expected));
        }
        assert!(array(b"{\"a\": 1}\n")[0].contains("say --format jsonl"));
        let endless = format!("[{{\"a\": \"{}", "x".repeat(6 << 20));
        assert_eq!(
            array(endless.as_bytes()),
            ["Some(1) has over 4 MiB; is a quote missing?"]
        );
    }

    #[test]
    fn lines_are_read_on_behind_a_broken_one() {
        let (pieces, is_ended) = lines(b"{\"a\": 1}\n\n{\"a\" 2}\r\n[1]\n{} {}\n{\"a\": ");
        assert_eq!(
            pieces,
            [
                "1 a=1",
                "Some(2) line 3 column 6: expected `:`",
                "3 is an array",
                "Some(4) line 5 column 4: trailing characters; in JSON lines each record stands on a \
                 line of its own",
                "Some(5) line 6 column 6: EOF while parsing a value; was the file cut off? If not: in \
                 JSON lines each record stands on a line of its own",
            ]
        );
        assert!(!is_ended);
        assert!(lines(b"{}\n").1);
        for empty in [&b""[..], b" \r\n\n"] {
            let (pieces, _) = lines(empty);
            assert!(pieces[0].contains("the file is empty"), "{pieces:?}");
        }
    }
}
