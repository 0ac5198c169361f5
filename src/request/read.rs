//! Answers to look-ups and to GetSession.

use std::time::SystemTime;

use serde_json::{Map, Value};

use super::answer::{Envelope, Reading, members, read};
use super::assumptions::{
    DETAILS_MEMBER, ERROR_TEXT_PREFIX, LIST_MEMBERS, MESSAGE_ERROR, MESSAGE_MEMBER,
    MESSAGE_SUCCESS, ROOT_ID_MEMBER, TOTAL_COUNT_MEMBER, USERNAME_NOT_FOUND_PREFIX,
};
use super::classify::{is_token_text, starts_with_ignoring_case};
use super::{Exchange, Failure, RemoteSession, RetryAfter, retry_after};
use crate::job::SessionId;

/// One page of a list of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The sessions on it.
    pub sessions: Vec<RemoteSession>,
    /// How many the whole list has, if the answer says so.
    pub total: Option<usize>,
}

/// Why a read gave nothing that can be relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The service did not accept the token: HTTP 401, a null answer or a token text.
    #[error("{0}")]
    TokenRefused(String),
    /// The service knows no owner of that e-mail address.
    #[error("{0}")]
    UsernameNotFound(String),
    /// HTTP 429, or 503 with `Retry-After`.
    #[error("the service asked us to wait")]
    NotNow {
        /// How long the service asks to wait.
        wait: RetryAfter,
    },
    /// No connection.
    #[error("no connection: {0}")]
    NotConnected(String),
    /// A certificate that is not trusted.
    #[error("no connection: {0}")]
    NotTrusted(String),
    /// The service said no, in its own words.
    #[error("the service said: {0}")]
    Refused(String),
    /// Anything else.
    #[error("{0}")]
    NoAnswer(String),
}

impl ReadError {
    /// The same with other words.
    #[must_use]
    pub fn map_text(mut self, change: impl Fn(&str) -> String) -> Self {
        match &mut self {
            Self::TokenRefused(text)
            | Self::UsernameNotFound(text)
            | Self::NotConnected(text)
            | Self::NotTrusted(text)
            | Self::Refused(text)
            | Self::NoAnswer(text) => *text = change(text),
            Self::NotNow { .. } => {}
        }
        self
    }
}

/// Judges one page of GetSessionsLiteByTransactionId. Only a page that holds a session list, or
/// says that there is none, is one.
///
/// # Errors
/// Everything else.
pub fn classify_page(exchange: &Exchange, now: SystemTime) -> Result<Page, ReadError> {
    let envelope = envelope(exchange, now)?;
    let words = envelope.details().join("; ");
    let is_said = envelope
        .text(MESSAGE_MEMBER)
        .is_some_and(|text| !text.trim().is_empty());
    let Envelope(object) = envelope;
    let total = match members(&object, TOTAL_COUNT_MEMBER).next() {
        None | Some(Value::Null) => None,
        Some(count) => {
            let count = count.as_u64().and_then(|count| usize::try_from(count).ok());
            Some(count.ok_or_else(|| no_answer("its TotalCount is not a number"))?)
        }
    };
    let list = list_of(&object)?;
    if list.is_none() && total != Some(0) {
        return Err(no_answer("it has no list of sessions"));
    }
    let items = list.into_iter().flatten();
    let sessions = items.map(|item| item.as_object().and_then(RemoteSession::read));
    let sessions: Option<Vec<_>> = sessions.collect();
    let sessions = sessions.ok_or_else(|| no_answer("a session in it has no id"))?;
    if sessions.is_empty() && total.is_some_and(|total| total > 0) {
        return Err(no_answer("it is empty, but its TotalCount is not 0"));
    }
    // Words beside nothing may well be the reason why nothing was found.
    if sessions.is_empty() && !words.is_empty() && !is_said {
        return Err(ReadError::Refused(words));
    }
    Ok(Page { sessions, total })
}

/// The list under a known name, else the only array beside the service's words. Of two lists
/// with sessions nobody knows which one is meant.
fn list_of(object: &Map<String, Value>) -> Result<Option<&Vec<Value>>, ReadError> {
    let others = object
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case(DETAILS_MEMBER));
    let arrays: Vec<_> = others
        .filter_map(|(name, value)| Some((name, value.as_array()?)))
        .collect();
    let is_known = |name: &str| {
        LIST_MEMBERS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    };
    let filled: Vec<_> = arrays.iter().filter(|(_, list)| !list.is_empty()).collect();
    let known = arrays.iter().find(|(name, _)| is_known(name));
    match (filled.as_slice(), known, arrays.as_slice()) {
        ([(_, list)], _, _) => Ok(Some(list)),
        ([], Some((_, list)), _) | ([], None, [(_, list)]) => Ok(Some(list)),
        ([], None, []) => Ok(None),
        _ => Err(no_answer("it has more than one list")),
    }
}

