//! The records of a manifest, one after the other.

use std::io::Read;

use super::csv_text::{self, CsvText};
use super::mapped_rows::HalfEmptyCells;
use super::record_checker::RecordChecker;
use super::{
    Columns, Format, InputFile, ListMapping, ManifestError, ReadOptions, ReadSummary, csv_header,
    json_reader, mapped_rows,
};
use crate::job::{Column, HeaderNames, Record};

impl InputFile {
    /// Reads every record and gives those of sound form to `take`.
    ///
    /// # Errors
    /// When the file can't be read or changed since it was opened, or what `take` fails with.
    pub fn read<E: From<ManifestError>>(
        &self,
        options: &ReadOptions,
        mut take: impl FnMut(Record) -> Result<(), E>,
    ) -> Result<ReadSummary, E> {
        let checker = RecordChecker::new(self, options);
        match self.format() {
            Format::Csv => read_csv(checker, &mut take),
            Format::Json | Format::JsonLines => json_reader::read_json(checker, &mut take),
        }
    }
}

fn read_csv<E: From<ManifestError>>(
    mut checker: RecordChecker<'_>,
    take: &mut dyn FnMut(Record) -> Result<(), E>,
) -> Result<ReadSummary, E> {
    let mut bytes = checker.manifest.bytes()?;
    let mut text = csv_text::open(checker.manifest, &mut bytes)?;
    let mapping = checker.options.mapping.as_ref();
    let found = match mapping {
        None => csv_header::columns_of(&text, &mut checker)?.map(|columns| (columns, None)),
        Some(mapping) => mapped_rows::columns_of(&text, mapping, &mut checker)?
            .map(|(columns, mapping)| (columns, Some(mapping))),
    };
    let Some((columns, list)) = found else {
        return Ok(checker.summary);
    };
    checker.read_constants(columns.unnumbered);
    checker.warn_of_ignored(&columns.ignored_signer_headers);
    read_rows(&mut text, &columns, list.as_ref(), &mut checker, take)?;
    let end = text.finish();
    for (line, problem) in end.problems {
        checker.summary.problems.add(line, problem);
    }
    checker.summary.warnings.extend(end.warnings);
    let names = columns.named().map(|(_, name)| name.in_report());
    let mapped = mapping.iter().flat_map(|mapping| mapping.columns());
    let names = names.chain(mapped.map(Column::to_string));
    Ok(checker.finish(names, end.records, end.may_be_cut_off, bytes)?)
}

fn read_rows<E: From<ManifestError>>(
    text: &mut CsvText<impl Read>,
    columns: &Columns,
    list: Option<&ListMapping<'_>>,
    checker: &mut RecordChecker<'_>,
    take: &mut dyn FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    let headers = HeaderNames::new(columns.iter().map(|(header, _)| header));
    let manifest = checker.manifest;
    let failed = |error: csv::Error| manifest.failed(error.into());
    let mut empty = columns.unnamed();
    let mut half_empty = HalfEmptyCells::default();
    while let Some(start) = text.advance().map_err(failed)? {
        let Some(mut row) = text.row(&start, columns, &mut checker.summary.problems) else {
            continue;
        };
        for index in row
            .filled_unnamed
            .iter()
            .filter(|index| empty.remove(index))
        {
            let problem = format!(
                "column {} has no name, but {} {} has a cell in it; give the column a name, or delete \
                 it",
                manifest.column_place(*index),
                manifest.line_word(),
                row.line
            );
            checker
                .summary
                .problems
                .add(Some(text.header_start.line), problem);
            checker.summary.has_header_problems = true;
        }
        if let Some(list) = list
            && let Err(problems) = mapped_rows::fill(&mut row, list, &mut half_empty)
        {
            checker.summary.problems.extend(Some(row.line), problems);
            continue;
        }
        let record = checker.take(&row, &headers);
        record.map_or(Ok(()), &mut *take)?;
    }
    checker.warn_of_unnamed(&empty);
    half_empty.warnings().for_each(|text| checker.warn(&text));
    Ok(())
}
