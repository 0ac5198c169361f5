//! How a report is known from a manifest, also after somebody changed its header: as a manifest it
//! would copy everybody again.

use crate::job::{
    Column, REPORT_SIGNATURE, Record, RowId, SessionId, Status, TransactionId, normalised,
};

/// Whether a header has every column of our reports.
pub(super) fn is_report(headers: &[impl AsRef<str>]) -> bool {
    let has = |name: &str| headers.iter().any(|header| header.as_ref().trim() == name);
    headers.len() >= REPORT_SIGNATURE.len() && REPORT_SIGNATURE.into_iter().all(has)
}

/// So many of a report's columns no manifest has for itself.
const REPORT_ONLY: usize = 7;

/// The columns that a report lacks, if its header alone shows that it was one. A manifest may have
/// a few of them for itself.
pub(super) fn missing_columns_if_report(headers: &[impl AsRef<str>]) -> Option<String> {
    (count_report_columns(headers) >= REPORT_ONLY)
        .then(|| missing_columns(headers))
        .filter(|lost| !lost.is_empty())
}

/// How many columns a header has that only reports have.
pub(super) fn count_report_columns(headers: &[impl AsRef<str>]) -> usize {
    let plain: Vec<String> = headers
        .iter()
        .map(|header| normalised(header.as_ref()))
        .collect();
    let own = own_columns().filter(|name| plain.contains(&normalised(name)));
    own.count()
}

/// The columns of a report that a header lacks.
pub(super) fn missing_columns(headers: &[impl AsRef<str>]) -> String {
    let has = |name: &&str| headers.iter().any(|header| header.as_ref().trim() == *name);
    let missing = REPORT_SIGNATURE.into_iter().filter(|name| !has(name));
    missing.collect::<Vec<_>>().join(", ")
}

/// The columns of a report that a manifest has no use for.
fn own_columns() -> impl Iterator<Item = &'static str> {
    let all = REPORT_SIGNATURE.into_iter();
    all.filter(|name| name.parse::<Column>().is_err())
}

/// Whether a record was a line of a report: besides columns of a report it has a copy with its
/// status, or an id that only this program makes.
pub(super) fn is_report_line(record: &Record) -> bool {
    let own = |name: &str| {
        let mut cells = record.other.iter();
        let is_it =
            |header: &str| normalised(header.trim_start_matches("input.")) == normalised(name);
        let found = cells.find(|(header, _)| is_it(header));
        found.map(|(_, text)| text.trim())
    };
    let is_copy = own("new_session_id").is_some_and(|id| SessionId::parse(id).is_ok());
    let has_status = own("status").is_some_and(|text| {
        let mut all = Status::ALL.into_iter();
        all.any(|status| status.as_str() == text)
    });
    let is_made = |text: &str| TransactionId::parse(text).is_ok_and(|id| id.is_generated());
    let has_made_id = record.row_id.as_ref().is_some_and(RowId::is_generated)
        || record
            .fields
            .text(&Column::TransactionId)
            .is_some_and(is_made);
    is_copy && has_status || has_made_id && own_columns().any(|name| own(name).is_some())
}

#[cfg(test)]
mod tests {
    use crate::manifest::{Format, InputFile, ManifestError, ReadOptions};

    const HEADER: &str = "source_session_id,signer_1_email,";
    const CELLS: &str = "3f0c6c1e-0000-4000-8000-000000000001,ana@example.com,";

    fn problems(header: &str, cells: &str) -> Vec<String> {
        let text = format!("{HEADER}{header}\n{CELLS}{cells}\n");
        let manifest = InputFile::of_standard_input(text.as_bytes(), Format::Csv).unwrap();
        let read = manifest.read::<ManifestError>(&ReadOptions::default(), |_| Ok(()));
        let problems = read.unwrap().problems;
        problems
            .listed()
            .iter()
            .map(|problem| problem.text.clone())
            .collect()
    }

    #[test]
    fn a_few_columns_of_a_report_give_its_lines_away() {
        const ROW_ID: &str = "r1zmtipeyw4xsvkb66kpmuiojczs";
        const TRANSACTION_ID: &str = "ec-lwynz6kagsenpwrlzkia4pusmk";
        const COPY: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
        for (header, cells) in [
            ("new_session_id,status", format!("{COPY},copied")),
            ("New Session ID,Status", format!("{COPY},copied")),
            ("row_id,status", format!("{ROW_ID},failed")),
            ("transaction_id,error", format!("{TRANSACTION_ID},no")),
        ] {
            let problems = problems(header, &cells);
            assert_eq!(problems.len(), 1, "{header}: {problems:?}");
            assert!(problems[0].contains("esign-copy retry"), "{problems:?}");
        }
        for (header, cells) in [
            ("row_id,status", "17,failed".to_owned()),
            ("new_session_id,status", format!("{COPY},vip")),
            ("new_session_id,status", ",copied".to_owned()),
            (
                "row_id,transaction_id",
                format!("{ROW_ID},{TRANSACTION_ID}"),
            ),
            ("row_id,status", format!("{ROW_ID},")),
        ] {
            assert_eq!(problems(header, &cells), [""; 0], "{header}");
        }
    }
}
