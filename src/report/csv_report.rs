//! The report as CSV.

use std::io::{self, Write};

use super::ReportWriter;
use super::columns::ReportColumns;
use crate::job::{CsvDialect, ReportCell, ReportLine};
use crate::support::crash_point;

/// A report as CSV: RFC 4180 but for its separator, in UTF-8.
pub struct CsvReport<'a> {
    writer: csv::Writer<&'a mut dyn Write>,
    columns: ReportColumns,
}

impl<'a> CsvReport<'a> {
    /// Writes the header.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn new(
        file: &'a mut dyn Write,
        manifest_columns: &[String],
        dialect: CsvDialect,
    ) -> io::Result<Self> {
        if dialect.has_mark {
            file.write_all("\u{feff}".as_bytes())?;
        }
        let mut writer = csv::WriterBuilder::new()
            .delimiter(dialect.separator)
            .terminator(csv::Terminator::CRLF)
            .from_writer(file);
        let columns = ReportColumns::new(manifest_columns);
        writer.write_record(columns.names())?;
        Ok(Self { writer, columns })
    }
}

impl ReportWriter for CsvReport<'_> {
    fn line(&mut self, line: &ReportLine) -> io::Result<()> {
        crash_point("report-line");
        for (_, cell) in self.columns.cells(line) {
            let text = cell.as_ref().map(ReportCell::as_text).unwrap_or_default();
            self.writer.write_field(text.as_bytes())?;
        }
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;
    use crate::job::{Column, ErrorClass, Fields, Status};

    fn line() -> ReportLine {
        let mut fields = Fields::default();
        fields.set(
            Column::SourceSessionId,
            "3f0c6c1e-0000-4000-8000-000000000001",
        );
        fields.set(Column::Title, "Lease, \"42\"");
        ReportLine {
            number: Some(7),
            row_id: "r1".into(),
            fields,
            new_session_id: None,
            status: Status::Failed,
            error_class: Some(ErrorClass::Refused),
            error: "=cmd|' /C calc'!A0\r\nx".into(),
            http_status: Some(200),
            attempts: 1,
            transaction_id: "t".into(),
            first_sent_at: Timestamp::from_millisecond(1_000).ok(),
            finished_at: None,
            other: BTreeMap::from([("note".into(), "a\nb".into())]),
        }
    }

    fn written(line: &ReportLine, dialect: CsvDialect) -> String {
        let columns = ["source_session_id", "title", "note"].map(str::to_owned);
        let mut file = Vec::new();
        let mut report = CsvReport::new(&mut file, &columns, dialect).unwrap();
        report.line(line).unwrap();
        report.finish().unwrap();
        drop(report);
        String::from_utf8(file).unwrap()
    }

    #[test]
    fn a_line_has_the_report_s_columns_and_then_the_manifest_s() {
        let text = written(&line(), CsvDialect::default());
        assert_eq!(
            text,
            "row,row_id,source_session_id,new_session_id,status,error_class,error,http_status,\
             attempts,transaction_id,first_sent_at,finished_at,title,note\r\n\
             7,r1,3f0c6c1e-0000-4000-8000-000000000001,,failed,refused,'=cmd|' /C calc'!A0 x,200,\
             1,t,1970-01-01T00:00:01Z,,\"Lease, \"\"42\"\"\",\"a\nb\"\r\n"
        );
    }

    /// A comma is no reason for quotes where cells are separated by something else, and the
    /// separator is.
    #[test]
    fn cells_are_quoted_as_the_separator_asks_for() {
        let mut line = line();
        line.fields.set(Column::Title, "a,b");
        line.other.insert("note".into(), "c;d\te".into());
        for (separator, end) in [
            (b',', "\"a,b\",c;d\te\r\n"),
            (b';', "a,b;\"c;d\te\"\r\n"),
            (b'\t', "a,b\t\"c;d\te\"\r\n"),
        ] {
            let dialect = CsvDialect {
                separator,
                has_mark: separator == b';',
            };
            let text = written(&line, dialect);
            assert!(text.ends_with(end), "{text}");
            assert_eq!(text.starts_with('\u{feff}'), dialect.has_mark);
            let separator = char::from(separator);
            let text = text.trim_start_matches('\u{feff}');
            assert!(text.starts_with(&format!("row{separator}row_id{separator}")));
        }
    }
}
