//! A report read back, after people may have corrected it: the lines that `retry` sends again, and
//! whether a file is a report at all. The module `report` writes them.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::path::Path;

use super::collapsed_columns::{self, CollapsedLines};
use super::csv_text::{self, CsvText};
use super::detect_dialect::{beginning, possible_headers};
use super::report_detection::{count_report_columns, is_report, missing_columns};
use super::row::{RawCell, RawRow};
use super::workbook;
use super::{ColumnName, Columns, InputFile, ManifestError, Problems};
use crate::job::{Column, REPORT_SIGNATURE, RowId, is_report_column};
use crate::support::if_there;

/// One line of a report as it was read back.
#[derive(Debug, Clone)]
pub struct ReportInputLine {
    /// Where it stands.
    pub line: u64,
    /// The row.
    pub row_id: RowId,
    /// Every known cell, empty ones included: what to send.
    pub cells: Vec<(Column, String)>,
    /// The other cells by header: the report's own ones, and those that are only kept.
    pub others: Vec<(String, String)>,
    /// The line where this row stood first, if it stood before.
    pub repeats: Option<u64>,
}

impl ReportInputLine {
    /// The trimmed text of a cell that is not known, empty if there is none.
    pub fn other(&self, header: &str) -> &str {
        let mut others = self.others.iter();
        let found = others.find(|(name, _)| name == header);
        found.map_or("", |(_, text)| text.trim())
    }
}

/// Whether a file that may stand there already has our report's header, in any order of its
/// columns, or begins as our JSON report does; `None` if there is no file.
///
/// # Errors
/// When it is there but can't be read.
pub fn has_report_header(path: &Path) -> std::io::Result<Option<bool>> {
    let Some(start) = start_of(path)? else {
        return Ok(None);
    };
    let mut headers = possible_headers(&start);
    let is_ours = headers.any(|header| is_report(&header)) || begins_as_json_report(&start);
    Ok(Some(is_ours))
}

/// Whether a file begins as our JSON report does.
///
/// # Errors
/// When it is there but can't be read.
pub fn is_json_report(path: &Path) -> std::io::Result<bool> {
    Ok(start_of(path)?.is_some_and(|start| begins_as_json_report(&start)))
}

/// Whether a file is a report of ours that a spreadsheet put into one column.
///
/// # Errors
/// When it is there but can't be read.
pub fn is_collapsed_report(path: &Path) -> std::io::Result<bool> {
    let start = start_of(path)?.unwrap_or_default();
    let mut headers = possible_headers(&start);
    Ok(headers.any(|header| collapsed_columns::header_problem(&header).is_some()))
}

/// Whether a file is a workbook, or may be one.
pub fn is_workbook(path: &Path) -> bool {
    // To open a pipe is to wait for somebody to write.
    let file = path
        .is_file()
        .then(|| std::fs::File::open(path).ok())
        .flatten();
    let mut start = Vec::new();
    let read = file.map(|file| file.take(8).read_to_end(&mut start));
    read.is_some_and(|read| read.is_ok()) && workbook::begins_as_one(&start)
}

/// Whether a workbook is a report of ours that was saved as one. One that can't be read is refused later.
pub fn is_report_workbook(path: &Path, sheet: Option<&str>) -> bool {
    let header = std::fs::File::open(path).map(|file| workbook::first_row(&file, sheet));
    header.is_ok_and(|header| header.is_ok_and(|header| is_report(&header)))
}

/// The beginning of a file as text, if there is one.
fn start_of(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let file = if_there(fs_err::File::open(path))?;
    file.map(beginning).transpose()
}

/// Found by the names alone, in our order: the first line may go on for long.
fn begins_as_json_report(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    let Some(rest) = text.strip_prefix("[\n") else {
        return false;
    };
    let mut names = REPORT_SIGNATURE.into_iter();
    let has_names = names.try_fold(rest, |rest, name| {
        let (_, behind) = rest.split_once(&format!("\"{name}\":"))?;
        Some(behind)
    });
    rest == "]\n" || rest.starts_with("{\"row\":") && has_names.is_some()
}

/// The columns of a report that are its manifest's, in their order.
///
/// # Errors
/// When the file can't be read.
pub fn manifest_columns(report: &InputFile) -> Result<Vec<String>, ManifestError> {
    let columns = columns_of(report)?;
    // What has no name is nobody's column.
    let kept = columns.named().filter_map(|(_, name)| match name {
        ColumnName::Known(column) => Some(column.to_string()),
        ColumnName::Other(name) => (!is_report_column(name)).then(|| name.clone()),
    });
    Ok(kept.collect())
}

