use std::io;

use jiff::Timestamp;

use super::HtmlSummary;
use super::markup::Markup;
use crate::job::{Column, ReportLine, SignerColumn, Status};

/// Above this, copied rows are not printed unless somebody asked for them.
const PRINTED: u64 = 1_000;

/// Addresses shown of one row.
const EMAILS: usize = 10;
/// Cells of the list's own columns shown of one row, so that people find it by what they know it by.
const OTHERS: usize = 5;

pub(super) fn begin(out: &mut Markup, summary: &HtmlSummary) -> io::Result<()> {
    out.markup("<section><h2 id=rows>Every row</h2>\n<div class=controls role=search>\n")?;
    out.markup("<label>Search <input type=search id=search autocomplete=off ")?;
    out.markup("placeholder=\"name, e-mail, id, error …\"></label>\n<label>Status ")?;
    out.markup("<select id=status><option value=\"\">all ")?;
    out.count(summary.total() + summary.gone)?;
    for status in Status::ALL {
        out.markup("<option>")?;
        out.text(status.as_str())?;
    }
    out.markup("</select></label>\n<button type=button id=clear hidden>Show all</button>\n")?;
    out.markup("<p id=found role=status></p></div>\n")?;
    if summary.gone > 0 {
        out.markup("<p>Rows without a number are no longer in the list; unless uncertain, they ")?;
        out.markup("are not counted above.</p>\n")?;
    }
    if summary.total() > PRINTED {
        out.markup("<p class=printed>Copied rows are not printed, because there are many; ")?;
        out.markup("choose them on the screen first to print them.</p>\n")?;
    }
    out.markup("<table role=table aria-labelledby=rows")?;
    if summary.total() > PRINTED {
        out.markup(" class=many")?;
    }
    // One element a line, for those who look into the file; none has a closing tag it can do
    // without, which is a fifth of the file.
    out.markup(
        "><thead><tr role=row><th role=columnheader scope=col>Row\
         <th role=columnheader scope=col>Title and recipients\
         <th role=columnheader scope=col>Status\
         <th role=columnheader scope=col>What happened\
         <th role=columnheader scope=col>New session id\
         <th role=columnheader scope=col>Finished (UTC)\
         <th role=columnheader scope=col>Row id\
         <tbody id=shown role=rowgroup><tbody id=all>\n",
    )
}

pub(super) fn row(out: &mut Markup, line: &ReportLine, cause: Option<usize>) -> io::Result<()> {
    out.markup("<tr class=")?;
    out.text(line.status.as_str())?;
    if let Some(cause) = cause {
        out.markup(" data-cause=")?;
        out.number(cause as u64)?;
    }
    out.markup("><td>")?;
    if let Some(number) = line.number {
        out.number(number)?;
    }
    out.markup("<td dir=auto>")?;
    recipients(out, line)?;
    out.markup("<td>")?;
    out.text(line.status.as_str())?;
    out.markup("<td dir=auto>")?;
    out.cell(&line.error, 500)?;
    // What a person needs to look the row up at the service, and only then.
    if line.status == Status::Uncertain {
        out.markup(" <i>Transaction id: ")?;
        out.cell(&line.transaction_id, 100)?;
        out.markup("</i>")?;
    }
    out.markup("<td>")?;
    out.cell(line.new_session_id.as_deref().unwrap_or_default(), 100)?;
    out.markup("<td>")?;
    out.text(&line.finished_at.map(time).unwrap_or_default())?;
    out.markup("<td dir=auto>")?;
    out.cell(&line.row_id, 200)?;
    out.markup("\n")
}

fn recipients(out: &mut Markup, line: &ReportLine) -> io::Result<()> {
    out.cell(line.field(&Column::Title), 200)?;
    let emails = line
        .fields
        .iter()
        .filter_map(|(column, text)| match column {
            Column::Signer(number, SignerColumn::Email) => Some((*number, text)),
            _ => None,
        });
    let mut more = 0_u64;
    for (at, (number, email)) in emails.enumerate() {
        if at >= EMAILS {
            more += 1;
            continue;
        }
        out.markup("<i>")?;
        let name = |member| line.field(&Column::Signer(number, member));
        for member in [SignerColumn::FirstName, SignerColumn::LastName] {
            let part = name(member);
            if !part.is_empty() {
                out.cell(part, 100)?;
                out.markup(" ")?;
            }
        }
        out.cell(email, 254)?;
        out.markup("</i>")?;
    }
    if more > 0 {
        out.markup("<i>and ")?;
        out.count(more)?;
        out.markup(" more</i>")?;
    }
    for (column, text) in line.other.iter().take(OTHERS) {
        out.markup("<i>")?;
        out.cell(column, 40)?;
        out.markup(": ")?;
        out.cell(text, 100)?;
        out.markup("</i>")?;
    }
    Ok(())
}

fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub(super) fn end(out: &mut Markup) -> io::Result<()> {
    out.markup("</table>\n<p class=controls><button type=button id=more hidden>Show more rows")?;
    out.markup("</button></p>\n</section>\n")
}
