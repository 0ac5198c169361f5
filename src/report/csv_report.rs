use std::io::{self, Write};

use super::cells::{ExtraColumn, own_cells};
use crate::job::{CsvDialect, REPORT_COLUMNS, ReportLine};
use crate::support::crash_point;

/// A report as CSV (RFC 4180 but for its separator, UTF-8), line by line.
pub struct CsvReport<W: Write> {
    writer: csv::Writer<W>,
    columns: Vec<ExtraColumn>,
}

impl<W: Write> CsvReport<W> {
    /// Writes the header: the report's own columns, then those of the manifest.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn new(mut file: W, manifest_columns: &[String], dialect: CsvDialect) -> io::Result<Self> {
        if dialect.has_mark {
            file.write_all("\u{feff}".as_bytes())?;
        }
        let mut writer = csv::WriterBuilder::new()
            .delimiter(dialect.separator)
            .terminator(csv::Terminator::CRLF)
            .from_writer(file);
        let columns = ExtraColumn::of_manifest(manifest_columns);
        let own = REPORT_COLUMNS.into_iter();
        writer.write_record(own.chain(columns.iter().map(ExtraColumn::name)))?;
        Ok(Self { writer, columns })
    }

    /// Writes one line.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn line(&mut self, line: &ReportLine) -> io::Result<()> {
        crash_point("report-line");
        for cell in own_cells(line) {
            self.writer.write_field(cell.text().as_bytes())?;
        }
        for column in &self.columns {
            self.writer.write_field(column.text(line))?;
        }
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    /// Writes what is left and gives the file back.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn finish(self) -> io::Result<W> {
        self.writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)
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
        let mut report = CsvReport::new(Vec::new(), &columns, dialect).unwrap();
        report.line(line).unwrap();
        String::from_utf8(report.finish().unwrap()).unwrap()
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
