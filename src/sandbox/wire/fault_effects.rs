//! What a fault does to an answer, whichever call it is. Faults that only copies know are in
//! `copying`, those of look-ups in `lookups`.

use std::time::Duration;

use hyper::header::{HeaderName, LOCATION, RETRY_AFTER};

use super::answer::{Answer, Answers, null_answer, page, with_status};
use crate::sandbox::faults::fault::Fault;
use crate::sandbox::faults::parameters::RetryAfter;
use crate::sandbox::sessions::session::Session;
use crate::sandbox::settings::answer_style::NullStyle;

/// How large a huge answer is: twice what a careful client reads.
const HUGE: usize = 2 * 1024 * 1024;

/// How long a hanging answer hangs at most; shutdown ends it too.
const LONGEST_HANG: Duration = Duration::from_secs(600);

/// What the server shall do about a request.
pub struct Plan {
    /// How long the reply waits.
    pub wait: Duration,
    pub reply: Reply,
    /// A commit that happens later, without an answer.
    pub late: Option<(Duration, Box<Session>)>,
    /// For the log.
    pub fault: Option<Fault>,
}

/// What goes onto the wire.
pub enum Reply {
    Whole(Answer),
    /// The head with its right Content-Length and half of the body, then the connection closes.
    Half(Answer),
    /// Nothing: the connection closes.
    Hangup,
}

impl Plan {
    pub fn honest(answer: Answer) -> Self {
        Self::new(Reply::Whole(answer), None)
    }

    pub fn new(reply: Reply, fault: Option<Fault>) -> Self {
        let wait = match fault {
            Some(Fault::Slow(duration)) => duration,
            Some(Fault::Hang | Fault::HangAfterCommit) => LONGEST_HANG,
            _ => Duration::ZERO,
        };
        Self {
            wait,
            reply,
            late: None,
            fault,
        }
    }
}

/// The plan of a fault that strikes before anything is done; `None` for the others.
pub fn instead(fault: Fault, answers: &Answers<'_>) -> Option<Plan> {
    let answer = match fault {
        Fault::Refuse => answers.error("Error: The request was refused by the sandbox."),
        Fault::BadRequestHtml => page(400),
        Fault::Unauthorized => page(401),
        Fault::Forbidden => page(403),
        Fault::NotFound => page(404),
        Fault::RequestTimeout => page(408),
        Fault::TooManyRequests(after) => busy(429, after),
        Fault::ServerError => page(500),
        Fault::BadGateway => page(502),
        Fault::Unavailable(after) => busy(503, after),
        Fault::GatewayTimeout => page(504),
        Fault::Null => null_answer(NullStyle::Empty),
        Fault::LiteralNull => null_answer(NullStyle::Literal),
        Fault::BadToken => answers.error("Error: Bad Token Information. Please authenticate."),
        Fault::Html => page(200),
        Fault::Redirect => with_header(page(302), LOCATION, "/login?ReturnUrl=%2frest%2fv1"),
        Fault::DropBeforeCommit | Fault::Hang => {
            return Some(Plan::new(Reply::Hangup, Some(fault)));
        }
        _ => return None,
    };
    Some(Plan::new(Reply::Whole(answer), Some(fault)))
}

fn busy(status: u16, after: Option<RetryAfter>) -> Answer {
    match after {
        Some(after) => with_header(page(status), RETRY_AFTER, &after.header()),
        None => page(status),
    }
}

fn with_header(mut answer: Answer, name: HeaderName, value: &str) -> Answer {
    let value = value.try_into().expect("ours are header values");
    answer.headers_mut().insert(name, value);
    answer
}

/// The plan of an answer whose work is done, changed by the fault where it is one of these.
pub fn after(fault: Option<Fault>, answer: Answer) -> Plan {
    let wordless = |status| with_status(status, null_answer(NullStyle::Empty));
    let changed = match fault {
        Some(Fault::DropAfterCommit | Fault::HangAfterCommit) => {
            return Plan::new(Reply::Hangup, fault);
        }
        Some(Fault::HalfAnswerAfterCommit) => return Plan::new(Reply::Half(answer), fault),
        Some(Fault::ServerErrorAfterCommit) => page(500),
        Some(Fault::BadRequestHtmlAfterCommit) => page(400),
        Some(Fault::NullAfterCommit) => null_answer(NullStyle::Empty),
        Some(Fault::LiteralNullAfterCommit) => null_answer(NullStyle::Literal),
        Some(Fault::CreatedAfterCommit) => wordless(201),
        Some(Fault::AcceptedAfterCommit) => wordless(202),
        Some(Fault::NoContentAfterCommit) => wordless(204),
        Some(Fault::PartialContentAfterCommit) => wordless(206),
        Some(Fault::Huge) => answer.map(huge),
        Some(Fault::Unreadable) => answer.map(|mut body| {
            body.truncate(body.len() / 2);
            body
        }),
        _ => answer,
    };
    Plan::new(Reply::Whole(changed), fault)
}

/// Still the same JSON, but behind so many blanks that a bounded reader never sees its end.
fn huge(mut body: Vec<u8>) -> Vec<u8> {
    let last = body.pop();
    body.resize(HUGE - 1, b' ');
    body.extend(last.or(Some(b' ')));
    body
}
