//! The report as JSON.

use std::io::{self, Write};

use serde::ser::Serializer;

use super::ReportWriter;
use super::columns::ReportColumns;
use crate::job::ReportLine;

/// A report as one JSON array, an object a line, under the names of the CSV report's columns.
/// Every value is a text but the counts; an empty cell is null.
pub struct JsonReport<'a> {
    file: &'a mut dyn Write,
    columns: ReportColumns,
    has_lines: bool,
}

impl<'a> JsonReport<'a> {
    /// Opens the array.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn new(file: &'a mut dyn Write, manifest_columns: &[String]) -> io::Result<Self> {
        file.write_all(b"[")?;
        Ok(Self {
            file,
            columns: ReportColumns::new(manifest_columns),
            has_lines: false,
        })
    }
}

impl ReportWriter for JsonReport<'_> {
    fn line(&mut self, line: &ReportLine) -> io::Result<()> {
        let separator: &[u8] = if self.has_lines { b",\n" } else { b"\n" };
        self.file.write_all(separator)?;
        self.has_lines = true;
        let mut json = serde_json::Serializer::new(&mut self.file);
        Ok(json.collect_map(self.columns.cells(line))?)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.write_all(b"\n]\n")
    }
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
        let mut file = Vec::new();
        let mut report = JsonReport::new(&mut file, &columns).unwrap();
        report.line(&line(Some(7))).unwrap();
        report.line(&line(None)).unwrap();
        report.finish().unwrap();
        let text = String::from_utf8(file).unwrap();
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
        let mut file = Vec::new();
        let mut report = JsonReport::new(&mut file, &[]).unwrap();
        report.finish().unwrap();
        assert_eq!(file, b"[\n]\n");
    }
}
