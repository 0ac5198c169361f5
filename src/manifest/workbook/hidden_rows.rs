//! How many rows of an `.xlsx` sheet are hidden, which calamine does not say.

use std::fs::File;
use std::io::{BufReader, Read};

use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::ods_xml::attribute;

type Archive<'a> = ZipArchive<BufReader<&'a File>>;

/// How many rows with a value are hidden; `None` where that can't be found: it is only worth a warning.
pub(super) fn hidden_rows(file: &File, sheet: &str) -> Option<u64> {
    let mut archive = ZipArchive::new(BufReader::new(file)).ok()?;
    let is_it = |element: &BytesStart<'_>| {
        attribute(element, "name").ok().flatten().as_deref() == Some(sheet)
    };
    let id = find(&mut archive, "xl/workbook.xml", "sheet", is_it, "r:id")?;
    let is_its =
        |element: &BytesStart<'_>| attribute(element, "Id").ok().flatten().as_deref() == Some(&id);
    let target = find(
        &mut archive,
        "xl/_rels/workbook.xml.rels",
        "Relationship",
        is_its,
        "Target",
    )?;
    let path = match target.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("xl/{target}"),
    };
    count(open(&mut archive, &path)?)
}

type Xml<R> = quick_xml::Reader<BufReader<R>>;

fn open<'a>(archive: &'a mut Archive<'_>, part: &str) -> Option<Xml<impl Read + 'a>> {
    let part = archive.by_name(part).ok()?;
    let mut xml = quick_xml::Reader::from_reader(BufReader::new(part));
    xml.config_mut().expand_empty_elements = true;
    Some(xml)
}

/// An attribute of the first element of a part that is the one.
fn find(
    archive: &mut Archive<'_>,
    part: &str,
    name: &str,
    is_it: impl Fn(&BytesStart<'_>) -> bool,
    wanted: &str,
) -> Option<String> {
    let mut xml = open(archive, part)?;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).ok()? {
            Event::Start(element) if element.local_name().as_ref() == name && is_it(&element) => {
                return attribute(&element, wanted).ok()?;
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn count(mut xml: Xml<impl Read>) -> Option<u64> {
    let mut buffer = Vec::new();
    let (mut count, mut is_hidden) = (0, false);
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).ok()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "row" => {
                    let hidden = attribute(&element, "hidden").ok()?;
                    is_hidden = hidden.is_some_and(|value| value == "1" || value == "true");
                }
                // Its first value is enough.
                "v" | "is" if is_hidden => {
                    count += 1;
                    is_hidden = false;
                }
                _ => {}
            },
            Event::Eof => return Some(count),
            _ => {}
        }
    }
}
