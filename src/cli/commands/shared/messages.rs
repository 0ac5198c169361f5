//! What is refused, warned of or passed over, in words.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::{Failure, Message, Output};
use crate::job::{Column, is_report_column};
use crate::ledger::{
    CorrectedRow, CorrectionSummary, DuplicateContent, ImportError, Refusal, Remedy, RespelledRows,
    RowSample, SkippedDuplicate,
};
use crate::manifest::{InputFile, Problem, Problems};
use crate::support::{counted, one_line, singular_or};

/// A manifest or report refused for what is in it.
pub fn refused(manifest: &InputFile, problems: &Problems) -> Failure {
    let count = counted(problems.total(), "problem");
    Failure {
        problem_lines: problem_lines(manifest, problems),
        problem_messages: problem_messages(manifest, problems),
        ..Failure::refused(format!("{count}; nothing was sent"))
    }
}

/// The problems of a manifest or report, each with its place.
pub fn problem_lines(manifest: &InputFile, problems: &Problems) -> Vec<String> {
    problems.lines(&|line| manifest.place(line), manifest.line_word())
}

/// Refuses a manifest or report that has problems.
///
/// # Errors
/// All of them at once.
pub fn require_none(manifest: &InputFile, problems: &Problems) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(refused(manifest, problems))
}

/// Says what is only to be warned of in a report.
///
/// # Errors
/// When the report is refused for what is in it.
pub fn warn_and_require_none(
    output: &Output,
    report: &InputFile,
    problems: &Problems,
) -> Result<(), Failure> {
    for text in problems.warnings() {
        output.emit(&warning(text));
    }
    require_none(report, problems)
}

/// Columns that a report has lost or got since it was written: what is below the ones is as it
/// was, what is below the others is neither sent nor kept.
pub fn report_columns(
    output: &Output,
    report: &InputFile,
    list: &BTreeSet<String>,
    has: &[String],
) {
    let path = report.path().display();
    let is_sent = |name: &str| name.parse::<Column>().is_ok();
    let is_lost = |name: &&String| is_sent(name) && !is_report_column(name) && !has.contains(name);
    let is_new = |name: &&String| !is_sent(name) && !list.contains(*name);
    let lost: Vec<&str> = list.iter().filter(is_lost).map(String::as_str).collect();
    let new: Vec<&str> = has.iter().filter(is_new).map(String::as_str).collect();
    let warn = |event, names: Vec<&str>, what: &str, so: &str| {
        if !names.is_empty() {
            let text = format!("{path}: {what}: {}; {so}", names.join(", "));
            output.emit(&Message::warn(event, one_line(&text, 1000)));
        }
    };
    let so = "their cells stay as they were";
    warn("columns_lost", lost, "columns of the list are missing", so);
    let so = "they are not sent, and not in the next report";
    warn("columns_new", new, "columns are not in the list", so);
}

/// A header of a report that was renamed, it seems.
pub fn renamed(header: &str, meant: &Column) -> String {
    format!(
        "'{header}' looks like a misspelling of {meant}, which is missing: the cells below it are not \
         sent. Put the header back as it was"
    )
}

/// The problems that are listed one by one, each with its place.
fn problem_messages(manifest: &InputFile, problems: &Problems) -> Vec<Message> {
    let place = manifest.line_word();
    let message = |problem: &Problem| {
        let text = problem.describe(place);
        let message = in_file(Message::error("problem", text), manifest);
        match problem.line {
            Some(line) => message.with(place, line).with("rows", problem.rows),
            None => message,
        }
    };
    problems.listed().iter().map(message).collect()
}

fn in_file(message: Message, manifest: &InputFile) -> Message {
    message.with("file", manifest.path().to_string_lossy())
}

/// Something in a manifest that does not refuse it.
pub fn warning(text: &str) -> Message {
    Message::warn("warning", format!("warning: {text}"))
}

/// A warning of another ledger, which may have the same rows.
pub fn other_ledger(path: &Path, text: &str) -> Message {
    warning(&format!("{}: {text}", path.display())).with("ledger", path.to_string_lossy())
}

/// A record that is not sent, although it says something else than the one that is.
pub fn skipped(manifest: &InputFile, skipped: &SkippedDuplicate, place: &str) -> Message {
    let (line, first, row_id) = (skipped.line, skipped.first, &skipped.row_id);
    let text = format!(
        "{}: has the row id '{row_id}' of {place} {first}, but other content; it is not sent, and the \
         report shows the outcome of {place} {first} for it",
        manifest.place(Some(line))
    );
    in_file(Message::warn("duplicate_differs", text), manifest).with(place, line)
}

/// A cell of a manifest that does not fit its source session.
pub fn misfit(manifest: &InputFile, line: u64, text: &str) -> Message {
    let text = format!("{}: {text}", manifest.place(Some(line)));
    in_file(Message::warn("misfit", text), manifest).with(manifest.line_word(), line)
}

