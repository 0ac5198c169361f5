use std::collections::BTreeSet;
use std::io::Read;

use serde_json::value::RawValue;

use super::json_columns::{JsonColumns, is_like_unnumbered};
use super::json_element::Element;
use super::json_record::{JsonRow, read_record};
use super::json_stream::{Ended, Piece, read_array, read_lines};
use super::row_validation::RowValidator;
use super::unnumbered_signer::unnumbered_headers;
use super::{
    AddressColumns, ColumnName, Format, Manifest, ManifestError, ReadOptions, Summary,
    UnnumberedHeaders, csv_format,
};
use crate::job::{Column, HeaderNames, Record, SignerColumn, is_same_name, signer_number};

impl Manifest {
    /// Reads a JSON array or JSON lines, one record in memory at a time.
    pub(super) fn read_json<E: From<ManifestError>>(
        &self,
        options: &ReadOptions,
        take: &mut dyn FnMut(Record) -> Result<(), E>,
    ) -> Result<Summary, E> {
        let mut summary = Summary::default();
        let look_ahead = || self.plain_members(options);
        let mut columns = JsonColumns::new(options, &look_ahead);
        let is_plain = |name: &ColumnName| match name {
            ColumnName::Other(name) => is_like_unnumbered(name),
            ColumnName::Known(_) => false,
        };
        let plain = match options.constants.iter().any(|(name, _)| is_plain(name)) {
            true => columns.plain(),
            false => UnnumberedHeaders::Other,
        };
        let validator = RowValidator::new(self, options, plain, &mut summary);
        let mut addresses = AddressColumns::default();
        let mut bytes = self.bytes()?;
        let text = csv_format::decode(&mut bytes);
        let mut take_piece = |piece| {
            let row = row(piece, &mut columns, &mut summary);
            if let Some(failure) = columns.take_failure() {
                return Err(failure.into());
            }
            let Some(row) = row else {
                return Ok(());
            };
            count_addresses(&row, &mut addresses);
            let record = record(row, &validator, columns.headers(), &mut summary);
            record.map_or(Ok(()), &mut *take)
        };
        let (records, is_ended) = self.read_pieces(text, &mut take_piece)?;
        summary.records = records;
        summary.addresses = addresses.found();
        validator.warn_of_kept(columns.kept_unnumbered(), &mut summary);
        summary.columns = validator.with_constants(columns.into_names());
        self.judge_end(&mut summary, !is_ended, options);
        let sha256 = bytes.finish().map_err(|error| self.failed(error))?;
        self.require_unchanged(&sha256)?;
        Ok(summary)
    }

    fn read_pieces<E: From<ManifestError>>(
        &self,
        text: impl Read,
        take: &mut dyn FnMut(Piece) -> Result<(), E>,
    ) -> Result<(u64, bool), E> {
        let read = match self.format() {
            Format::JsonLines => read_lines(text, take),
            // The closing bracket tells that nothing is missing.
            _ => read_array(text, take).map(|count| (count, true)),
        };
        read.map_err(|ended| match ended {
            Ended::Io(error) => self.failed(error).into(),
            Ended::Refused(refusal) => refusal,
        })
    }

    /// Goes through all records to tell what plain members mean: whether some record numbers its
    /// signers.
    fn plain_members(&self, options: &ReadOptions) -> Result<UnnumberedHeaders, ManifestError> {
        let mut names = BTreeSet::new();
        let mut note = |piece| {
            if let Piece::Record(_, Element::Object(members)) = piece {
                for (member, value) in members {
                    note_member(&member, &value, &mut names);
                }
            }
            Ok::<(), ManifestError>(())
        };
        let mut bytes = self.bytes()?;
        self.read_pieces(csv_format::decode(&mut bytes), &mut note)?;
        let names = names.iter().map(String::as_str);
        Ok(unnumbered_headers(
            names,
            &options.other_columns,
            &options.read_before,
        ))
    }
}

/// Notes a member that says something of signers; other names may be as many as records.
fn note_member(member: &str, value: &RawValue, names: &mut BTreeSet<String>) {
    let is_signers = is_same_name(member, "signers");
    let is_empty = || {
        let signers = serde_json::from_str::<Option<Vec<&RawValue>>>(value.get());
        signers.is_ok_and(|signers| signers.unwrap_or_default().is_empty())
    };
    if is_signers && !is_empty() {
        let all = SignerColumn::named();
        names.extend(all.map(|(member, _)| Column::Signer(1, member).to_string()));
    } else if SignerColumn::of_unnumbered(member).is_some()
        || signer_number(member.trim()).is_some()
    {
        names.insert(member.trim().to_owned());
    }
}

fn count_addresses(row: &JsonRow, addresses: &mut AddressColumns) {
    for (name, text) in &row.raw.cells {
        match name {
            ColumnName::Known(column) => {
                addresses.take(&row.member_names.member_of(column), name, text);
            }
            ColumnName::Other(member) => addresses.take(member, name, text),
        }
    }
}

fn row(piece: Piece, columns: &mut JsonColumns<'_>, summary: &mut Summary) -> Option<JsonRow> {
    match piece {
        Piece::Record(number, element) => {
            read_record(number, element, columns, &mut summary.problems)
        }
        Piece::Broken(number, problem) => {
            summary.problems.add(number, problem);
            None
        }
    }
}

fn record(
    row: JsonRow,
    validator: &RowValidator<'_>,
    headers: &HeaderNames,
    summary: &mut Summary,
) -> Option<Record> {
    let JsonRow {
        raw,
        member_names,
        is_misspelt,
    } = row;
    let place_of = |column: &Column| member_names.member_of(column);
    summary.has_header_problems |= is_misspelt;
    let record = validator.validate(raw, &place_of, headers, summary);
    record.filter(|_| !is_misspelt)
}