/// Judges GetSession of `id`.
///
/// # Errors
/// When the answer is no success, or does not show that session.
pub fn classify_session(
    exchange: &Exchange,
    id: SessionId,
    now: SystemTime,
) -> Result<RemoteSession, ReadError> {
    let envelope = envelope(exchange, now)?;
    let sessions = envelope.sessions();
    let shown = sessions.into_iter().filter_map(RemoteSession::read);
    if let Some(session) = shown.into_iter().find(|session| session.id == id) {
        return Ok(session);
    }
    let root = members(&envelope.0, ROOT_ID_MEMBER).find_map(Value::as_str);
    let is_root = root.is_some_and(|root| SessionId::parse(root.trim()) == Ok(id));
    if is_root && envelope.sessions().is_empty() {
        return Ok(RemoteSession::of(id, &envelope.0));
    }
    Err(no_answer("it does not show the session"))
}

/// The envelope of a successful answer.
fn envelope(exchange: &Exchange, now: SystemTime) -> Result<Envelope, ReadError> {
    let answer = match exchange {
        Ok(answer) => answer,
        Err(Failure::NotConnected(text)) => return Err(ReadError::NotConnected(text.clone())),
        Err(Failure::NotTrusted(text)) => return Err(ReadError::NotTrusted(text.clone())),
        Err(Failure::NeverWritten(text) | Failure::Unknown(text)) => {
            return Err(ReadError::NoAnswer(text.clone()));
        }
    };
    let wait = retry_after(answer, now);
    match answer.status {
        200..=299 => {}
        401 => {
            return Err(ReadError::TokenRefused(
                "the service answered HTTP 401".into(),
            ));
        }
        429 => return Err(ReadError::NotNow { wait }),
        503 if wait != RetryAfter::Unsaid => return Err(ReadError::NotNow { wait }),
        status => {
            return Err(ReadError::NoAnswer(format!(
                "the service answered HTTP {status}"
            )));
        }
    }
    let bytes = answer.body.bytes().map_err(ReadError::NoAnswer)?;
    let envelope = match read(bytes) {
        Reading::Null => return Err(ReadError::TokenRefused("answered null".into())),
        Reading::Unreadable(text) => return Err(ReadError::NoAnswer(text.into())),
        Reading::Envelope(envelope) => envelope,
    };
    let message = envelope.text(MESSAGE_MEMBER).map(str::trim);
    let message = message.filter(|message| !message.is_empty());
    let is_success = message.is_none_or(|text| text.eq_ignore_ascii_case(MESSAGE_SUCCESS));
    let details = envelope.details();
    let texts = details.iter().copied().chain(message);
    // Told as an error or not: these words never stand in an answer that can be relied on.
    if let Some(words) = texts.clone().find(|text| is_username_text(text)) {
        return Err(ReadError::UsernameNotFound(words.to_owned()));
    }
    if let Some(words) = texts.clone().find(|text| is_token_text(text)) {
        return Err(ReadError::TokenRefused(words.to_owned()));
    }
    let has_error = texts
        .clone()
        .any(|text| starts_with_ignoring_case(text.trim(), ERROR_TEXT_PREFIX));
    if !is_success || has_error {
        return Err(ReadError::Refused(match details.join("; ") {
            words if words.is_empty() => {
                format!("{} without a reason", message.unwrap_or(MESSAGE_ERROR))
            }
            words => words,
        }));
    }
    Ok(envelope)
}

fn is_username_text(text: &str) -> bool {
    starts_with_ignoring_case(text.trim(), USERNAME_NOT_FOUND_PREFIX)
}

