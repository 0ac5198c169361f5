//! What to do about rows without a copy: what is wrong, which file to correct, which command to give.

use std::io;

use super::causes::{Cause, CauseKey};
use super::markup::{Markup, cell, html};
use super::{HtmlCommands, HtmlFacts};
use crate::job::{ErrorClass, Status, StopKind};

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
                 there is no copy. Do not copy them by hand either.</p>\n"
            }
            // It would go on with the pending rows too.
            let is_stopped = facts.commands.trouble == Some(StopKind::Canary);
            if !(facts.is_working || is_stopped) {
                look_up(out, &facts.commands)?;
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

/// How uncertain rows are looked up.
fn look_up(out: &mut Markup, commands: &HtmlCommands) -> io::Result<()> {
    html! { out,
        "<p>To have them looked up, run this"
        if (!commands.has_owner) {
            " with <kbd>--username</kbd> and the e-mail address of the sessions\u{2019} owner"
        }
        ":</p>"
    }
    command(out, &commands.look_up)?;
    html! { out,
        "<p>Or search the service for the transaction ids (they are in the table below) and record \
         what you find.</p>\n"
    }
    Ok(())
}

/// What to do about the rows of one cause. While a run works, nothing.
pub(super) fn write_advice(
    out: &mut Markup,
    status: Status,
    key: &CauseKey,
    cause: &Cause,
    facts: &HtmlFacts,
) -> io::Result<()> {
    let commands = &facts.commands;
    html! { out, "<p>" [what_it_means(status, key, facts.is_working)] " " }
    if key.class == Some(ErrorClass::Excluded) {
        return out.markup("</p>");
    }
    let (file, then) = match status {
        _ if facts.is_working => return out.markup("</p>"),
        // Each `run` begins a rehearsal afresh, from the list.
        _ if facts.is_rehearsal => (&commands.list, &commands.run),
        Status::Uncertain => return record(out, cause, commands),
        // The same again would make another copy like the first.
        _ if commands.trouble == Some(StopKind::Canary) => {
            return out.markup("Look at the first copy in the service before you send more.</p>");
        }
        Status::Failed => (&commands.report, &commands.retry),
        Status::Pending | Status::Copied => (&commands.list, &commands.run),
    };
    match correction(status, key) {
        Some(what) => {
            html! { out, "Correct " [what] " in <bdi>" (cell(file, 200)) "</bdi>, then run this:</p>" }
        }
        None => html! { out, [before_the_same_again(commands.trouble)] " run this:</p>" },
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

/// What a person does before the same command may help.
fn before_the_same_again(trouble: Option<StopKind>) -> &'static str {
    match trouble {
        Some(StopKind::Credentials) => "Correct the key and the salt, or the token; then",
        Some(StopKind::Username) => "Correct --username, then",
        Some(StopKind::Failures | StopKind::RefusedFirst) => "Find out why rows failed, then",
        Some(StopKind::Canary) => "Find out why the run stopped, then",
        None => "There is nothing to correct;",
    }
}

/// What the way its rows ended says, beyond the words of the error.
fn what_it_means(status: Status, key: &CauseKey, is_working: bool) -> &'static str {
    match (status, key.class) {
        (Status::Uncertain, _) if is_working => {
            "The answer has not arrived yet, or the row is being looked up."
        }
        (Status::Uncertain, _) if key.http_status.is_some() => {
            "The service answered, but its answer does not say whether a copy was made."
        }
        (Status::Uncertain, _) => {
            "The request may have reached the service, but no answer arrived."
        }
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
        (Status::Failed, Some(ErrorClass::Excluded)) => {
            "The row is not sent while one of its addresses is on the list."
        }
        (Status::Failed, Some(ErrorClass::Unknown)) => {
            "The request was sent, but it was not clear whether a copy was made. A look-up found none."
        }
        (Status::Failed, Some(ErrorClass::NotSent)) => "The request never reached the service.",
        (Status::Failed, _) => "The service refused the request, for the reason above.",
        (Status::Pending, Some(ErrorClass::NotSent)) => "The service could not be reached.",
        (Status::Pending, Some(ErrorClass::Unknown)) => {
            "There is no copy, so the row is sent again."
        }
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
