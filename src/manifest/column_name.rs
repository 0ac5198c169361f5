//! What one header of a file means.

use super::UnnumberedHeaders;
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

/// How headers are read.
#[derive(Clone, Copy)]
pub(super) struct HeaderReading<'a> {
    /// Headers that are no misspellings.
    pub(super) allowed: &'a [String],
    /// The columns of the ledger's manifests, as they were read before.
    pub(super) read_before: &'a [Vec<String>],
    /// What plain headers mean.
    pub(super) plain: UnnumberedHeaders,
}

impl HeaderReading<'_> {
    fn was_kept(&self, header: &str) -> bool {
        let mut all = self.read_before.iter().flatten();
        all.any(|name| name == header)
    }
}

impl ColumnName {
    /// Reads a header without regard to case, spaces, `-` and `_`, where plain ones are no signer's.
    ///
    /// # Errors
    /// When it looks like a misspelt known column and is not among the `allowed` others: says
    /// which one.
    pub fn read(header: &str, allowed: &[String]) -> Result<Self, String> {
        Self::read_as(
            header,
            HeaderReading {
                allowed,
                read_before: &[],
                plain: UnnumberedHeaders::Other,
            },
        )
    }

    /// Reads a header as a file's own.
    ///
    /// # Errors
    /// As [`Self::read`]; where plain headers are the signer's, also for a misspelt one of these.
    pub(super) fn read_as(header: &str, reading: HeaderReading<'_>) -> Result<Self, String> {
        if let Some(column) = Column::of_header(header) {
            return Ok(Self::Known(column));
        }
        if reading.allowed.iter().any(|name| name == header) {
            return Ok(Self::Other(header.to_owned()));
        }
        match (SignerColumn::of_unnumbered(header), reading.plain) {
            (Some(member), UnnumberedHeaders::Signer) => {
                return Ok(Self::Known(Column::Signer(1, member)));
            }
            (Some(_), UnnumberedHeaders::Other) => return Ok(Self::Other(header.to_owned())),
            (None, _) => {}
        }
        let number = signer_number(header).map(|(number, _)| number.unwrap_or(u16::MAX));
        if number.is_some_and(|number| !SIGNERS.contains(&number)) {
            return Err(format!(
                "'{header}': signers are numbered from 1 to {}",
                SIGNERS.end()
            ));
        }
        let plain = match reading.plain {
            UnnumberedHeaders::Signer if !reading.was_kept(header) => misspelt_unnumbered(header),
            _ => None,
        };
        match misspelt(header).or(plain.map(|(_, name)| name)) {
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
    pub(super) fn meant_by(header: &str, plain: UnnumberedHeaders) -> Option<Self> {
        match misspelt(header) {
            Some(name) => Column::of_header(&name).map(Self::Known),
            None if plain == UnnumberedHeaders::Signer => {
                let (member, _) = misspelt_unnumbered(header)?;
                Some(Self::Known(Column::Signer(1, member)))
            }
            None => None,
        }
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
        .any(|column| column.name.eq_ignore_ascii_case(name.trim()))
}

/// A header with what can't be seen in it spelt out.
pub(super) fn shown(header: &str) -> String {
    let spelt = |character: char| match is_invisible(character) {
        true => character.escape_unicode().to_string(),
        false => character.to_string(),
    };
    header.chars().map(spelt).collect()
}

/// The known column that a header was probably meant to be.
pub(super) fn misspelt(header: &str) -> Option<String> {
    let numbered = signer_number(header);
    let number = numbered.and_then(|(number, _)| number).unwrap_or(1);
    let of_signer = |(member, _)| Column::Signer(number, member).to_string();
    let names = Column::of_session().map(|(_, name)| name);
    let names = names.chain(Column::SERVICE_NAMES.map(|(name, _)| name));
    let names = names
        .map(str::to_owned)
        .chain(SignerColumn::named().map(of_signer));
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
