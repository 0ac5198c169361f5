//! A report whose ledger is lost, read into a new one: the job's own, or one to throw away.

use std::collections::HashSet;

use jiff::Timestamp;

use super::corrections::list_columns;
use super::messages;
use super::report_rows::ReportRowReader;
use crate::cli::{Failure, Output, Paths, today};
use crate::job::{Fields, ManifestFacts};
use crate::ledger::{ImportOptions, Ledger, RecoverySummary, ReportInput};
use crate::manifest::{InputFile, read_report, suspected_misspellings};
use crate::support::counted;

/// A report on its way into a new ledger.
pub struct ReportImport<'a> {
    /// Where to report.
    pub output: &'a Output,
    /// The report.
    pub report: &'a InputFile,
    /// The name of the manifest that it came from.
    pub name: &'a str,
    /// The `--set` values.
    pub constants: &'a Fields,
    /// How its rows are taken in.
    pub options: ImportOptions,
    /// Whether failed and pending rows are looked up before they are sent.
    pub looks_up: bool,
}

impl ReportImport<'_> {
    /// Refuses a report before its ledger is begun, and finds out whether its lines have the numbers of
    /// their records still.
    ///
    /// # Errors
    /// What is wrong with its form.
    pub fn require_sound(&self) -> Result<bool, Failure> {
        let mut numbers = HashSet::new();
        let mut are_good = true;
        let problems = read_report::<Failure>(self.report, |line| {
            let number = line.other("row").parse().unwrap_or(0);
            are_good &= (1..=i64::MAX).contains(&number) && numbers.insert(number);
            Ok(())
        })?;
        messages::warn_and_require_none(self.output, self.report, &problems)?;
        let last = numbers.iter().max().copied().unwrap_or(0);
        let missing = u64::try_from(last).unwrap_or(0) - numbers.len() as u64;
        if are_good && missing > 0 {
            let text = format!(
                "{}: its column row shows that at least {} are missing. If this is only a part, begin \
                 from the whole report: the list's other rows are refused later, because they may be \
                 copied already",
                self.report.path().display(),
                counted(missing, "row")
            );
            self.output.emit(&messages::warning(&text));
        }
        // Nobody knows any more whether the list had such a column.
        for (header, meant) in suspected_misspellings(self.report)? {
            let place = self.report.place(Some(1));
            let text = format!("{place}: {}", messages::renamed(&header, &meant));
            self.output.emit(&messages::warning(&text));
        }
        Ok(are_good)
    }

    /// Takes its lines over into a ledger that is new and empty.
    ///
    /// # Errors
    /// What is wrong with its lines, or a ledger that can't be written.
    pub fn recover(
        &self,
        ledger: &mut Ledger,
        has_numbers: bool,
    ) -> Result<RecoverySummary, Failure> {
        let report = self.report;
        let facts = ManifestFacts {
            name: self.name.to_owned(),
            ..report.facts(String::new())?
        };
        let input = ReportInput {
            constants: self.constants.clone(),
            columns: list_columns(report)?,
            options: self.options.clone(),
            today: today(),
        };
        let mut recovery = ledger.recover(facts, input, self.looks_up)?;
        let mut reader = ReportRowReader::new(has_numbers);
        let unsound = read_report::<Failure>(report, |line| match reader.read(line) {
            Some(reported) => Ok(recovery.add(&reported)?),
            None => Ok(()),
        })?;
        let problems = match unsound.is_empty() {
            true => reader.finish(),
            false => unsound,
        };
        messages::require_none(report, &problems)?;
        let recovered = recovery.finish(Timestamp::now());
        recovered.map_err(|error| messages::not_imported(report, error))
    }
}

/// Refused where a ledger is that knows more than the report.
pub fn ledger_exists_failure(paths: &Paths) -> Failure {
    Failure::refused(format!(
        "{}: there is a ledger here, and it knows more than a report; leave out \
             --without-ledger. If it is another job's, name another file with --ledger",
        paths.ledger.display()
    ))
}