/// Headers of a report that look like misspellings of a column that it lacks. Its manifest may have
/// such columns for itself; if not, a correction below one would be kept and not sent. Each with what
/// it was probably meant to be.
///
/// # Errors
/// When the file can't be read.
pub fn suspected_misspellings(report: &InputFile) -> Result<Vec<(String, Column)>, ManifestError> {
    let columns = columns_of(report)?;
    let renamed = columns.suspected_misspellings();
    let renamed = renamed.map(|(name, meant)| (name.to_owned(), meant));
    Ok(renamed.collect())
}

/// The columns of a report; none if its header can't be read, which is a problem where its lines are.
fn columns_of(report: &InputFile) -> Result<Columns, ManifestError> {
    let mut bytes = report.bytes()?;
    let (headers, problems) = csv_text::open(report, &mut bytes)?.headers();
    let columns = problems.is_empty().then(|| Columns::read_report(headers));
    Ok(columns.and_then(Result::ok).unwrap_or_default())
}

/// Reads a report for `retry` and gives each of its lines to `take`.
///
/// # Errors
/// When the file can't be read, or what `take` fails with. What is wrong inside it is in the
/// problems returned.
pub fn read_report<E: From<ManifestError>>(
    report: &InputFile,
    mut take: impl FnMut(ReportInputLine) -> Result<(), E>,
) -> Result<Problems, E> {
    let mut problems = Problems::default();
    let mut bytes = report.bytes()?;
    let mut text = csv_text::open(report, &mut bytes)?;
    let columns = match report_columns(&text) {
        Ok(columns) => columns,
        Err(problem) => {
            problems.add(Some(text.header_start.line), problem);
            return Ok(problems);
        }
    };
    let mut collapsed = CollapsedLines::new(text.separator, columns.count());
    let mut rows = FirstLines::default();
    let mut filled_unnamed = BTreeSet::new();
    let failed = |error: csv::Error| report.failed(error.into());
    while let Some(start) = text.advance().map_err(failed)? {
        let line = start.line;
        collapsed.take(line, &text.record);
        let Some(mut row) = text.row(&start, &columns, &mut problems) else {
            continue;
        };
        filled_unnamed.extend(row.filled_unnamed.iter().copied());
        if !row.unread.is_empty() {
            continue;
        }
        problems.extend(Some(line), std::mem::take(&mut row.flaws));
        match input_line(row).and_then(|cells| rows.note(cells)) {
            Ok(cells) => take(cells)?,
            Err(text) => problems.add(Some(line), text),
        }
    }
    let header_line = text.header_start.line;
    let end = text.finish();
    for (line, problem) in end.problems {
        problems.add(line, problem);
    }
    end.warnings
        .into_iter()
        .for_each(|text| problems.warn(text));
    for index in filled_unnamed {
        problems.warn(format!(
            "{}: column {} has no name; its cells are not sent, and not in the next report",
            report.place(Some(header_line)),
            report.column_place(index)
        ));
    }
    if end.may_be_cut_off {
        problems.warn(report.cut_off_warning());
    }
    if !problems.is_empty()
        && let Some((line, problem)) = collapsed.problem()
    {
        // What else is wrong with it comes of that.
        problems = Problems::default();
        problems.add(Some(line), problem);
    }
    report.require_same(bytes)?;
    Ok(problems)
}

fn report_columns(text: &CsvText<impl Read>) -> Result<Columns, String> {
    if let Some((_, problem)) = text.damage() {
        return Err(problem.to_owned());
    }
    let (headers, problems) = text.headers();
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    if !is_report(&headers) {
        let collapsed = collapsed_columns::header_problem(&headers);
        return Err(collapsed.unwrap_or_else(|| no_report(&headers)));
    }
    Columns::read_report(headers).map_err(|problems| problems.join("; "))
}

/// The rows of a report, each with its first line and what that says.
#[derive(Default)]
struct FirstLines(HashMap<RowId, (u64, u64)>);

impl FirstLines {
    /// Notes a line. A row may stand twice if both lines say the same.
    fn note(&mut self, mut cells: ReportInputLine) -> Result<ReportInputLine, String> {
        let this = (cells.line, digest(&cells));
        let first = *self.0.entry(cells.row_id.clone()).or_insert(this);
        cells.repeats = (first != this).then_some(first.0);
        if first.1 != this.1 {
            return Err(format!(
                "line {1} has the same row_id '{0}' with other cells; correct both lines in the same way",
                cells.row_id, first.0
            ));
        }
        Ok(cells)
    }
}

