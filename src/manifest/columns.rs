//! The columns of a CSV file: its headers with what each of them means.

use std::collections::BTreeSet;

use super::column_name::HeaderRules;
use super::mapping::is_taken_in_report;
use super::unnumbered_signer::unnumbered_headers;
use super::{ColumnName, UnnumberedHeaderRule};
use crate::job::{Column, REPORT_COLUMNS};
use crate::support::is_invisible;

/// More columns are no table that people made.
const COLUMNS: usize = 5_000;

/// The columns of a file, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Columns {
    /// Each header as the file writes it, with what it means.
    columns: Vec<(String, ColumnName)>,
    /// What refuses the header, although its rows can be read.
    pub(super) problems: Vec<String>,
    /// Headers that would be a signer's, but for the others.
    pub(super) ignored_signer_headers: Vec<String>,
    /// What the unnumbered headers of a signer mean here.
    pub(super) unnumbered: UnnumberedHeaderRule,
}

fn is_unnamed(header: &str) -> bool {
    header.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

impl Columns {
    /// Reads a header line. A misspelt header stands for the column that it was probably meant to
    /// be, and one that means the same as another for none, so that the cells below them can be checked
    /// too; see [`Self::problems`].
    ///
    /// # Errors
    /// When this can't be a header.
    pub(super) fn read(
        headers: Vec<String>,
        allowed: &[String],
        read_before: &[Vec<String>],
    ) -> Result<Self, String> {
        let names = headers.iter().map(String::as_str);
        let rules = HeaderRules {
            allowed,
            read_before,
            unnumbered: unnumbered_headers(names, allowed, read_before),
        };
        // In the report they would be one.
        Self::collect(headers, rules, |one, other| {
            one.in_report() == other.in_report()
        })
    }

    /// Reads the header line of a list that a mapping is for: every column is the list's own.
    ///
    /// # Errors
    /// When this can't be a header.
    pub(super) fn read_mapped(headers: Vec<String>) -> Result<Self, String> {
        let mut read = Self::default();
        require_possible(&headers)?;
        for header in headers {
            let name = header.trim();
            let own = match is_taken_in_report(name) {
                true => ColumnName::Other(format!("input.{name}")),
                false => ColumnName::Other(name.to_owned()),
            };
            let same = read.columns.iter().find(|(_, one)| *one == own);
            if let Some((first, _)) = same.filter(|_| !is_unnamed(&header)) {
                read.problems.push(duplicate_problem(first, &header));
            }
            read.columns.push((header, own));
        }
        Ok(read)
    }

    /// Reads the header line of a report. It was checked when its manifest was imported: nothing
    /// in it is a misspelling, and `status` next to `input.status` is as it should be.
    ///
    /// # Errors
    /// What is wrong with it, header by header.
    pub(super) fn read_report(headers: Vec<String>) -> Result<Self, Vec<String>> {
        let names = headers.iter().map(|header| header.trim().to_owned());
        let allowed: Vec<String> = names.collect();
        let rules = HeaderRules {
            allowed: &allowed,
            ..HeaderRules::default()
        };
        let read = Self::collect(headers, rules, |one, other| one == other);
        match read.map_err(|problem| vec![problem])? {
            read if read.problems.is_empty() => Ok(read),
            read => Err(read.problems),
        }
    }

    fn collect(
        headers: Vec<String>,
        rules: HeaderRules<'_>,
        is_duplicate: fn(&ColumnName, &ColumnName) -> bool,
    ) -> Result<Self, String> {
        require_possible(&headers)?;
        let unnumbered = rules.unnumbered;
        let mut read = Self {
            unnumbered,
            ..Self::default()
        };
        for header in headers {
            let other = || ColumnName::Other(header.clone());
            let name = match ColumnName::read_as(header.trim(), rules) {
                Ok(name) => {
                    let kept = rules.ignored_signer_headers(&name).cloned();
                    read.ignored_signer_headers.extend(kept);
                    let mut before = read.columns.iter();
                    let first = before.find(|(_, one)| is_duplicate(one, &name));
                    // What has no name is left out, unless it holds a cell.
                    match first.filter(|_| !is_unnamed(&header)) {
                        None => name,
                        Some((first, _)) => {
                            read.problems.push(duplicate_problem(first, &header));
                            other()
                        }
                    }
                }
                Err(problem) => {
                    read.problems.push(problem);
                    let meant = ColumnName::meant_by(header.trim(), unnumbered);
                    let meant = meant.filter(|name| read.iter().all(|(_, one)| one != name));
                    meant.unwrap_or_else(other)
                }
            };
            read.columns.push((header, name));
        }
        Ok(read)
    }

    /// Headers that look like misspellings of a column that is missing, each with that column.
    pub(super) fn suspected_misspellings(&self) -> impl Iterator<Item = (&str, Column)> {
        let others = self
            .iter()
            .filter(|(_, name)| matches!(name, ColumnName::Other(_)));
        others.filter_map(|(header, _)| {
            let meant = ColumnName::meant_by(header, UnnumberedHeaderRule::Other)?;
            match &meant {
                ColumnName::Known(column) if !self.has(&meant) => Some((header, column.clone())),
                _ => None,
            }
        })
    }

    /// The columns in their order, each with its header.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &ColumnName)> {
        let columns = self.columns.iter();
        columns.map(|(header, name)| (header.trim(), name))
    }

    /// Those columns whose header is not empty.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, &ColumnName)> {
        self.iter().filter(|(header, _)| !is_unnamed(header))
    }

    /// Whether the column at a position is one of them.
    pub(super) fn is_named(&self, position: usize) -> bool {
        !is_unnamed(&self.columns[position].0)
    }

    /// The positions of the columns without a name.
    pub(super) fn unnamed(&self) -> BTreeSet<usize> {
        let headers = self.columns.iter().enumerate();
        let unnamed = headers.filter(|(_, (header, _))| is_unnamed(header));
        unnamed.map(|(position, _)| position).collect()
    }

    /// Whether the file has a column.
    pub(super) fn has(&self, name: &ColumnName) -> bool {
        self.columns.iter().any(|(_, one)| one == name)
    }

    /// The header of a column as the file writes it.
    pub(super) fn header(&self, position: usize) -> Option<&str> {
        self.columns.get(position).map(|(header, _)| header.trim())
    }

    /// How many columns there are.
    pub(super) fn count(&self) -> usize {
        self.columns.len()
    }
}

