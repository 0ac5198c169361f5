//! The XML of an `.ods` workbook.

use std::fs::File;
use std::io::BufReader;

use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;
use zip::read::ZipFile;

use super::archive::damaged;

/// The XML of a part.
pub(super) type Xml<'a> = quick_xml::Reader<BufReader<ZipFile<'a, File>>>;

/// The value of an element's attribute.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let found = element.try_get_attribute(name).map_err(damaged)?;
    let value = found.map(|found| {
        found
            .normalized_value(XmlVersion::Implicit1_0)
            .map(String::from)
    });
    value.transpose().map_err(damaged)
}