fn no_report(headers: &[String]) -> String {
    match count_report_columns(headers) {
        0 => "this is not a report of esign-copy; if it is a list, give it to `esign-copy run`"
            .into(),
        _ => format!(
            "this report has lost columns: {}. Put its header back as it was; if it is a list, give it \
             to `esign-copy run`",
            missing_columns(headers)
        ),
    }
}

fn input_line(row: RawRow<'_>) -> Result<ReportInputLine, String> {
    let mut row_id = Err("column row_id: is empty".to_owned());
    let (mut known, mut others) = (Vec::new(), Vec::new());
    for RawCell { name, text, .. } in row.cells {
        match name.into_owned() {
            ColumnName::Known(Column::RowId) => row_id = read_row_id(text.trim()),
            ColumnName::Known(column) => known.push((column, text)),
            ColumnName::Other(name) => others.push((name, text)),
        }
    }
    Ok(ReportInputLine {
        line: row.line,
        row_id: row_id?,
        cells: known,
        others,
        repeats: None,
    })
}

fn read_row_id(text: &str) -> Result<RowId, String> {
    if text.is_empty() {
        let none = "this row has no row id. Rows can't be added to a report; add it to the list, and \
                    `run` that";
        return Err(none.into());
    }
    RowId::parse(text).map_err(|error| format!("column row_id: '{text}' {error}"))
}

/// Small enough to keep for every line of a large report.
fn digest(line: &ReportInputLine) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for (column, text) in &line.cells {
        (column, text.trim()).hash(&mut hasher);
    }
    // How the row stands is said alike too, or nobody knows how it does.
    (line.other("status"), line.other("new_session_id")).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Format, ReadOptions};

    /// What is known as a report does not depend on the columns that the next release will write:
    /// a column that reports gain turns neither those without it nor those with it into manifests.
    #[test]
    fn a_report_is_one_with_and_without_a_column_that_came_later() {
        let session = "3f0c6c1e-0000-4000-8000-000000000001";
        let row = format!("1,r1,{session},,failed,refused,no,200,1,t,,,Lease");
        let older = format!("{},title\n{row}\n", REPORT_SIGNATURE.join(","));
        let newer = older.replace(",finished_at", ",duration,finished_at");
        let newer = newer.replace("1,t,,,", "1,t,,5 s,,");
        let last = older.replace(",title", ",duration,title");
        let last = last.replace(",Lease", ",5 s,Lease");
        for text in [older, newer, last] {
            let report = InputFile::of_standard_input(text.as_bytes(), Format::Csv).unwrap();
            let mut lines = Vec::new();
            let problems = read_report::<ManifestError>(&report, |line| {
                lines.push(line);
                Ok(())
            });
            assert_eq!(problems.unwrap().listed(), [], "{text}");
            assert_eq!(lines[0].other("status"), "failed");
            assert!(lines[0].cells.contains(&(Column::Title, "Lease".into())));
            // Nobody in it is sent to again.
            let read = report.read::<ManifestError>(&ReadOptions::default(), |_| Ok(()));
            assert!(!read.unwrap().problems.is_empty(), "{text}");
        }
        let members = |names: &[&str]| -> Vec<u8> {
            let members = names.iter().map(|name| format!("\"{name}\":null"));
            let members: Vec<String> = members.collect();
            format!("[\n{{{}}}\n]\n", members.join(",")).into()
        };
        let mut names = REPORT_SIGNATURE.to_vec();
        assert!(begins_as_json_report(&members(&names)));
        names.insert(9, "duration");
        assert!(begins_as_json_report(&members(&names)));
        names.remove(4);
        assert!(!begins_as_json_report(&members(&names)));
    }

    #[test]
    fn a_report_that_may_be_cut_off_is_read_with_a_warning() {
        let header = format!("{},signer_1_email\r\n", REPORT_SIGNATURE.join(","));
        let row = "1,a,3f0c6c1e-0000-4000-8000-000000000001,,failed,,,,0,t,,,ana@example.com\r\n";
        let problems = |length: usize| {
            let text = &format!("{header}{row}").into_bytes()[..header.len() + length];
            let report = InputFile::of_standard_input(text, Format::Csv).unwrap();
            read_report::<ManifestError>(&report, |_| Ok(())).unwrap()
        };
        for cut in ["ana@example.com\r\n", "om\r\n", "\r\n"] {
            let problems = problems(row.len() - cut.len());
            assert!(problems.warnings()[0].contains("cut off"), "{cut:?}");
        }
        assert!(problems(0).warnings().is_empty() && problems(row.len()).warnings().is_empty());
    }
}
