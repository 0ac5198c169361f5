use super::header::{SIGNERS, is_invisible, known, misspelt, shown, signer_number};
use crate::job::{Column, REPORT_COLUMNS};

/// More columns are no table that people made.
const COLUMNS: usize = 5_000;

/// What a header of a manifest means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnName {
    /// A column whose meaning is known.
    Known(Column),
    /// Any other: kept, and written to the report under the header's own name.
    Other(String),
}

/// The columns of a manifest, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    names: Vec<ColumnName>,
    headers: Vec<String>,
    misspelt: Vec<String>,
}

impl ColumnName {
    /// Reads a header without regard to case, spaces, `-` and `_`.
    ///
    /// # Errors
    /// When it looks like a misspelt known column and is not among the `allowed` others: says
    /// which one.
    pub fn read(header: &str, allowed: &[String]) -> Result<Self, String> {
        if let Some(column) = known(header) {
            return Ok(Self::Known(column));
        }
        if allowed.iter().any(|name| name == header) {
            return Ok(Self::Other(header.to_owned()));
        }
        let number = signer_number(header).map(|(number, _)| number.unwrap_or(u16::MAX));
        if number.is_some_and(|number| !SIGNERS.contains(&number)) {
            return Err(format!(
                "'{header}': signers are numbered from 1 to {}",
                SIGNERS.end()
            ));
        }
        match misspelt(header) {
            None => Ok(Self::Other(header.to_owned())),
            Some(suggestion) if header.contains(is_invisible) => Err(format!(
                "'{}' has characters that can't be seen, and looks like {suggestion}; type it anew",
                shown(header)
            )),
            Some(suggestion) => Err(format!(
                "'{header}' looks like a misspelling of {suggestion}; correct it, or say \
                 --other-column '{header}' if it is a column of your own"
            )),
        }
    }

    /// What a misspelt header was probably meant to be, if it is one column.
    pub(super) fn meant_by(header: &str) -> Option<Self> {
        let column = misspelt(header)?.parse().ok()?;
        Some(Self::Known(column))
    }

    /// The name under which a report writes the column.
    pub fn in_report(&self) -> String {
        match self {
            Self::Known(column) => column.to_string(),
            Self::Other(name) if is_report_column(name) => format!("input.{name}"),
            Self::Other(name) => name.clone(),
        }
    }
}

/// In any case: spreadsheets and people read `Error` and `error` as one.
fn is_report_column(name: &str) -> bool {
    REPORT_COLUMNS
        .iter()
        .any(|column| column.eq_ignore_ascii_case(name.trim()))
}

impl Columns {
    /// Reads a header line. A misspelt header stands for the column that it was probably meant to
    /// be, so that the cells below it can be judged too; see [`Self::misspelt`].
    ///
    /// # Errors
    /// With what is wrong, header by header, no row can be read.
    pub fn read(headers: Vec<String>, allowed: &[String]) -> Result<Self, Vec<String>> {
        // In the report they would be one.
        Self::collect(headers, allowed, |one, other| {
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
        Self::collect(headers, &allowed, |one, other| one == other)
    }

    fn collect(
        headers: Vec<String>,
        allowed: &[String],
        is_twin: fn(&ColumnName, &ColumnName) -> bool,
    ) -> Result<Self, Vec<String>> {
        let mut columns = Self::default();
        let mut problems = Vec::new();
        // A report has its own columns beside those of its manifest.
        if headers.len() > COLUMNS + REPORT_COLUMNS.len() {
            let found = headers.len();
            let text = format!("names {found} columns, over {COLUMNS}; is a line break missing?");
            return Err(vec![text]);
        }
        for header in headers {
            match ColumnName::read(header.trim(), allowed) {
                Ok(name) => {
                    let twin = columns.names.iter().position(|one| is_twin(one, &name));
                    problems.extend(twin.map(|twin| columns.twins(twin, &header)));
                    columns.names.push(name);
                    columns.headers.push(header);
                }
                Err(problem) => {
                    let meant = ColumnName::meant_by(header.trim());
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
            Err(problems)
        }
    }

    fn twins(&self, twin: usize, header: &str) -> String {
        let (first, header) = (self.headers[twin].trim(), header.trim());
        if first.is_empty() && header.is_empty() {
            let (first, second) = (twin + 1, self.headers.len() + 1);
            format!(
                "columns {first} and {second} have no name; name them, or delete them if they are \
                 empty"
            )
        } else if first == header {
            format!("the header '{header}' stands twice")
        } else {
            format!("the headers '{first}' and '{header}' mean the same column; remove one")
        }
    }

    /// Headers that look like misspellings of a column that is missing, each with that column.
    pub(super) fn renamed(&self) -> impl Iterator<Item = (&str, Column)> {
        let others = self.headers.iter().zip(&self.names);
        others.filter_map(
            |(header, name)| match (name, ColumnName::meant_by(header.trim())) {
                (ColumnName::Other(_), Some(ColumnName::Known(column)))
                    if self.header_of(&column).is_none() =>
                {
                    Some((header.trim(), column))
                }
                _ => None,
            },
        )
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

    /// The column without a name, if there is one.
    pub fn unnamed(&self) -> Option<usize> {
        self.headers
            .iter()
            .position(|header| header.trim().is_empty())
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
            Columns::read(headers.iter().map(|name| (*name).to_owned()).collect(), &[])
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
        let read = Columns::read(headers.map(str::to_owned).into(), &[]).unwrap();
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
