//! The message for an event of a run.

use std::time::Duration;

use crate::cli::Message;
use crate::executor::{Event, NamedRow};
use crate::job::RowState;
use crate::support::one_line;

/// Words for people about an event, with its fields for machines.
pub(super) fn event_message(event: &Event) -> Message {
    match event {
        Event::Finished { row, became, text } => row_message(row, became, text),
        Event::Retrying { row, text } => retry_message("retrying", row, "is tried again", text),
        Event::Settling { row, text } => retry_message("settling", row, "is looked up", text),
        Event::Notice { text } => Message::warn("notice", text),
        Event::Paused { wait, text } => {
            // Rounded up: a wait of 12 s has lost some microseconds on its way here.
            let rounded = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let words = humantime::format_duration(Duration::from_secs(rounded));
            let seconds = (wait.as_secs_f64() * 1000.0).round() / 1000.0;
            Message::info("paused", format!("pausing for {words}: {text}"))
                .with("wait_seconds", seconds)
                .with("error", text.as_str())
        }
    }
}

fn retry_message(event: &'static str, row: &NamedRow, what: &str, text: &str) -> Message {
    let words = format!("{} {what}: {}", row.name, one_line(text, 1000));
    Message::debug(event, words)
        .with("row_id", row.row_id.as_str())
        .with("error", text)
}

fn row_message(row: &NamedRow, became: &RowState, text: &str) -> Message {
    let words = match became {
        RowState::Copied(id) => format!("copied: {id}"),
        RowState::Failed(_) => format!("failed: {}", one_line(text, 1000)),
        RowState::Uncertain => format!("is uncertain: {}", one_line(text, 1000)),
        RowState::Pending(_) => format!("stays pending: {}", one_line(text, 1000)),
    };
    let words = format!("{} {words}", row.name);
    let of_row = |message: Message| {
        let message = message.with("row_id", row.row_id.as_str());
        message.with("status", became.status().as_str())
    };
    match became {
        RowState::Copied(id) => {
            of_row(Message::debug("row", words).with("new_session_id", id.to_string()))
        }
        _ => of_row(Message::warn("row", words)).with("error", text),
    }
}
