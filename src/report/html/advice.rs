//! What to do about rows without a copy: what is wrong, which file to correct, which command to give.

use std::io;

use super::causes::{Cause, CauseKey};
use super::markup::{Markup, cell, html};
use super::{HtmlCommands, HtmlFacts};
use crate::job::{ErrorClass, Status};

/// The sections with their headings, the most urgent first.
pub(super) const SECTIONS: [(Status, &str); 3] = [
    (Status::Uncertain, "Uncertain"),
    (Status::Failed, "Failed"),
    (Status::Pending, "Pending"),
];

/// What the rows of a section have in common, and what to do about all of them.
pub(super) fn write_section_advice(
    out: &mut Markup,
    status: Status,
    facts: &HtmlFacts,
) -> io::Result<()> {
    let commands = &facts.commands;
    match status {
        Status::Uncertain if facts.is_rehearsal => {
            html! { out,
                "<p>In a real run a copy may exist for such a row, so it is not sent again until a \
                 look-up shows that there is none.</p>\n"
            }
        }
        Status::Uncertain => {
            html! { out,
                "<p>A copy may exist. Uncertain rows are not sent again until a look-up shows that \
                 there is no copy. Do not copy them by hand either.</p>\n<p>To have them looked up, run this"
                if (!commands.has_owner) {
                    " with <kbd>--username</kbd> and the e-mail address of the sessions\u{2019} owner"
                }
                ":</p>"
            }
            command(out, &commands.look_up)?;
            html! { out,
                "<p>Or search the service for the transaction ids (they are in the table below) and \
                 record what you find.</p>\n"
            }
        }
        Status::Failed => {
            html! { out,
                "<p>No copy was made. Failed rows are not tried again until you ask for it.</p>\n"
            }
        }
        Status::Pending => html! { out, "<p>No copy was made yet.</p>\n" },
        Status::Copied => {}
    }
    Ok(())
}

/// What to do about the rows of one cause.
pub(super) fn write_advice(
    out: &mut Markup,
    status: Status,
    key: &CauseKey,
    cause: &Cause,
    facts: &HtmlFacts,
) -> io::Result<()> {
    let commands = &facts.commands;
    html! { out, "<p>" [what_it_means(status, key)] " " }
    let (file, then) = match status {
        Status::Copied => return Ok(()),
        Status::Uncertain if !facts.is_rehearsal => return record(out, cause, commands),
        Status::Failed if !facts.is_rehearsal => (&commands.report, &commands.retry),
        // Each `run` begins a rehearsal afresh, from the list.
        _ => (&commands.list, &commands.run),
    };
    match correction(status, key) {
        Some(what) => {
            html! { out, "Correct " [what] " in <bdi>" (cell(file, 200)) "</bdi>, then run this:</p>" }
        }
        None => html! { out, "There is nothing to correct; run this:</p>" },
    }
    command(out, then)
}

/// How a person's answer for an uncertain row is recorded.
fn record(out: &mut Markup, cause: &Cause, commands: &HtmlCommands) -> io::Result<()> {
    html! { out,
        "If you find the copy, record its session id; if there is none, write <kbd>--absent</kbd> \
         instead of <kbd>--copied SESSION_ID</kbd>:</p>"
    }
    let (resolve, row) = (&commands.resolve, &cause.first_row);
    command(out, &format!("{resolve} {row} --copied SESSION_ID"))
}

/// A command to type. Its words are kept whole where it breaks into lines: a browser breaks at dashes.
fn command(out: &mut Markup, command: &str) -> io::Result<()> {
    html! { out,
        "<p class=command><kbd>"
        for word in (cell(command, 1_000).split(' ')) { "<span>" (word) "</span> " }
        "</kbd></p>\n"
    }
    Ok(())
}

/// What the way its rows ended says, beyond the words of the error.
fn what_it_means(status: Status, key: &CauseKey) -> &'static str {
    match (status, key.class) {
        (Status::Uncertain, _) if key.http_status.is_some() => {
            "The service answered, but its answer does not say whether a copy was made."
        }
        (Status::Uncertain, _) => "The request was sent, and no answer arrived.",
        // Of these the service says no more than the number.
        (Status::Failed, Some(ErrorClass::Refused)) if key.http_status == Some(404) => {
            "The service most likely does not have the session to copy."
        }
        (Status::Failed, Some(ErrorClass::Refused)) if key.http_status == Some(403) => {
            "The account is not allowed to copy this session. Ask its owner for access, or copy another \
             session."
        }
        (Status::Failed, Some(ErrorClass::Invalid)) => {
            "A value in the list is wrong, so the row was not sent."
        }
        (Status::Failed, Some(ErrorClass::Unknown)) => {
            "The request was sent, but it was not clear whether a copy was made. A look-up found none."
        }
        (Status::Failed, Some(ErrorClass::NotSent)) => "The request never reached the service.",
        (Status::Failed, _) => "The service refused the request, for the reason above.",
        (Status::Pending, Some(ErrorClass::NotSent)) => "The service could not be reached.",
        (Status::Pending, Some(_)) => "The service asked us to wait.",
        (Status::Pending, None) | (Status::Copied, _) => "",
    }
}

/// What is to be corrected before the rows are sent again, if anything is.
fn correction(status: Status, key: &CauseKey) -> Option<&'static str> {
    match (status, key.class) {
        (Status::Failed, Some(ErrorClass::Unknown | ErrorClass::NotSent)) => None,
        (Status::Failed, Some(ErrorClass::Refused))
            if [Some(403), Some(404)].contains(&key.http_status) =>
        {
            Some("source_session_id")
        }
        (Status::Failed, _) => Some("the values"),
        _ => None,
    }
}

/// What a cause without words of its own is called.
pub(super) fn unnamed(status: Status) -> &'static str {
    match status {
        Status::Pending => "not sent yet",
        _ => "no reason was recorded",
    }
}
