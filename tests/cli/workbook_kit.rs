//! Workbooks made of the XML that programs write: Excel, LibreOffice, openpyxl.

use std::io::{Cursor, Read, Write};

use zip::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

const NAMESPACES: &str = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;

const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;

/// The formats that cells name by their number in `s`: none, `00000`, a day, a day with its time, a length of time.
const STYLES: &str = r#"<numFmts count="2"><numFmt numFmtId="164" formatCode="00000"/><numFmt numFmtId="165" formatCode="dd\.mm\.yyyy\ hh:mm"/></numFmts><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/><xf numFmtId="46" applyNumberFormat="1"/></cellXfs>"#;

/// An archive of parts, each with its name.
pub fn archive(parts: &[(&str, String)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The parts of an archive, however they are compressed.
pub fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let count = archive.len();
    let part = |index| {
        let mut part = archive.by_index(index).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        (part.name().unwrap().into_owned(), text)
    };
    (0..count).map(part).collect()
}

/// An `.xlsx` workbook: sheets by name, each with its rows as XML, and the texts that they share.
pub fn xlsx(sheets: &[(&str, String)], shared: &[&str]) -> Vec<u8> {
    let names = (1..).zip(sheets).map(|(number, (name, _))| {
        format!(r#"<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>"#)
    });
    let names: String = names.collect();
    let texts = shared
        .iter()
        .map(|text| format!(r#"<si><t xml:space="preserve">{text}</t></si>"#));
    let texts: String = texts.collect();
    let mut parts = vec![
        (
            "[Content_Types].xml".to_owned(),
            content_types(sheets.len()),
        ),
        (
            "_rels/.rels".into(),
            relations(&[("rId1", "officeDocument", "xl/workbook.xml")]),
        ),
        (
            "xl/workbook.xml".into(),
            format!("<workbook {NAMESPACES}><sheets>{names}</sheets></workbook>"),
        ),
        (
            "xl/_rels/workbook.xml.rels".into(),
            workbook_relations(sheets.len()),
        ),
        (
            "xl/sharedStrings.xml".into(),
            format!("<sst {NAMESPACES}>{texts}</sst>"),
        ),
        (
            "xl/styles.xml".into(),
            format!("<styleSheet {NAMESPACES}>{STYLES}</styleSheet>"),
        ),
    ];
    for (number, (_, rows)) in (1..).zip(sheets) {
        let sheet = format!("<worksheet {NAMESPACES}><sheetData>{rows}</sheetData></worksheet>");
        parts.push((format!("xl/worksheets/sheet{number}.xml"), sheet));
    }
    let parts: Vec<(&str, String)> = parts
        .iter()
        .map(|(name, text)| (name.as_str(), format!("{DECLARATION}{text}")))
        .collect();
    archive(&parts)
}

fn content_types(sheets: usize) -> String {
    const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let part = |name: &str, kind: &str| {
        format!(r#"<Override PartName="/xl/{name}.xml" ContentType="{KIND}.{kind}+xml"/>"#)
    };
    let sheets = (1..=sheets).map(|number| part(&format!("worksheets/sheet{number}"), "worksheet"));
    let parts = [
        part("workbook", "sheet.main"),
        part("sharedStrings", "sharedStrings"),
        part("styles", "styles"),
        sheets.collect(),
    ];
    let default = r#"<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>"#;
    format!(
        r#"<Types xmlns="{PACKAGE}/content-types">{default}{}</Types>"#,
        parts.concat()
    )
}

fn workbook_relations(sheets: usize) -> String {
    let sheets: Vec<(String, String)> = (1..=sheets)
        .map(|number| {
            (
                format!("rId{number}"),
                format!("worksheets/sheet{number}.xml"),
            )
        })
        .collect();
    let sheets = sheets
        .iter()
        .map(|(id, name)| (id.as_str(), "worksheet", name.as_str()));
    let others = [
        ("rId98", "sharedStrings", "sharedStrings.xml"),
        ("rId99", "styles", "styles.xml"),
    ];
    relations(&sheets.chain(others).collect::<Vec<_>>())
}

fn relations(parts: &[(&str, &str, &str)]) -> String {
    let parts = parts.iter().map(|(id, kind, target)| {
        format!(r#"<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{target}"/>"#)
    });
    let parts: String = parts.collect();
    format!(r#"<Relationships xmlns="{PACKAGE}/relationships">{parts}</Relationships>"#)
}

/// A row of texts from a column on, written into the cells as openpyxl does.
pub fn texts(row: u32, first: char, cells: &[&str]) -> String {
    let cells = (first..).zip(cells).map(|(column, text)| {
        format!(r#"<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>"#)
    });
    format!(r#"<row r="{row}">{}</row>"#, cells.collect::<String>())
}

/// An `.ods` workbook of sheets by name, each with its rows as XML.
pub fn ods(sheets: &[(&str, String)]) -> Vec<u8> {
    let sheets = sheets.iter().map(|(name, rows)| {
        format!(
            r#"<table:table table:name="{name}"><table:table-column table:number-columns-repeated="1024"/>{rows}</table:table>"#
        )
    });
    let content = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"#,
        sheets.collect::<String>()
    );
    archive(&[
        (
            "mimetype",
            "application/vnd.oasis.opendocument.spreadsheet".into(),
        ),
        ("META-INF/manifest.xml", "<manifest:manifest/>".into()),
        ("content.xml", content),
    ])
}

/// A row of an `.ods` sheet, with the empty cells that LibreOffice writes behind each.
pub fn ods_row(attributes: &str, cells: &str) -> String {
    format!(
        r#"<table:table-row {attributes}>{cells}<table:table-cell table:number-columns-repeated="1017"/></table:table-row>"#
    )
}

/// A text cell of an `.ods` sheet.
pub fn ods_text(text: &str) -> String {
    format!(
        r#"<table:table-cell office:value-type="string" calcext:value-type="string"><text:p>{text}</text:p></table:table-cell>"#
    )
}