/// Rows that would reach the same people with the same words a second time.
pub fn duplicate_content(manifest: &InputFile, found: &DuplicateContent) -> Message {
    let (rows, first) = (found.rows, manifest.place(Some(found.first_line)));
    let say = singular_or(
        rows,
        "has the same content as another row",
        "have the same content as other rows",
    );
    let text = format!(
        "warning: {} {say} under another row_id; the same people get another \
         copy (first: {first})",
        counted(rows, "row")
    );
    let message = in_file(Message::warn("twins", text), manifest).with("rows", rows);
    message.with(manifest.line_word(), found.first_line)
}

/// A corrected row of a report.
pub fn correction(report: &InputFile, changed: &CorrectedRow) -> Message {
    of_row(report, changed, "corrected", "was corrected")
}

fn of_row(report: &InputFile, changed: &CorrectedRow, event: &'static str, what: &str) -> Message {
    let (place, name) = (report.place(Some(changed.line)), &changed.name);
    let cells = changed.cells.join(", ");
    let message = Message::info(event, format!("{place}: {name} {what}: {cells}"));
    in_file(message, report)
        .with("line", changed.line)
        .with("row_id", changed.row_id.as_str())
}

fn report_respelt(output: &Output, report: &InputFile, respelt: &RespelledRows) {
    let what = "stays as it is, because only the spelling of a number differs";
    for row in &respelt.first {
        output.emit(&of_row(report, row, "respelt", what));
    }
    let more = respelt.count - respelt.first.len();
    if more > 0 {
        let rows = counted(more as u64, "more row");
        let text = format!("... and {rows} where only the spelling of numbers differs");
        output.emit(&Message::info("respelt", text).with("more", more));
    }
}

/// What a report says that the ledger knows better.
pub fn report_overruled_cells(output: &Output, report: &InputFile, corrected: &CorrectionSummary) {
    report_respelt(output, report, &corrected.respelled);
    let path = report.path().display();
    let warn = |event, rows: &RowSample, describe: &dyn Fn(String) -> String| {
        if let Some(listed) = listed(rows) {
            output.emit(&Message::warn(event, describe(listed)).with("rows", rows.count));
        }
    };
    warn("ignored", &corrected.sent_otherwise, &|rows| {
        format!(
            "{path}: cells were changed in copied or uncertain rows, which are not sent again: {rows}"
        )
    });
    warn("gone", &corrected.not_listed, &|rows| {
        format!(
            "{path}: failed or pending rows that are no longer in the list are not sent: {rows}. To send \
             them, put them back in the list"
        )
    });
    warn("reached", &corrected.reached_again, &|rows| {
        format!(
            "warning: {path}: rows were corrected to people who have, or may have, a copy of the same \
             session, and get another one: {rows}. Was one column sorted without the others?"
        )
    });
    warn("copied_since", &corrected.copied_since, &|rows| {
        let count = corrected.copied_since.count;
        let verb = singular_or(count, "was", "were");
        format!(
            "{} of this report {verb} copied after it was written, and not sent again: {rows}",
            counted(count, "row")
        )
    });
    warn("other_session", &corrected.other_sessions, &|rows| {
        format!("{path}: the ledger has another new_session_id for some rows, and keeps it: {rows}")
    });
}

/// The first rows with their lines, and how many more there are.
fn listed(rows: &RowSample) -> Option<String> {
    let named = rows
        .first
        .iter()
        .map(|(line, name)| format!("{name} at line {line}"));
    let named = named.collect::<Vec<String>>().join(", ");
    match rows.count - rows.first.len() as u64 {
        _ if rows.count == 0 => None,
        0 => Some(named),
        more => Some(format!("{named} and {more} more")),
    }
}

/// A manifest or report refused for what it would do to the ledger, or a ledger that failed.
pub fn not_imported(manifest: &InputFile, error: ImportError) -> Failure {
    match error {
        ImportError::Refused(all) => refused_for_all(manifest, &Problems::default(), &all),
        ImportError::Ledger(error) => error.into(),
    }
}

/// A manifest refused for what is in it and for what it would do to the ledger, in the order of
/// its lines.
pub fn refused_for_all(manifest: &InputFile, problems: &Problems, refusals: &[Refusal]) -> Failure {
    let mut all = problems.clone();
    for refusal in refusals {
        all.add(refusal.line, refusal.text.clone());
    }
    let mut failure = refused(manifest, &all);
    let needs = |remedy| refusals.iter().any(|refusal| refusal.remedy == remedy);
    if needs(Remedy::WholeReport) {
        failure.text.push_str(
            ". If that report was only part of the whole: move this ledger away, and begin a new one from the \
             whole report with `retry --without-ledger`. --accept-changes sends these rows; some may already \
             be copied, and those people would get a second copy",
        );
    } else if needs(Remedy::RevertChange) {
        failure.text.push_str(
            ". To keep the copies as they are, undo the change. --accept-changes sends the new \
             rows: the same people may get a second copy. Copied and uncertain rows are never sent \
             again",
        );
    }
    if needs(Remedy::OtherLedger) {
        failure.text.push_str(
            ". --accept-changes makes a second copy of these rows: use it only if these people are to get another one",
        );
    }
    failure
}
