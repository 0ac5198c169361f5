//! What to do about rows without a copy, for somebody who never opens a terminal and for whoever
//! runs the program. Commands are named, not spelled out: the end of a run prints the exact one.

use crate::job::{ErrorClass, Status};

/// What a section is about and what its rows have in common.
pub(super) struct Section {
    pub(super) status: Status,
    pub(super) heading: &'static str,
    pub(super) meaning: &'static str,
}

/// The sections, the most urgent first.
pub(super) const SECTIONS: [Section; 3] = [
    Section {
        status: Status::Uncertain,
        heading: "Uncertain",
        meaning: "A copy may exist: the request went out and no usable answer came back. These \
                  rows are never sent again by guess, and should not be repeated by hand either.",
    },
    Section {
        status: Status::Failed,
        heading: "Failed",
        meaning: "These rows surely have no copy, and are not tried again by themselves.",
    },
    Section {
        status: Status::Pending,
        heading: "Still to do",
        meaning: "These rows surely have no copy yet. Nothing is wrong with them.",
    },
];

/// What to do.
pub(super) fn advice(
    status: Status,
    class: Option<ErrorClass>,
    http_status: Option<u16>,
) -> &'static str {
    match (status, class) {
        // Of these the service says no more than the number.
        (Status::Failed, Some(ErrorClass::Refused)) if http_status == Some(404) => {
            "Most likely the session to copy does not exist. Correct source_session_id in the CSV \
             report, then use retry."
        }
        (Status::Failed, Some(ErrorClass::Refused)) if http_status == Some(403) => {
            "The account may not copy this session. Ask whoever owns it, or correct \
             source_session_id in the CSV report; then use retry."
        }
        (Status::Copied, _) => "Nothing.",
        (Status::Uncertain, _) => {
            "Whoever runs esign-copy: run it again with --username, and it looks them up. Or look \
             for the transaction id (in the row below) at the service, and tell what you found \
             with resolve."
        }
        (Status::Failed, Some(ErrorClass::Invalid)) => {
            "A value in the list is wrong, so the row was not sent. Correct it in the CSV report, \
             then use retry."
        }
        (Status::Failed, Some(ErrorClass::Unknown)) => {
            "They were sent, no answer came, and a look-up found no copy. Correct nothing; use \
             retry with the CSV report once the service is well."
        }
        (Status::Failed, Some(ErrorClass::NotSent)) => {
            "They never reached the service. Correct nothing; use retry with the CSV report."
        }
        (Status::Failed, _) => {
            "The service said no, in the words above. Correct what they complain about in the CSV \
             report, then use retry."
        }
        (Status::Pending, Some(ErrorClass::NotSent)) => {
            "The service could not be reached. Give the same run command again once it can."
        }
        (Status::Pending, Some(_)) => {
            "The service asked to come back later. Give the same run command again."
        }
        (Status::Pending, None) => "Give the same run command again: it goes on where it ended.",
    }
}

/// What a cause without words of its own is called.
pub(super) fn unnamed(status: Status) -> &'static str {
    match status {
        Status::Pending => "not sent yet",
        _ => "no reason is recorded",
    }
}
