use std::ops::RangeInclusive;

use crate::job::{Column, REPORT_COLUMNS, SignerColumn};

/// What a signer's number may be.
const SIGNERS: RangeInclusive<u16> = 1..=999;

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

/// A header without what its spelling leaves open: case, spaces, `-` and `_`.
pub fn normalised(header: &str) -> String {
    let kept = header.chars().filter(|c| !is_separator(*c));
    kept.flat_map(char::to_lowercase).collect()
}

fn is_separator(character: char) -> bool {
    matches!(character, '-' | '_') || character.is_whitespace()
}

/// The service's own names that differ from ours in more than spelling.
const ALIASES: [(&str, Column); 2] = [
    ("signingsessionid", Column::SourceSessionId),
    ("transactiontitle", Column::Title),
];

fn known(header: &str) -> Option<Column> {
    let plain = normalised(header);
    let by_name = Column::of_session().find(|(_, name)| normalised(name) == plain);
    let by_alias = || ALIASES.into_iter().find(|(alias, _)| *alias == plain);
    by_name
        .map(|(column, _)| column)
        .or_else(|| by_alias().map(|(_, column)| column))
        .or_else(|| signer_column(header))
}

fn signer_column(header: &str) -> Option<Column> {
    let (number, rest) = signer_number(header)?;
    let number = number.filter(|number| SIGNERS.contains(number))?;
    if let Some(key) = merge_key(rest) {
        return Some(Column::Signer(number, SignerColumn::Merge(key.to_owned())));
    }
    let plain = normalised(rest);
    let member = SignerColumn::named()
        .find(|(_, name)| normalised(name) == plain)?
        .0;
    Some(Column::Signer(number, member))
}

/// Splits `signer_12_email` into its number and the rest; the number is `None` if it is no u16.
fn signer_number(header: &str) -> Option<(Option<u16>, &str)> {
    let rest = after_word(header, "signer")?.trim_start_matches(is_separator);
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    (end > 0).then(|| (rest[..end].parse().ok(), &rest[end..]))
}

/// The key of a merge field keeps its case and spelling: the service tells keys apart by them.
fn merge_key(rest: &str) -> Option<&str> {
    let rest = after_word(rest.trim_start_matches(is_separator), "merge")?;
    let separator = rest.chars().next().filter(|c| is_separator(*c))?;
    Some(rest[separator.len_utf8()..].trim()).filter(|key| !key.is_empty())
}

fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let text = text.trim_start();
    text.get(..word.len())
        .filter(|start| start.eq_ignore_ascii_case(word))?;
    Some(&text[word.len()..])
}

/// Characters of no width, which spreadsheets and web pages leave behind.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
    )
}

/// A header with what can't be seen in it spelt out.
fn shown(header: &str) -> String {
    let spelt = |character: char| match is_invisible(character) {
        true => character.escape_unicode().to_string(),
        false => character.to_string(),
    };
    header.chars().map(spelt).collect()
}

/// The known column that a header was probably meant to be.
fn misspelt(header: &str) -> Option<String> {
    let plain = normalised(header);
    let numbered = signer_number(header);
    let number = numbered.and_then(|(number, _)| number).unwrap_or(1);
    let candidates = Column::of_session()
        .map(|(_, name)| name.to_owned())
        .chain(ALIASES.map(|(alias, _)| alias.to_owned()))
        .chain(SignerColumn::named().map(|(member, _)| Column::Signer(number, member).to_string()));
    let (distance, nearest) = candidates
        .map(|name| (strsim::osa_distance(&plain, &normalised(&name)), name))
        .min()?;
    let letters = normalised(&nearest).chars().count();
    let is_near = distance <= if letters >= 8 { 2 } else { 1 };
    match numbered {
        _ if is_near => Some(nearest),
        Some(_) => Some(
            "a signer's column (signer_N_id, _email, _first_name, _last_name, _role, _sequence, \
             _merge_FIELD, N from 1)"
                .into(),
        ),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
