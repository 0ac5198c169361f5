//! What a fault does to an answer, whichever call it is. Faults that only copies know are in
//! `copying`, those of look-ups in `lookups`.

use std::time::Duration;

use super::answer::{Answer, Answers};
use crate::sandbox::faults::fault::Fault;
use crate::sandbox::faults::retry_after::{RetryAfter, http_date};
use crate::sandbox::sessions::session::Session;
use crate::sandbox::settings::shape::NullStyle;

/// How large a huge answer is: twice what a careful client reads.
const HUGE: usize = 2 * 1024 * 1024;

/// What the server shall do about a request.
pub(in crate::sandbox) struct Plan {
    pub(in crate::sandbox) wait: Wait,
    pub(in crate::sandbox) reply: Reply,
    /// A commit that happens later, although nobody is told.
    pub(in crate::sandbox) late: Option<(Duration, Box<Session>)>,
    /// For the log.
    pub(in crate::sandbox) fault: Option<Fault>,
}

/// How long the reply waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Wait {
    For(Duration),
    /// Until shutdown, at most ten minutes; then the connection closes.
    Forever,
}

/// What goes onto the wire.
#[derive(Clone, Debug)]
pub(in crate::sandbox) enum Reply {
    Whole(Answer),
    /// The head with its right Content-Length and half of the body, then the connection closes.
    Half(Answer),
    /// Nothing: the connection closes.
    Hangup,
}

impl Plan {
    pub(in crate::sandbox) fn honest(answer: Answer) -> Self {
        Self::new(Reply::Whole(answer), None)
    }

    pub(in crate::sandbox) fn new(reply: Reply, fault: Option<Fault>) -> Self {
        Self {
            wait: Wait::For(Duration::ZERO),
            reply,
            late: None,
            fault,
        }
    }
}

/// The plan of a fault that strikes before anything is done; `None` for the others.
pub(in crate::sandbox) fn instead(fault: Fault, answers: &Answers<'_>) -> Option<Plan> {
    let html = Answer::html;
    let answer = match fault {
        Fault::Refuse => answers.error("Error: The request was refused by the sandbox."),
        Fault::BadRequestHtml => html(400),
        Fault::Unauthorized => html(401),
        Fault::Forbidden => html(403),
        Fault::NotFound => html(404),
        Fault::RequestTimeout => html(408),
        Fault::TooManyRequests(after) => busy(429, after),
        Fault::ServerError => html(500),
        Fault::BadGateway => html(502),
        Fault::Unavailable(after) => busy(503, after),
        Fault::GatewayTimeout => html(504),
        Fault::Null => Answer::null(NullStyle::Empty),
        Fault::LiteralNull => Answer::null(NullStyle::Literal),
        Fault::BadToken => answers.error("Error: Bad Token Information. Please authenticate."),
        Fault::Html => html(200),
        Fault::Redirect => {
            let mut answer = html(302);
            answer
                .headers
                .push(("location", "/login?ReturnUrl=%2frest%2fv1".to_owned()));
            answer
        }
        Fault::DropBeforeCommit => return Some(Plan::new(Reply::Hangup, Some(fault))),
        Fault::Hang => {
            let plan = Plan::new(Reply::Hangup, Some(fault));
            return Some(Plan {
                wait: Wait::Forever,
                ..plan
            });
        }
        _ => return None,
    };
    Some(Plan::new(Reply::Whole(answer), Some(fault)))
}

fn busy(status: u16, after: Option<RetryAfter>) -> Answer {
    let mut answer = Answer::html(status);
    let value = after.map(|after| match after {
        RetryAfter::Seconds(seconds) => seconds.to_string(),
        RetryAfter::DateIn(seconds) => {
            http_date(jiff::Timestamp::now().as_second() + i64::from(seconds))
        }
        RetryAfter::DateAt(seconds) => http_date(seconds),
    });
    answer
        .headers
        .extend(value.map(|value| ("retry-after", value)));
    answer
}

/// The plan of an answer whose work is done, spoiled by the fault where it is one of these.
pub(in crate::sandbox) fn after(fault: Option<Fault>, answer: Answer) -> Plan {
    let plan = |reply| Plan::new(reply, fault);
    match fault {
        Some(Fault::ServerErrorAfterCommit) => plan(Reply::Whole(Answer::html(500))),
        Some(Fault::BadRequestHtmlAfterCommit) => plan(Reply::Whole(Answer::html(400))),
        Some(Fault::NullAfterCommit) => plan(Reply::Whole(Answer::null(NullStyle::Empty))),
        Some(Fault::LiteralNullAfterCommit) => plan(Reply::Whole(Answer::null(NullStyle::Literal))),
        Some(Fault::CreatedAfterCommit) => plan(Reply::Whole(wordless(201))),
        Some(Fault::AcceptedAfterCommit) => plan(Reply::Whole(wordless(202))),
        Some(Fault::NoContentAfterCommit) => plan(Reply::Whole(wordless(204))),
        Some(Fault::PartialContentAfterCommit) => plan(Reply::Whole(wordless(206))),
        Some(Fault::DropAfterCommit) => plan(Reply::Hangup),
        Some(Fault::HalfAnswerAfterCommit) => plan(Reply::Half(answer)),
        Some(Fault::HangAfterCommit) => Plan {
            wait: Wait::Forever,
            ..plan(Reply::Hangup)
        },
        Some(Fault::Slow(duration)) => Plan {
            wait: Wait::For(duration),
            ..plan(Reply::Whole(answer))
        },
        Some(Fault::Huge) => plan(Reply::Whole(huge(answer))),
        Some(Fault::Unreadable) => plan(Reply::Whole(truncated(answer))),
        _ => plan(Reply::Whole(answer)),
    }
}

fn wordless(status: u16) -> Answer {
    Answer {
        status,
        ..Answer::null(NullStyle::Empty)
    }
}

/// Still the same JSON, but behind so many blanks that a bounded reader never sees its end.
fn huge(mut answer: Answer) -> Answer {
    let last = answer.body.pop();
    answer.body.resize(HUGE - 1, b' ');
    answer.body.extend(last.or(Some(b' ')));
    answer
}

fn truncated(mut answer: Answer) -> Answer {
    answer.body.truncate(answer.body.len() / 2);
    answer
}
