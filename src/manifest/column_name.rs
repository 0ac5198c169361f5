//! What one header of a file means.

use super::UnnumberedHeaderRule;
use crate::job::{Column, REPORT_COLUMNS, SIGNERS, SignerColumn, normalised, signer_number};
use crate::support::is_invisible;

/// What a header of a manifest means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnName {
    /// A column whose meaning is known.
    Known(Column),
    /// Any other: kept, and written to the report under the header's own name.
    Other(String),
}

/// How the headers of one file are read.
#[derive(Clone, Copy, Default)]
pub(super) struct HeaderRules<'a> {
    /// Headers that are no misspellings.
    pub(super) allowed: &'a [String],
    /// The columns of the ledger's manifests, as they were read before.
    pub(super) read_before: &'a [Vec<String>],
    /// What the unnumbered headers of a signer mean.
    pub(super) unnumbered: UnnumberedHeaderRule,
}

impl HeaderRules<'_> {
    /// The name of the only signer that a header was probably meant to be, where there is such a
    /// signer and the header is no column of the user's own.
    pub(super) fn misspelt_unnumbered(&self, header: &str) -> Option<(SignerColumn, String)> {
        let mut own = self.allowed.iter().chain(self.read_before.iter().flatten());
        let is_own = own.any(|name| name == header);
        let may_be = !is_own && self.unnumbered == UnnumberedHeaderRule::Signer;
        may_be.then(|| misspelt_unnumbered(header))?
    }

    /// The header of a column that would be a signer's in another file.
    pub(super) fn ignored_signer_headers<'n>(&self, name: &'n ColumnName) -> Option<&'n String> {
        match name {
            ColumnName::Other(name) => SignerColumn::of_unnumbered(name)
                .filter(|_| !self.allowed.contains(name))
                .map(|_| name),
            ColumnName::Known(_) => None,
        }
    }
}

impl ColumnName {
    /// Reads a header without regard to case, spaces, `-` and `_`, where unnumbered ones are no
    /// signer's.
    ///
    /// # Errors
    /// When it looks like a misspelt known column and is not among the `allowed` others: says
    /// which one.
    pub fn read(header: &str, allowed: &[String]) -> Result<Self, String> {
        let rules = HeaderRules {
            allowed,
            ..HeaderRules::default()
        };
        Self::read_as(header, rules)
    }

    /// Reads a header as a file's own.
    ///
    /// # Errors
    /// As [`Self::read`]; where unnumbered headers are the signer's, also for a misspelt one of
    /// these.
    pub(super) fn read_as(header: &str, rules: HeaderRules<'_>) -> Result<Self, String> {
        if let Some(column) = Column::of_header(header) {
            return Ok(Self::Known(column));
        }
        let other = Self::Other(header.to_owned());
        if rules.allowed.iter().any(|name| name == header) {
            return Ok(other);
        }
        if let Some(member) = SignerColumn::of_unnumbered(header) {
            return Ok(match rules.unnumbered {
                UnnumberedHeaderRule::Signer => Self::Known(Column::Signer(1, member)),
                UnnumberedHeaderRule::Other => other,
            });
        }
        let number = signer_number(header).map(|(number, _)| number.unwrap_or(u16::MAX));
        if number.is_some_and(|number| !SIGNERS.contains(&number)) {
            let most = SIGNERS.end();
            return Err(format!("'{header}': signers are numbered from 1 to {most}"));
        }
        let unnumbered = || Some(rules.misspelt_unnumbered(header)?.1);
        match misspelt(header).or_else(unnumbered) {
            None => Ok(other),
            Some(meant) if header.contains(is_invisible) => Err(format!(
                "'{}' contains invisible characters and looks like {meant}; type it again",
                shown(header)
            )),
            Some(meant) => Err(format!(
                "'{header}' looks like a misspelling of {meant}; correct it, or add --other-column \
                 '{header}' if it is your own column"
            )),
        }
    }

    /// What a misspelt header was probably meant to be, if it is one column.
    pub(super) fn meant_by(header: &str, unnumbered: UnnumberedHeaderRule) -> Option<Self> {
        let column = match misspelt(header) {
            Some(name) => Column::of_header(&name),
            None if unnumbered == UnnumberedHeaderRule::Signer => {
                misspelt_unnumbered(header).map(|(member, _)| Column::Signer(1, member))
            }
            None => None,
        };
        column.map(Self::Known)
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
    let mut own = REPORT_COLUMNS.iter();
    own.any(|column| column.name.eq_ignore_ascii_case(name.trim()))
}

/// How many headers have a meaning, or look as if they should have one.
pub(super) fn known_count(headers: &[String]) -> usize {
    let is_other = |header: &str| {
        let name = ColumnName::read(header.trim(), &[]);
        matches!(name, Ok(ColumnName::Other(_))) && SignerColumn::of_unnumbered(header).is_none()
    };
    headers.iter().filter(|header| !is_other(header)).count()
}

/// Where a signer's cell stands in a JSON record: `signers[0].merge.City`.
pub(super) fn signer_path(number: u16, member: &SignerColumn) -> String {
    let index = i32::from(number) - 1;
    match member {
        SignerColumn::Merge(key) => format!("signers[{index}].merge.{key}"),
        named => format!("signers[{index}].{named}"),
    }
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
    let numbered = signer_number(header);
    let number = numbered.and_then(|(number, _)| number).unwrap_or(1);
    let of_signer = |(member, _)| Column::Signer(number, member).to_string();
    let names = Column::of_session().map(|(_, name)| name.to_owned());
    let names = names.chain(Column::SERVICE_NAMES.map(|(_, name)| name.to_owned()));
    let names = names.chain(SignerColumn::named().map(of_signer));
    let any = "a signer's column (signer_N_id, _email, _first_name, _last_name, _role, _sequence, \
               _merge_FIELD, N from 1)";
    nearest(header, names).or_else(|| numbered.map(|_| any.to_owned()))
}

/// The name of the only signer that a header was probably meant to be.
pub(super) fn misspelt_unnumbered(header: &str) -> Option<(SignerColumn, String)> {
    let names = SignerColumn::unnumbered_names().map(|(_, name)| name.to_owned());
    let name = nearest(header, names)?;
    Some((SignerColumn::of_unnumbered(&name)?, name))
}

/// The nearest of some names in any spelling, if it is one edit away, or two from eight letters on.
pub(super) fn nearest(name: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let name = normalised(name);
    let distance = |one: &str| strsim::osa_distance(&name, &normalised(one));
    let (distance, nearest) = names.map(|one| (distance(&one), one)).min()?;
    let letters = normalised(&nearest).chars().count();
    (distance <= if letters >= 8 { 2 } else { 1 }).then_some(nearest)
}
