//! What one copy request came to. Pure.

use std::time::SystemTime;

use secrecy::SecretString;

use super::answer::{Envelope, NewId, Reading, read};
use super::assumptions::{
    ANSWER_LIMIT_BYTES, ERROR_TEXT_PREFIX, MESSAGE_MEMBER, RETURN_VALUE_MEMBER,
    TOKEN_ERROR_PREFIXES,
};
use super::{Answer, Body, Exchange, Failure, RetryAfter, retry_after};
use crate::job::SessionId;

/// What one copy request came to: the table "Attempts" of the product's contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The service gave one new session id.
    Copied(SessionId),
    /// The service said no to this row, in its own words.
    Refused(String),
    /// The service did not accept the token, in its own words.
    TokenRefused(String),
    /// A success without a word: an empty or null body. An expired token is answered so, and so
    /// may a copy be that was made.
    Null {
        /// Whether it may be the token's fault: HTTP 200, and nothing is missing.
        may_be_token: bool,
        /// What came.
        text: String,
    },
    /// HTTP 401.
    Unauthorized,
    /// HTTP 429, or 503 with `Retry-After`: not now.
    RefusedForNow {
        /// How long the service asks to wait.
        wait: RetryAfter,
    },
    /// No connection: proof that no byte left.
    NotConnected(String),
    /// A certificate that is not trusted: proof that no byte left.
    NotTrusted(String),
    /// Given up before it was written: proof that no byte left.
    NeverWritten(String),
    /// Anything else. A copy may exist.
    Unknown(String),
}

impl Verdict {
    /// The same with other words.
    #[must_use]
    pub fn map_text(mut self, change: impl Fn(&str) -> String) -> Self {
        match &mut self {
            Self::Refused(text)
            | Self::TokenRefused(text)
            | Self::Null { text, .. }
            | Self::NotConnected(text)
            | Self::NotTrusted(text)
            | Self::NeverWritten(text)
            | Self::Unknown(text) => *text = change(text),
            Self::Copied(_) | Self::Unauthorized | Self::RefusedForNow { .. } => {}
        }
        self
    }
}

/// Judges what came of a copy request. `now` is the wall clock, for a `Retry-After` date
/// without a `Date` beside it.
pub fn classify_copy(exchange: &Exchange, source: SessionId, now: SystemTime) -> Verdict {
    let answer = match exchange {
        Ok(answer) => answer,
        Err(Failure::NotConnected(text)) => return Verdict::NotConnected(text.clone()),
        Err(Failure::NotTrusted(text)) => return Verdict::NotTrusted(text.clone()),
        Err(Failure::NeverWritten(text)) => return Verdict::NeverWritten(text.clone()),
        Err(Failure::Unknown(text)) => return Verdict::Unknown(text.clone()),
    };
    let wait = retry_after(answer, now);
    match answer.status {
        status @ 200..=299 => judge_success(status, &answer.body, source),
        401 => Verdict::Unauthorized,
        status @ (403 | 404 | 405 | 413 | 414 | 415) => Verdict::Refused(with_words(
            &format!("the service answered HTTP {status}"),
            &answer.body,
        )),
        429 => Verdict::RefusedForNow { wait },
        503 if wait != RetryAfter::Unsaid => Verdict::RefusedForNow { wait },
        status => Verdict::Unknown(with_words(
            &format!("the service answered HTTP {status}"),
            &answer.body,
        )),
    }
}

fn judge_success(status: u16, body: &Body, source: SessionId) -> Verdict {
    let bytes = match body.bytes() {
        Ok(bytes) => bytes,
        Err(text) => return Verdict::Unknown(text),
    };
    match read(bytes) {
        // Half an answer whose length nobody knows looks like an empty one.
        Reading::Null if matches!(body, Body::Open(_)) => Verdict::Null {
            may_be_token: false,
            text: "the connection closed without an answer of known length".into(),
        },
        Reading::Null => Verdict::Null {
            may_be_token: status == 200,
            text: format!("the service answered HTTP {status} with nothing"),
        },
        Reading::Unreadable(text) => Verdict::Unknown(text.into()),
        Reading::Envelope(envelope) => judge_envelope(&envelope, source),
    }
}

/// Whether an answer is the one of a call whose token is not taken: HTTP 200, and whole, and
/// nothing in it.
pub fn is_null(exchange: &Exchange) -> bool {
    let Ok(Answer {
        status: 200,
        body: Body::Whole(bytes),
        ..
    }) = exchange
    else {
        return false;
    };
    matches!(read(bytes), Reading::Null)
}

