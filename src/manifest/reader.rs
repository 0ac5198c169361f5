//! The records of a manifest, one after the other.

use std::io::Read;

use super::csv_text::{self, CsvText};
use super::reading::Reading;
use super::{
    Columns, Format, Manifest, ManifestError, ReadOptions, Summary, csv_header, json_reader,
};
use crate::job::{HeaderNames, Record};

impl Manifest {
    /// Reads every record and gives those of sound form to `take`.
    ///
    /// # Errors
    /// When the file can't be read or changed since it was opened, or what `take` fails with.
    pub fn read<E: From<ManifestError>>(
        &self,
        options: &ReadOptions,
        mut take: impl FnMut(Record) -> Result<(), E>,
    ) -> Result<Summary, E> {
        let reading = Reading::new(self, options);
        match self.format() {
            Format::Csv => read_csv(reading, &mut take),
            Format::Json | Format::JsonLines => json_reader::read_json(reading, &mut take),
        }
    }
}

fn read_csv<E: From<ManifestError>>(
    mut reading: Reading<'_>,
    take: &mut dyn FnMut(Record) -> Result<(), E>,
) -> Result<Summary, E> {
    let mut bytes = reading.manifest.bytes()?;
    let mut text = csv_text::open(reading.manifest, &mut bytes)?;
    let Some(columns) = csv_header::columns_of(&text, &mut reading)? else {
        return Ok(reading.summary);
    };
    reading.read_constants(columns.unnumbered);
    reading.warn_of_kept(&columns.kept_unnumbered);
    read_rows(&mut text, &columns, &mut reading, take)?;
    let (findings, records) = text.finish();
    for (line, problem) in findings.problems() {
        reading.summary.problems.add(Some(line), problem);
    }
    let names = columns.named().map(|(_, name)| name.in_report());
    Ok(reading.finish(names, records, findings.may_be_cut_off(), bytes)?)
}

fn read_rows<E: From<ManifestError>>(
    text: &mut CsvText<impl Read>,
    columns: &Columns,
    reading: &mut Reading<'_>,
    take: &mut dyn FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    let headers = HeaderNames::new(columns.iter().map(|(header, _)| header));
    let manifest = reading.manifest;
    let failed = |error: csv::Error| manifest.failed(error.into());
    let mut empty = columns.unnamed();
    while let Some(start) = text.advance().map_err(failed)? {
        let Some(row) = text.row(&start, columns, &mut reading.summary.problems) else {
            continue;
        };
        for index in row
            .filled_unnamed
            .iter()
            .filter(|index| empty.remove(index))
        {
            let problem = format!(
                "column {} has no name, but line {} has a cell in it; name it, or delete it",
                index + 1,
                row.line
            );
            reading
                .summary
                .problems
                .add(Some(text.header_start.line), problem);
            reading.summary.has_header_problems = true;
        }
        let record = reading.take(&row, &headers);
        record.map_or(Ok(()), &mut *take)?;
    }
    reading.warn_of_unnamed(&empty);
    Ok(())
}
