use std::io::{self, Write};

use serde::ser::{SerializeMap, Serializer};

use super::cells::{Cell, ExtraColumn, own_cells};
use crate::job::{REPORT_COLUMNS, ReportLine};

/// A report as one JSON array, an object a line, under the names of the CSV report's columns.
/// Every value is a text but the counts; an empty cell is null.
pub struct JsonReport<W: Write> {
    file: W,
    columns: Vec<ExtraColumn>,
    has_lines: bool,
}

impl<W: Write> JsonReport<W> {
    /// Opens the array.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn new(mut file: W, manifest_columns: &[String]) -> io::Result<Self> {
        file.write_all(b"[")?;
        Ok(Self {
            file,
            columns: ExtraColumn::of_manifest(manifest_columns),
            has_lines: false,
        })
    }

    /// Writes one line.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn line(&mut self, line: &ReportLine) -> io::Result<()> {
        let separator: &[u8] = if self.has_lines { b",\n" } else { b"\n" };
        self.file.write_all(separator)?;
        self.has_lines = true;
        Ok(self.object(line)?)
    }

    fn object(&mut self, line: &ReportLine) -> serde_json::Result<()> {
        let mut json = serde_json::Serializer::new(&mut self.file);
        let mut object = json.serialize_map(None)?;
        for (name, cell) in REPORT_COLUMNS.into_iter().zip(own_cells(line)) {
            match cell {
                Cell::Text(text) => object.serialize_entry(name, &given(&text))?,
                Cell::Number(number) => object.serialize_entry(name, &number)?,
            }
        }
        for column in &self.columns {
            object.serialize_entry(column.name(), &given(column.text(line)))?;
        }
        object.end()
    }

    /// Closes the array and gives the file back.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.file.write_all(b"\n]\n")?;
        Ok(self.file)
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::job::{Column, Fields, Status};

    fn line(number: Option<u64>) -> ReportLine {
        let mut fields = Fields::default();
        fields.set(Column::Title, "Lease \"42\"");
        ReportLine {
            number,
            row_id: "a".into(),
            fields,
            new_session_id: None,
            status: Status::Pending,
            error_class: None,
            error: String::new(),
            http_status: None,
            attempts: 0,
            transaction_id: "t".into(),
            first_sent_at: None,
            finished_at: None,
            other: BTreeMap::from([("note".into(), "{\"b\":1}".into())]),
        }
    }

    #[test]
    fn lines_are_objects_of_one_array() {
        let columns = ["source_session_id", "title", "note", "campaign"].map(str::to_owned);
        let mut report = JsonReport::new(Vec::new(), &columns).unwrap();
        report.line(&line(Some(7))).unwrap();
        report.line(&line(None)).unwrap();
        let text = String::from_utf8(report.finish().unwrap()).unwrap();
        let rest = "\"row_id\":\"a\",\"source_session_id\":null,\"new_session_id\":null,\
            \"status\":\"pending\",\"error_class\":null,\"error\":null,\"http_status\":null,\
            \"attempts\":0,\"transaction_id\":\"t\",\"first_sent_at\":null,\"finished_at\":null,\
            \"title\":\"Lease \\\"42\\\"\",\"note\":\"{\\\"b\\\":1}\",\"campaign\":null}";
        assert_eq!(
            text,
            format!("[\n{{\"row\":7,{rest},\n{{\"row\":null,{rest}\n]\n")
        );
    }

    #[test]
    fn a_report_without_lines_is_an_empty_array() {
        let report = JsonReport::new(Vec::new(), &[]).unwrap();
        assert_eq!(report.finish().unwrap(), b"[\n]\n");
    }
}