fn judge_envelope(envelope: &Envelope, source: SessionId) -> Verdict {
    let details = envelope.details();
    let words = details.join("; ");
    match (envelope.says_error(), envelope.new_id(source)) {
        (false, NewId::One(id)) if id != source => Verdict::Copied(id),
        (false, NewId::One(_)) => Verdict::Unknown("the answer gives the source's own id".into()),
        (false, NewId::None) => Verdict::Unknown("the answer has no session id".into()),
        (false, NewId::Doubtful) => Verdict::Unknown(
            "the answer has more than one session id, or something that is not one".into(),
        ),
        (true, NewId::None) if details.iter().any(|text| is_token_text(text)) => {
            Verdict::TokenRefused(words)
        }
        (true, NewId::None) if words.is_empty() => {
            Verdict::Refused("the service said Error without a reason".into())
        }
        (true, NewId::None) => Verdict::Refused(words),
        (true, _) => Verdict::Unknown(format!(
            "the service said Error, but with a session id: {words}"
        )),
    }
}

pub(super) fn is_token_text(text: &str) -> bool {
    TOKEN_ERROR_PREFIXES
        .iter()
        .any(|prefix| starts_with_ignoring_case(text.trim(), prefix))
}

pub(super) fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Adds the service's words to an HTTP status, if the body has any in its envelope.
fn with_words(status: &str, body: &Body) -> String {
    let Ok(Reading::Envelope(envelope)) = body.bytes().map(read) else {
        return status.to_owned();
    };
    match envelope.details().join("; ") {
        words if words.is_empty() => status.to_owned(),
        words => format!("{status}: {words}"),
    }
}

/// What one GetToken call came to.
#[derive(Debug)]
pub enum TokenVerdict {
    /// A token for the `Authorization` header.
    Token(SecretString),
    /// The service refuses the credentials, in its own words.
    Refused(String),
    /// A null answer.
    Null,
    /// No connection.
    NotConnected(String),
    /// A certificate that is not trusted.
    NotTrusted(String),
    /// Anything else; asking again does no harm.
    NotNow {
        /// How long the service asks to wait.
        wait: RetryAfter,
        /// What it was.
        text: String,
    },
}

impl TokenVerdict {
    /// The same with other words.
    #[must_use]
    pub fn map_text(mut self, change: impl Fn(&str) -> String) -> Self {
        match &mut self {
            Self::Refused(text)
            | Self::NotConnected(text)
            | Self::NotTrusted(text)
            | Self::NotNow { text, .. } => *text = change(text),
            Self::Token(_) | Self::Null => {}
        }
        self
    }
}

/// Judges what came of a GetToken call.
pub fn classify_token(exchange: Exchange, now: SystemTime) -> TokenVerdict {
    let answer = match exchange {
        Ok(answer) => answer,
        Err(Failure::NotConnected(text)) => return TokenVerdict::NotConnected(text),
        Err(Failure::NotTrusted(text)) => return TokenVerdict::NotTrusted(text),
        Err(Failure::NeverWritten(text) | Failure::Unknown(text)) => {
            let wait = RetryAfter::Unsaid;
            let text = format!("GetToken got no answer: {text}");
            return TokenVerdict::NotNow { wait, text };
        }
    };
    let is_success = (200..=299).contains(&answer.status);
    let judged = match answer.body.bytes().map(read) {
        Ok(Reading::Null) if is_success => Some(TokenVerdict::Null),
        Ok(Reading::Envelope(envelope)) => judge_token(&envelope, answer.status),
        _ => None,
    };
    judged.unwrap_or_else(|| match answer.status {
        401 | 403 => TokenVerdict::Refused(no_token(&answer)),
        _ => TokenVerdict::NotNow {
            wait: retry_after(&answer, now),
            text: no_token(&answer),
        },
    })
}

fn judge_token(envelope: &Envelope, status: u16) -> Option<TokenVerdict> {
    let is_success = (200..=299).contains(&status);
    // A service in trouble may say so in an error text, which then is not about the key.
    let is_in_trouble = status == 429 || status >= 500;
    let value = envelope.text(RETURN_VALUE_MEMBER).map(str::trim);
    let details = envelope.details();
    let message = envelope.text(MESSAGE_MEMBER).map(str::trim);
    let error = details
        .iter()
        .copied()
        .chain(message)
        .chain(value)
        .filter(|text| !is_in_trouble || is_token_text(text))
        .find(|text| starts_with_ignoring_case(text.trim(), ERROR_TEXT_PREFIX));
    match (error, value) {
        (Some(_), _) if !details.is_empty() => Some(TokenVerdict::Refused(details.join("; "))),
        (Some(text), _) => Some(TokenVerdict::Refused(text.to_owned())),
        (None, Some(token)) if is_success && !token.is_empty() => {
            Some(TokenVerdict::Token(token.to_owned().into()))
        }
        (None, _) if is_success => Some(TokenVerdict::Null),
        (None, _) => None,
    }
}

fn no_token(answer: &Answer) -> String {
    let status = format!("GetToken answered HTTP {}", answer.status);
    match &answer.body {
        Body::Whole(_) | Body::Open(_) if !(200..=299).contains(&answer.status) => status,
        Body::Whole(_) | Body::Open(_) => format!("{status} without a token"),
        Body::TooLong => format!("{status} with over {ANSWER_LIMIT_BYTES} bytes"),
        Body::Cut(text) => format!("{status}, and the answer was cut off: {text}"),
    }
}

#[cfg(test)]
mod tests;
