//! A JSON manifest, one record in memory at a time.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::detect_dialect::undecoded_beginning;
use super::json_members::{JsonColumns, is_like_unnumbered};
use super::json_record::read_record;
use super::json_record_value::RecordValue;
use super::json_stream::{JsonItem, NOT_UTF8, read_items};
use super::record_checker::RecordChecker;
use super::unknown_encoding::refusal_of_text;
use super::unnumbered_signer::unnumbered_headers;
use super::{ColumnName, InputFile, ManifestError, ReadOptions, ReadSummary, UnnumberedHeaderRule};
use crate::job::{Column, Record, SignerColumn, is_same_name, signer_number};

/// Reads a JSON array or JSON lines.
pub(super) fn read_json<E: From<ManifestError>>(
    mut checker: RecordChecker<'_>,
    take: &mut dyn FnMut(Record) -> Result<(), E>,
) -> Result<ReadSummary, E> {
    let (manifest, options) = (checker.manifest, checker.options);
    let mut columns = JsonColumns::new(options);
    let is_like = |name: &ColumnName| match name {
        ColumnName::Other(name) => is_like_unnumbered(name),
        ColumnName::Known(_) => false,
    };
    if options.constants.iter().any(|(name, _)| is_like(name)) {
        columns.unnumbered = Some(unnumbered_members(manifest, options)?);
    }
    checker.read_constants(columns.unnumbered.unwrap_or_default());
    let mut bytes = manifest.bytes()?;
    let mut is_refused = false;
    let (records, is_ended) = read_items(manifest, manifest.text(&mut bytes), &mut |item| {
        let (number, element) = match item {
            JsonItem::Record(number, element) => (number, element),
            JsonItem::Broken(number, problem) => {
                let problems = &mut checker.summary.problems;
                match problem.strip_suffix(NOT_UTF8) {
                    None => problems.add(number, problem),
                    Some(place) if !is_refused => {
                        is_refused = true;
                        let beginning = undecoded_beginning(manifest)?;
                        problems.add(number, place.to_owned() + &refusal_of_text(&beginning));
                    }
                    // It is the whole file's problem.
                    Some(_) => {}
                }
                return Ok(());
            }
        };
        if columns.needs_unnumbered(&element) {
            columns.unnumbered = Some(unnumbered_members(manifest, options)?);
        }
        let row = read_record(number, element, &mut columns, &mut checker.summary.problems);
        let record = row.and_then(|row| checker.take(&row, &columns.headers));
        record.map_or(Ok::<(), E>(()), &mut *take)
    })?;
    checker.warn_of_ignored(&columns.ignored_signer_headers);
    Ok(checker.finish(columns.names, records, !is_ended, bytes)?)
}

/// Goes through all records to find what unnumbered members mean: whether some record numbers its
/// signers.
fn unnumbered_members(
    manifest: &InputFile,
    options: &ReadOptions,
) -> Result<UnnumberedHeaderRule, ManifestError> {
    let mut names = BTreeSet::new();
    read_items(manifest, manifest.text(manifest.bytes()?), &mut |item| {
        if let JsonItem::Record(_, RecordValue::Object(members)) = item {
            for (member, value) in members {
                note_member(&member, &value, &mut names);
            }
        }
        Ok::<(), ManifestError>(())
    })?;
    let names = names.iter().map(String::as_str);
    Ok(unnumbered_headers(
        names,
        &options.other_columns,
        &options.read_before,
    ))
}

/// Notes a member that says something of signers; other names may be as many as records.
fn note_member(member: &str, value: &RawValue, names: &mut BTreeSet<String>) {
    let is_empty = || {
        let signers = serde_json::from_str::<Option<Vec<&RawValue>>>(value.get());
        signers.is_ok_and(|signers| signers.unwrap_or_default().is_empty())
    };
    if is_same_name(member, "signers") && !is_empty() {
        let all = SignerColumn::named();
        names.extend(all.map(|(member, _)| Column::Signer(1, member).to_string()));
    } else if SignerColumn::of_unnumbered(member).is_some()
        || signer_number(member.trim()).is_some()
    {
        names.insert(member.trim().to_owned());
    }
}
