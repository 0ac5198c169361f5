//! What one header means, however it is spelt, and what it was probably meant to be.

use std::ops::RangeInclusive;

use crate::job::{Column, SignerColumn, is_separator, normalised};
use crate::support::is_invisible;

/// What a signer's number may be.
pub(super) const SIGNERS: RangeInclusive<u16> = 1..=999;

pub(super) fn known(header: &str) -> Option<Column> {
    let plain = normalised(header);
    let by_name = Column::of_session().find(|(_, name)| normalised(name) == plain);
    let mut service = Column::SERVICE_NAMES.into_iter();
    by_name
        .map(|(column, _)| column)
        .or_else(|| {
            let alias = service.find(|(alias, _)| normalised(alias) == plain);
            alias.map(|(_, column)| column)
        })
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
pub(super) fn signer_number(header: &str) -> Option<(Option<u16>, &str)> {
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
    let plain = normalised(header);
    let numbered = signer_number(header);
    let number = numbered.and_then(|(number, _)| number).unwrap_or(1);
    let candidates = Column::of_session()
        .map(|(_, name)| name.to_owned())
        .chain(Column::SERVICE_NAMES.map(|(alias, _)| alias.to_owned()))
        .chain(SignerColumn::named().map(|(member, _)| Column::Signer(number, member).to_string()));
    let near = nearest(&plain, candidates);
    match numbered {
        _ if near.is_some() => near,
        Some(_) => Some(
            "a signer's column (signer_N_id, _email, _first_name, _last_name, _role, _sequence, \
             _merge_FIELD, N from 1)"
                .into(),
        ),
        None => None,
    }
}

/// The name of the only signer that a header was probably meant to be.
pub(super) fn misspelt_unnumbered(header: &str) -> Option<(SignerColumn, String)> {
    let names = SignerColumn::unnumbered_names().map(|(_, name)| name.to_owned());
    let name = nearest(&normalised(header), names)?;
    Some((SignerColumn::of_unnumbered(&name)?, name))
}

/// The nearest of some names, if it is one edit away, or two from eight letters on.
fn nearest(plain: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let (distance, nearest) = names
        .map(|name| (strsim::osa_distance(plain, &normalised(&name)), name))
        .min()?;
    let letters = normalised(&nearest).chars().count();
    (distance <= if letters >= 8 { 2 } else { 1 }).then_some(nearest)
}
