use super::column_name::HeaderReading;
use super::unnumbered_signer::unnumbered_headers;
use super::{ColumnName, UnnumberedHeaders};
use crate::job::{Column, REPORT_COLUMNS, SignerColumn};
use crate::support::is_invisible;

/// More columns are no table that people made.
const COLUMNS: usize = 5_000;

/// The columns of a manifest, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    names: Vec<ColumnName>,
    headers: Vec<String>,
    misspelt: Vec<String>,
    kept_unnumbered: Vec<String>,
    plain: UnnumberedHeaders,
}

fn is_unnamed(header: &str) -> bool {
    header.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

impl Columns {
    /// Reads a header line. A misspelt header stands for the column that it was probably meant to
    /// be, so that the cells below it can be judged too; see [`Self::misspelt`].
    ///
    /// # Errors
    /// With what is wrong, header by header, no row can be read.
    pub fn read(
        headers: Vec<String>,
        allowed: &[String],
        read_before: &[Vec<String>],
    ) -> Result<Self, Vec<String>> {
        let plain = unnumbered_headers(headers.iter().map(String::as_str), allowed, read_before);
        let reading = HeaderReading {
            allowed,
            read_before,
            plain,
        };
        // In the report they would be one.
        Self::collect(headers, reading, |one, other| {
            one.in_report() == other.in_report()
        })
    }

    /// Reads the header line of a report. It was checked when its manifest was imported: nothing
    /// in it is a misspelling, and `status` beside `input.status` is as it should be.
    ///
    /// # Errors
    /// What is wrong with it, header by header.
    pub fn read_report(headers: Vec<String>) -> Result<Self, Vec<String>> {
        let names = headers.iter().map(|header| header.trim().to_owned());
        let allowed: Vec<String> = names.collect();
        let reading = HeaderReading {
            allowed: &allowed,
            read_before: &[],
            plain: UnnumberedHeaders::Other,
        };
        Self::collect(headers, reading, |one, other| one == other)
    }

    fn collect(
        headers: Vec<String>,
        reading: HeaderReading<'_>,
        is_twin: fn(&ColumnName, &ColumnName) -> bool,
    ) -> Result<Self, Vec<String>> {
        let mut columns = Self {
            plain: reading.plain,
            ..Self::default()
        };
        let mut problems = Vec::new();
        // A report has its own columns beside those of its manifest.
        if headers.len() > COLUMNS + REPORT_COLUMNS.len() {
            let found = headers.len();
            let text = format!("names {found} columns, over {COLUMNS}; is a line break missing?");
            return Err(vec![text]);
        }
        for header in headers {
            match ColumnName::read_as(header.trim(), reading) {
                Ok(name) => {
                    let twin = columns.names.iter().position(|one| is_twin(one, &name));
                    // What has no name is left out, unless it holds a cell.
                    let twin = twin.filter(|_| !is_unnamed(&header));
                    problems.extend(twin.map(|twin| columns.twins(twin, &header)));
                    columns.note_plain(&name, reading.allowed);
                    columns.names.push(name);
                    columns.headers.push(header);
                }
                Err(problem) => {
                    let meant = ColumnName::meant_by(header.trim(), reading.plain);
                    let meant = meant.filter(|name| !columns.names.contains(name));
                    let name = meant.unwrap_or_else(|| ColumnName::Other(header.clone()));
                    columns.misspelt.push(problem);
                    columns.names.push(name);
                    columns.headers.push(header);
                }
            }
        }
        if problems.is_empty() {
            Ok(columns)
        } else {
            problems.extend(columns.misspelt);
            Err(problems)
        }
    }

    /// Notes a header that would be a signer's in another file.
    fn note_plain(&mut self, name: &ColumnName, allowed: &[String]) {
        if let ColumnName::Other(name) = name
            && SignerColumn::of_unnumbered(name).is_some()
            && !allowed.contains(name)
        {
            self.kept_unnumbered.push(name.clone());
        }
    }

    fn twins(&self, twin: usize, header: &str) -> String {
        let (first, header) = (self.headers[twin].trim(), header.trim());
        if first == header {
            format!("the header '{header}' stands twice")
        } else {
            format!("the headers '{first}' and '{header}' mean the same column; remove one")
        }
    }

    /// Headers that look like misspellings of a column that is missing, each with that column.
    pub(super) fn renamed(&self) -> impl Iterator<Item = (&str, Column)> {
        let others = self.headers.iter().zip(&self.names);
        others.filter_map(|(header, name)| {
            match (
                name,
                ColumnName::meant_by(header.trim(), UnnumberedHeaders::Other),
            ) {
                (ColumnName::Other(_), Some(ColumnName::Known(column)))
                    if self.header_of(&column).is_none() =>
                {
                    Some((header.trim(), column))
                }
                _ => None,
            }
        })
    }

    /// What refuses the header, although its rows can be read.
    pub fn misspelt(&self) -> &[String] {
        &self.misspelt
    }

    /// The columns in their order.
    pub fn names(&self) -> &[ColumnName] {
        &self.names
    }

    /// The header of a known column as the file writes it.
    pub fn header_of(&self, column: &Column) -> Option<&str> {
        let known = ColumnName::Known(column.clone());
        let position = self.names.iter().position(|name| *name == known)?;
        Some(self.headers[position].trim())
    }

    /// The positions of the columns without a name.
    pub fn unnamed(&self) -> Vec<usize> {
        let headers = self.headers.iter().enumerate();
        let unnamed = headers.filter(|(_, header)| is_unnamed(header));
        unnamed.map(|(position, _)| position).collect()
    }

    /// The headers as the file writes them.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The header of a column as the file writes it.
    pub fn header(&self, position: usize) -> Option<&str> {
        self.headers.get(position).map(|header| header.trim())
    }

    /// What plain headers mean here.
    pub fn plain(&self) -> UnnumberedHeaders {
        self.plain
    }

    /// Headers that would be a signer's, but for the others.
    pub fn kept_unnumbered(&self) -> &[String] {
        &self.kept_unnumbered
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::SignerColumn;

    fn name(header: &str) -> String {
        match ColumnName::read(header, &[]) {
            Ok(ColumnName::Known(column)) => column.to_string(),
            Ok(ColumnName::Other(name)) => format!("other {name}"),
            Err(problem) => format!("refused {problem}"),
        }
    }

    #[test]
    fn headers_are_known_in_any_spelling() {
        for (header, expected) in [
            ("source_session_id", "source_session_id"),
            ("SigningSessionId", "source_session_id"),
            ("Signing Session-ID", "source_session_id"),
            ("TransactionTitle", "title"),
            ("ReturnURL", "return_url"),
            ("SendSignerInvites", "send_signer_invites"),
            ("Signer 2 First Name", "signer_2_first_name"),
            ("SIGNER_10_EMAIL", "signer_10_email"),
            ("signer1email", "signer_1_email"),
            ("signer_1_merge_Unit_No", "signer_1_merge_Unit_No"),
            ("Signer 1 Merge City", "signer_1_merge_City"),
            ("campaign", "other campaign"),
            ("status", "other status"),
        ] {
            assert_eq!(name(header), expected, "{header}");
        }
    }

    #[test]
    fn misspelt_headers_are_refused_with_what_was_meant() {
        for (header, suggestion) in [
            ("titel", "title"),
            ("titles", "title"),
            ("source_sesion_id", "source_session_id"),
            ("sourcesessionids", "source_session_id"),
            ("signer_1_emial", "signer_1_email"),
            ("signer_2_emal", "signer_2_email"),
            ("signer_email", "signer_1_email"),
            ("signer_1_phone", "a signer's column"),
            ("signer_1_merge", "a signer's column"),
        ] {
            let refusal = name(header);
            let expected = format!("misspelling of {suggestion}");
            let is_near = refusal.contains(&expected);
            assert!(
                refusal.starts_with("refused") && is_near,
                "{header}: {refusal}"
            );
        }
        for header in ["signer_0_email", "signer_1000_email", "signer_99999_email"] {
            assert!(
                name(header).ends_with("signers are numbered from 1 to 999"),
                "{header}"
            );
        }
        let invisible = name("\u{200b}row_id");
        assert!(
            invisible.contains("'\\u{200b}row_id' has characters that can't be seen"),
            "{invisible}"
        );
        let allowed = ["titel".to_owned()];
        assert_eq!(
            ColumnName::read("titel", &allowed),
            Ok(ColumnName::Other("titel".into()))
        );
        for header in ["tool", "name", "row", "date", "error", "customer_id"] {
            assert_eq!(name(header), format!("other {header}"));
        }
    }

    #[test]
    fn two_headers_for_one_column_are_refused() {
        let read = |headers: &[&str]| {
            let headers = headers.iter().map(|name| (*name).to_owned());
            Columns::read(headers.collect(), &[], &[])
        };
        assert!(read(&["Title", "TransactionTitle"]).is_err());
        assert!(read(&["a", "a"]).is_err());
        assert!(read(&["a", "A"]).is_ok());
        assert!(read(&["status", "input.status"]).is_err());
        let merge = read(&["signer_1_merge_City", "Signer1MergeCity"]).unwrap();
        assert_eq!(merge.misspelt().len(), 1);
        let report = |headers: [&str; 2]| Columns::read_report(headers.map(str::to_owned).into());
        assert!(report(["status", "input.status"]).is_ok());
        assert!(report(["Title", "TransactionTitle"]).is_err());
    }

    #[test]
    fn a_misspelt_header_stands_for_what_was_meant() {
        let headers = ["titel", "signer_1_emial", "Titles", "signer_1_phone"];
        let read = Columns::read(headers.map(str::to_owned).into(), &[], &[]).unwrap();
        let email = Column::Signer(1, SignerColumn::Email);
        let names = [
            ColumnName::Known(Column::Title),
            ColumnName::Known(email),
            // One column is not meant twice.
            ColumnName::Other("Titles".into()),
            ColumnName::Other("signer_1_phone".into()),
        ];
        assert_eq!(read.names(), names);
        assert_eq!(read.misspelt().len(), 4);
    }
}