fn no_answer(what: &str) -> ReadError {
    ReadError::NoAnswer(format!("the answer is not usable: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Answer, Body};

    const ID: &str = "aaaaaaaa-0000-4000-8000-00000000000a";

    fn answered(status: u16, body: &str) -> Exchange {
        Ok(Answer {
            status,
            retry_after: None,
            date: None,
            body: Body::Whole(body.replace("ID", ID).into_bytes()),
        })
    }

    fn page(body: &str) -> Result<Page, ReadError> {
        classify_page(&answered(200, body), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn only_a_count_of_zero_or_an_empty_list_is_absence() {
        for body in [
            r#"{"TotalCount":0}"#,
            r#"{"TotalCount":0,"Sessions":null}"#,
            r#"{"Sessions":[]}"#,
            r#"{"Message":"Success","Details":[],"TotalCount":0,"Views":[]}"#,
            r#"{"Message":"Success","Details":["a warning"],"Anything":[]}"#,
        ] {
            assert!(page(body).unwrap().sessions.is_empty(), "{body}");
        }
        for body in [
            "",
            "null",
            "[]",
            "<html></html>",
            r#"{"Details":[]}"#,
            r#"{"Message":"Success"}"#,
            r#"{"Message":"Error","TotalCount":0,"Sessions":[]}"#,
            r#"{"Message":"Error","Details":[],"Sessions":[]}"#,
            r#"{"TotalCount":1}"#,
            r#"{"TotalCount":1,"Sessions":[]}"#,
            r#"{"TotalCount":-1,"Sessions":[]}"#,
            r#"{"One":[],"Other":[]}"#,
            r#"{"One":[{"Id":"ID"}],"Other":[{"Id":"ID"}]}"#,
            r#"{"Sessions":[{}]}"#,
            r#"{"Details":["a warning"],"Anything":[]}"#,
            r#"{"Details":["The database is busy"],"TotalCount":0}"#,
            r#"{"Details":["Error: Username not found."],"TotalCount":0}"#,
            r#"{"Details":["Error: Bad Token Information. Please authenticate."],"Sessions":[]}"#,
            r#"{"Message":null,"Details":["Error: The service is busy."],"TotalCount":0}"#,
            r#"{"Message":"Error: The service is busy.","Details":[],"TotalCount":0}"#,
            r#"{"Message":"Failure","Details":["Timeout expired"],"TotalCount":0}"#,
            r#"{"Message":"Error: Username not found.","Details":[],"TotalCount":0}"#,
            r#"{"Message":"Success","Details":"Error: Access denied.","TotalCount":0}"#,
            r#"{"Views":[],"Sessions":[{"Id":"ID"}],"Data":[{"Id":"ID"}]}"#,
        ] {
            assert!(page(body).is_err(), "{body}");
        }
    }

    #[test]
    fn what_is_no_answer_says_why() {
        let said = |exchange: &Exchange| {
            let page = classify_page(exchange, SystemTime::UNIX_EPOCH);
            page.unwrap_err().to_string()
        };
        for (status, body, words) in [
            (503, "", "the service answered HTTP 503"),
            (429, "", "the service asked us to wait"),
            (401, "", "the service answered HTTP 401"),
            (200, "null", "answered null"),
            (
                200,
                r#"{"Message":"Error","Details":["no","not today"]}"#,
                "the service said: no; not today",
            ),
            (
                200,
                r#"{"Message":"Failure","Details":[]}"#,
                "the service said: Failure without a reason",
            ),
        ] {
            assert_eq!(said(&answered(status, body)), words);
        }
        let mut later = answered(503, "");
        later.as_mut().unwrap().retry_after = Some("7".into());
        let wait = RetryAfter::Wait(std::time::Duration::from_secs(7));
        let page = classify_page(&later, SystemTime::UNIX_EPOCH);
        assert!(matches!(page, Err(ReadError::NotNow { wait: asked }) if asked == wait));
        let refused = Err(Failure::NotConnected("refused".into()));
        assert_eq!(said(&refused), "no connection: refused");
    }

    #[test]
    fn sessions_are_found_under_any_name() {
        for body in [
            r#"{"TotalCount":1,"SessionInfoLiteViews":[{"SigningSessionId":"ID"}]}"#,
            r#"{"totalCount":1,"sessions":[{"id":"ID"}]}"#,
            r#"{"TotalCount":0,"Data":[{"SigningSessionId":"ID"}]}"#,
            r#"{"Odd":[{"SigningSessionId":"ID"}],"Details":["x"]}"#,
            r#"{"SessionInfoLiteViews":[],"Sessions":[{"SigningSessionId":"ID"}]}"#,
            r#"{"ListResult":{"TotalCount":1,"Items":[{"SigningSessionId":"ID"}]}}"#,
        ] {
            let page = page(body).unwrap_or_else(|unread| panic!("{body}: {unread}"));
            assert_eq!(page.sessions[0].id.to_string(), ID, "{body}");
        }
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        let unread = |status, body| {
            let exchange = answered(status, body);
            classify_page(&exchange, SystemTime::UNIX_EPOCH).unwrap_err()
        };
        let username = r#"{"Message":"Error","Details":["error: username NOT found."]}"#;
        assert!(matches!(
            unread(200, username),
            ReadError::UsernameNotFound(_)
        ));
        assert!(matches!(unread(200, "null"), ReadError::TokenRefused(_)));
        assert!(matches!(unread(401, ""), ReadError::TokenRefused(_)));
        assert!(matches!(unread(500, "{}"), ReadError::NoAnswer(_)));
        assert!(matches!(unread(404, ""), ReadError::NoAnswer(_)));
        let wait = RetryAfter::Unsaid;
        assert_eq!(unread(429, ""), ReadError::NotNow { wait });
        let refused = r#"{"Message":"Error","Details":["no"]}"#;
        assert_eq!(unread(200, refused), ReadError::Refused("no".into()));
    }

    #[test]
    fn get_session_must_show_the_session_asked_for() {
        let id = SessionId::parse(ID).unwrap();
        let session =
            |body| classify_session(&answered(200, body), id, SystemTime::UNIX_EPOCH).ok();
        let shown = r#"{"Session":[{"SigningSessionId":"ID","SessionInfo":{"Title":"T"}}]}"#;
        assert_eq!(session(shown).unwrap().titles, ["T"]);
        assert!(session(r#"{"SigningSessionId":"ID","Sessions":null}"#).is_some());
        let other = r#"{"Sessions":[{"Id":"bbbbbbbb-0000-4000-8000-00000000000b"}]}"#;
        assert!(session(other).is_none());
        assert!(session("{}").is_none());
    }
}
