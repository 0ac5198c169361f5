use super::json_columns::JsonColumns;
use super::json_record::{JsonRow, read_record};
use super::json_stream::{Ended, Piece, read_array, read_lines};
use super::reader::{judged, with_constants};
use super::{Format, Manifest, ManifestError, ReadOptions, Summary, csv_format};
use crate::job::{Column, Record};

impl Manifest {
    /// Reads a JSON array or JSON lines, one record in memory at a time.
    pub(super) fn read_json<E: From<ManifestError>>(
        &self,
        options: &ReadOptions,
        take: &mut dyn FnMut(Record) -> Result<(), E>,
    ) -> Result<Summary, E> {
        let mut summary = Summary::default();
        let mut columns = JsonColumns::new(&options.other_columns);
        let mut bytes = self.bytes()?;
        let text = csv_format::decode(&mut bytes);
        let mut take_piece = |piece| match row(piece, &mut columns, &mut summary) {
            Some(row) => match record(row, self, options, &mut summary) {
                Some(record) => take(record),
                None => Ok(()),
            },
            None => Ok(()),
        };
        let read = match self.format() {
            Format::JsonLines => read_lines(text, &mut take_piece),
            // The closing bracket tells that nothing is missing.
            _ => read_array(text, &mut take_piece).map(|count| (count, true)),
        };
        let (records, is_ended) = read.map_err(|ended| match ended {
            Ended::Io(error) => self.failed(error).into(),
            Ended::Refused(refusal) => refusal,
        })?;
        summary.records = records;
        summary.columns = with_constants(columns.into_names(), options);
        self.judge_end(&mut summary, !is_ended, options);
        let sha256 = bytes.finish().map_err(|error| self.failed(error))?;
        self.require_unchanged(&sha256)?;
        Ok(summary)
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
    manifest: &Manifest,
    options: &ReadOptions,
    summary: &mut Summary,
) -> Option<Record> {
    let JsonRow {
        raw,
        spelling,
        is_misspelt,
    } = row;
    let place_of = |column: &Column| spelling.member_of(column);
    let record = judged(raw, manifest, &place_of, options, summary);
    record.filter(|_| !is_misspelt)
}
