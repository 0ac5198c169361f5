//! The table of all rows.

use std::io;

use jiff::Timestamp;

use super::HtmlSummary;
use super::markup::{Markup, cell, html};
use crate::job::{Column, ReportLine, SignerColumn, Status};
use crate::support::thousands;

/// Above this, copied rows are not printed unless somebody asked for them.
const MAX_PRINTED: u64 = 1_000;

/// Addresses shown of one row.
const MAX_EMAILS: usize = 10;
/// Cells of the list's own columns shown of one row, so that people find it by what they know it by.
const MAX_OTHER_CELLS: usize = 5;

/// A column: its heading, its cell's tag, and what writes the cell.
type TableColumn = (
    &'static str,
    &'static str,
    fn(&mut Markup, &ReportLine) -> io::Result<()>,
);

/// The columns, in their order.
const COLUMNS: [TableColumn; 6] = [
    ("Row", "<td>", |out, line| {
        line.number.map_or(Ok(()), |number| out.text(number))
    }),
    ("Title and recipients", "<td dir=auto>", recipients),
    ("Status", "<td>", |out, line| out.text(line.status)),
    ("New session, or why there is none", "<td dir=auto>", result),
    ("Finished (UTC)", "<td>", |out, line| {
        out.text(line.finished_at.map(time).unwrap_or_default())
    }),
    ("Row id", "<td dir=auto>", |out, line| {
        out.text(cell(&line.row_id, 200))
    }),
];

/// Writes what is above the rows.
pub(super) fn begin(out: &mut Markup, summary: &HtmlSummary) -> io::Result<()> {
    let is_long = summary.counts.total() > MAX_PRINTED;
    html! { out,
        "<section><h2 id=rows>Every row</h2>\n<div class=controls role=search>\n"
        "<label>Search <input type=search id=search autocomplete=off "
        "placeholder=\"name, e-mail, id, error\"></label>\n"
        "<label>Status <select id=status><option value=\"\">all "
        (thousands(summary.counts.total() + summary.gone))
        for status in (Status::ALL) { "<option>" (status) }
        "</select></label>\n<button type=button id=clear hidden>Show all</button>\n"
        "<p id=found role=status></p></div>\n"
        if (summary.gone > 0) {
            "<p>Rows without a number are no longer in the list. They are not counted above, unless \
             they are uncertain.</p>\n"
        }
        if (is_long) {
            "<p class=printed>Copied rows are not printed, because there are many. To print them, \
             choose the status \u{201c}copied\u{201d} on the screen first.</p>\n"
        }
    }
    // One element a line, for those who look into the file; none has a closing tag it can do
    // without, which is a fifth of the file.
    html! { out,
        "<table role=table aria-labelledby=rows" if (is_long) { " class=many" } "><thead><tr role=row>"
        for (heading, ..) in (COLUMNS) { "<th role=columnheader scope=col>" [heading] }
        "<tbody id=shown role=rowgroup><tbody id=all>\n"
    }
    Ok(())
}

/// Writes a row; `cause` is the place of the cause that it is counted for.
pub(super) fn row(out: &mut Markup, line: &ReportLine, cause: Option<usize>) -> io::Result<()> {
    html! { out, "<tr class=" (line.status) for cause in (cause.iter()) { " data-cause=" (cause) } ">" }
    for (_, tag, write) in COLUMNS {
        html! { out, [tag] }
        write(out, line)?;
    }
    html! { out, "\n" }
    Ok(())
}

/// The new session's id, else the reason; of an uncertain row also what a person needs to look it up at
/// the service.
fn result(out: &mut Markup, line: &ReportLine) -> io::Result<()> {
    let is_uncertain = line.status == Status::Uncertain;
    html! { out,
        for session in (line.new_session_id.iter()) { "<code>" (cell(session, 100)) "</code> " }
        (cell(&line.error, 500))
        if (is_uncertain) { " <i>Transaction id: " (cell(&line.transaction_id, 100)) "</i>" }
    }
    Ok(())
}

fn recipients(out: &mut Markup, line: &ReportLine) -> io::Result<()> {
    let title = line.field(&Column::Title);
    html! { out, if (!title.is_empty()) { "<b>" (cell(title, 200)) "</b>" } }
    let mut emails = line
        .fields
        .iter()
        .filter_map(|(column, text)| match column {
            Column::Signer(number, SignerColumn::Email) => Some((*number, text)),
            _ => None,
        });
    for (number, email) in emails.by_ref().take(MAX_EMAILS) {
        let names = [SignerColumn::FirstName, SignerColumn::LastName];
        let names = names.map(|member| line.field(&Column::Signer(number, member)));
        let names = names.into_iter().filter(|name| !name.is_empty());
        html! { out, "<i>" for name in (names) { (cell(name, 100)) " " } (cell(email, 254)) "</i>" }
    }
    let more = emails.count() as u64;
    html! { out,
        if (more > 0) { "<i>and " (thousands(more)) " more</i>" }
        for (column, text) in (line.other.iter().take(MAX_OTHER_CELLS)) {
            "<i>" (cell(column, 40)) ": " (cell(text, 100)) "</i>"
        }
    }
    Ok(())
}

fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Writes what is below the rows.
pub(super) fn end(out: &mut Markup) -> io::Result<()> {
    html! { out,
        "</table>\n<p class=controls><button type=button id=more hidden>Show more rows</button></p>\n"
        "</section>\n"
    }
    Ok(())
}
