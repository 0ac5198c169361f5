use std::io::{self, Write};

use jiff::Timestamp;

use crate::job::{Column, REPORT_COLUMNS, ReportLine};
use crate::support::one_line;

/// `error` has at most this many characters.
const ERROR_CHARACTERS: usize = 500;

/// A report as CSV (RFC 4180, UTF-8), line by line.
pub struct CsvReport<W: Write> {
    writer: csv::Writer<W>,
    columns: Vec<ExtraColumn>,
}

/// A column behind the report's own ones.
enum ExtraColumn {
    Known(Column),
    Other(String),
}

impl<W: Write> CsvReport<W> {
    /// Writes the header: the report's own columns, then those of the manifest.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn new(file: W, manifest_columns: &[String]) -> io::Result<Self> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(file);
        let extra = manifest_columns
            .iter()
            .filter(|name| !REPORT_COLUMNS.contains(&name.as_str()));
        let extra: Vec<&String> = extra.collect();
        let own = REPORT_COLUMNS.into_iter();
        writer.write_record(own.chain(extra.iter().map(|name| name.as_str())))?;
        let columns = extra.into_iter().map(|name| match name.parse() {
            Ok(column) => ExtraColumn::Known(column),
            Err(_) => ExtraColumn::Other(name.clone()),
        });
        let columns = columns.collect();
        Ok(Self { writer, columns })
    }

    /// Writes one line.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn line(&mut self, line: &ReportLine) -> io::Result<()> {
        let own = [
            line.number
                .map(|number| number.to_string())
                .unwrap_or_default(),
            line.row_id.clone(),
            line.field(&Column::SourceSessionId).to_owned(),
            line.new_session_id.clone().unwrap_or_default(),
            line.status.to_string(),
            line.error_class
                .map_or("", |class| class.as_str())
                .to_owned(),
            harmless(&line.error),
            line.http_status
                .map(|status| status.to_string())
                .unwrap_or_default(),
            line.attempts.to_string(),
            line.transaction_id.clone(),
            time(line.first_sent_at),
            time(line.finished_at),
        ];
        for cell in own {
            self.writer.write_field(cell)?;
        }
        for column in &self.columns {
            let text = match column {
                ExtraColumn::Known(column) => line.field(column),
                ExtraColumn::Other(name) => line.other.get(name).map_or("", String::as_str),
            };
            self.writer.write_field(text)?;
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

fn time(time: Option<Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

/// An error as one line that no spreadsheet takes for a formula: the service's words may hold
/// anything.
fn harmless(error: &str) -> String {
    let line = one_line(error, ERROR_CHARACTERS);
    if line.starts_with(['=', '+', '-', '@']) {
        format!("'{}", one_line(&line, ERROR_CHARACTERS - 1))
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::job::{ErrorClass, Fields, Status};

    #[test]
    fn a_line_has_the_report_s_columns_and_then_the_manifest_s() {
        let mut fields = Fields::default();
        fields.set(
            Column::SourceSessionId,
            "3f0c6c1e-0000-4000-8000-000000000001",
        );
        fields.set(Column::Title, "Lease, \"42\"");
        let line = ReportLine {
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
        };
        let columns = ["source_session_id", "title", "note"].map(str::to_owned);
        let mut report = CsvReport::new(Vec::new(), &columns).unwrap();
        report.line(&line).unwrap();
        let text = String::from_utf8(report.finish().unwrap()).unwrap();
        assert_eq!(
            text,
            "row,row_id,source_session_id,new_session_id,status,error_class,error,http_status,\
             attempts,transaction_id,first_sent_at,finished_at,title,note\r\n\
             7,r1,3f0c6c1e-0000-4000-8000-000000000001,,failed,refused,'=cmd|' /C calc'!A0 x,200,\
             1,t,1970-01-01T00:00:01Z,,\"Lease, \"\"42\"\"\",\"a\nb\"\r\n"
        );
    }

    #[test]
    fn an_error_stays_within_its_length_even_when_made_harmless() {
        assert_eq!(harmless(&"-".repeat(600)).chars().count(), 500);
        assert_eq!(harmless(&"x".repeat(600)).chars().count(), 500);
    }
}