fn require_possible(headers: &[String]) -> Result<(), String> {
    // A report has its own columns as well as those of its manifest.
    if headers.len() <= COLUMNS + REPORT_COLUMNS.len() {
        return Ok(());
    }
    let found = headers.len();
    Err(format!(
        "has {found} columns, more than {COLUMNS}; is a line break missing?"
    ))
}

fn duplicate_problem(first: &str, header: &str) -> String {
    let (first, header) = (first.trim(), header.trim());
    if first == header {
        format!("there are two columns '{header}'; rename or delete one")
    } else {
        format!("the headers '{first}' and '{header}' mean the same column; remove one")
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
            invisible.contains("'\\u{200b}row_id' contains invisible characters"),
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
            Columns::read(headers.collect(), &[], &[]).unwrap().problems
        };
        let same = "the headers 'Title' and 'TransactionTitle' mean the same column; remove one";
        assert_eq!(read(&["Title", "TransactionTitle"]), [same]);
        assert_eq!(read(&["a", "a"]).len(), 1);
        assert_eq!(read(&["a", "A"]), [""; 0]);
        assert_eq!(read(&["status", "input.status"]).len(), 1);
        assert_eq!(read(&["signer_1_merge_City", "Signer1MergeCity"]).len(), 1);
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
        assert_eq!(
            read.iter()
                .map(|(_, name)| name.clone())
                .collect::<Vec<_>>(),
            names
        );
        assert_eq!(read.problems.len(), 4);
    }
}
