use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use super::answer::{Envelope, NewId, Reading, read};
use super::assumptions::{
    ANSWER_LIMIT_BYTES, ERROR_TEXT_PREFIX, MESSAGE_MEMBER, RETURN_VALUE_MEMBER,
    TOKEN_ERROR_PREFIXES,
};
use super::{Answer, Body, Exchange, Failure, retry_after};
use crate::job::SessionId;

/// What one copy request came to: the table "Attempts" of the product's contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The service gave one new session id.
    Copied(SessionId),
    /// The service said no to this row, in its own words.
    Refused(String),
    /// The service did not accept the token (a null answer or a token text).
    TokenRefused(String),
    /// HTTP 401.
    Unauthorized,
    /// HTTP 429, or 503 with `Retry-After`: not now.
    RefusedForNow {
        /// How long the service asks to wait, if it says so in a form that can be read.
        wait: Option<Duration>,
    },
    /// No connection: proof that no byte left.
    NotConnected(String),
    /// Given up before it was written: proof that no byte left.
    NeverWritten(String),
    /// Anything else. A copy may exist.
    Unknown(String),
}

/// Judges what came of a copy request. `now` is the wall clock, for a `Retry-After` date
/// without a `Date` beside it.
pub fn classify_copy(exchange: &Exchange, source: SessionId, now: SystemTime) -> Verdict {
    let answer = match exchange {
        Ok(answer) => answer,
        Err(Failure::NotConnected(text)) => return Verdict::NotConnected(text.clone()),
        Err(Failure::NeverWritten(text)) => return Verdict::NeverWritten(text.clone()),
        Err(Failure::Unknown(text)) => return Verdict::Unknown(text.clone()),
    };
    let wait = retry_after(answer, now);
    match answer.status {
        200..=299 => judge_success(&answer.body, source),
        401 => Verdict::Unauthorized,
        status @ (403 | 404 | 405 | 413 | 414 | 415) => {
            Verdict::Refused(with_words(&format!("answered HTTP {status}"), &answer.body))
        }
        429 => Verdict::RefusedForNow { wait },
        503 if wait.is_some() => Verdict::RefusedForNow { wait },
        status => Verdict::Unknown(with_words(&format!("answered HTTP {status}"), &answer.body)),
    }
}

fn judge_success(body: &Body, source: SessionId) -> Verdict {
    let bytes = match body {
        Body::Whole(bytes) | Body::Open(bytes) => bytes,
        Body::TooLong => {
            return Verdict::Unknown(format!("the answer is over {ANSWER_LIMIT_BYTES} bytes"));
        }
        Body::Cut(text) => return Verdict::Unknown(format!("the answer broke off: {text}")),
    };
    match read(bytes) {
        // Half an answer whose length nobody knows looks like an empty one.
        Reading::Null if matches!(body, Body::Open(_)) => {
            Verdict::Unknown("the connection closed without an answer of known length".into())
        }
        Reading::Null => Verdict::TokenRefused("answered null, as for an expired token".into()),
        Reading::Unreadable(text) => Verdict::Unknown(text.into()),
        Reading::Envelope(envelope) => judge_envelope(&envelope, source),
    }
}

fn judge_envelope(envelope: &Envelope, source: SessionId) -> Verdict {
    let details = envelope.details();
    let words = details.join("; ");
    match (envelope.says_error(), envelope.new_id(source)) {
        (false, NewId::One(id)) if id != source => Verdict::Copied(id),
        (false, NewId::One(_)) => Verdict::Unknown("the answer gives the source's own id".into()),
        (false, NewId::None) => Verdict::Unknown("the answer has no session id".into()),
        (false, NewId::Doubtful) => {
            Verdict::Unknown("the answer has more than one session id, or one that is none".into())
        }
        (true, NewId::None) if details.iter().any(|text| is_token_text(text)) => {
            Verdict::TokenRefused(words)
        }
        (true, NewId::None) if words.is_empty() => {
            Verdict::Refused("the service said Error without a reason".into())
        }
        (true, NewId::None) => Verdict::Refused(words),
        (true, _) => Verdict::Unknown(format!("an error with a session id: {words}")),
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
    let (Body::Whole(bytes) | Body::Open(bytes)) = body else {
        return status.to_owned();
    };
    let Reading::Envelope(envelope) = read(bytes) else {
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
    /// HTTP 429, or 503 with `Retry-After`.
    NotNow {
        /// How long the service asks to wait.
        wait: Option<Duration>,
    },
    /// No connection.
    NotConnected(String),
    /// Anything else; asking again does no harm.
    NoAnswer(String),
}

/// Judges what came of a GetToken call.
pub fn classify_token(exchange: Exchange, now: SystemTime) -> TokenVerdict {
    let answer = match exchange {
        Ok(answer) => answer,
        Err(Failure::NotConnected(text)) => return TokenVerdict::NotConnected(text),
        Err(Failure::NeverWritten(text) | Failure::Unknown(text)) => {
            return TokenVerdict::NoAnswer(text);
        }
    };
    let wait = retry_after(&answer, now);
    match answer.status {
        429 => return TokenVerdict::NotNow { wait },
        503 if wait.is_some() => return TokenVerdict::NotNow { wait },
        _ => {}
    }
    let is_success = (200..=299).contains(&answer.status);
    match body_of_token(&answer) {
        Some(Reading::Null) if is_success => TokenVerdict::Null,
        Some(Reading::Envelope(envelope)) => {
            judge_token(&envelope, is_success).unwrap_or_else(|| no_token(&answer))
        }
        _ => no_token(&answer),
    }
}

fn body_of_token(answer: &Answer) -> Option<Reading> {
    match &answer.body {
        Body::Whole(bytes) | Body::Open(bytes) => Some(read(bytes)),
        _ => None,
    }
}

fn judge_token(envelope: &Envelope, is_success: bool) -> Option<TokenVerdict> {
    let value = envelope.text(RETURN_VALUE_MEMBER).map(str::trim);
    let details = envelope.details();
    let message = envelope.text(MESSAGE_MEMBER).map(str::trim);
    let error = details
        .iter()
        .copied()
        .chain(message)
        .chain(value)
        .find(|text| starts_with_ignoring_case(text, ERROR_TEXT_PREFIX));
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

fn no_token(answer: &Answer) -> TokenVerdict {
    let status = format!("GetToken was answered HTTP {}", answer.status);
    TokenVerdict::NoAnswer(match &answer.body {
        Body::Whole(_) | Body::Open(_) if !(200..=299).contains(&answer.status) => status,
        Body::Whole(_) | Body::Open(_) => format!("{status} without a token"),
        Body::TooLong => format!("{status} with over {ANSWER_LIMIT_BYTES} bytes"),
        Body::Cut(text) => format!("{status}, and the answer broke off: {text}"),
    })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";
    const NEW: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
    const OTHER: &str = "bbbbbbbb-0000-4000-8000-00000000000b";
    const ZERO: &str = "00000000-0000-0000-0000-000000000000";

    fn answer(status: u16, body: &str, retry_after: Option<&str>) -> Exchange {
        let mut body = body.to_owned();
        for (name, id) in [
            ("SOURCE", SOURCE),
            ("NEW", NEW),
            ("OTHER", OTHER),
            ("ZERO", ZERO),
        ] {
            body = body.replace(name, id);
        }
        let body = Body::Whole(body.into_bytes());
        Ok(Answer {
            status,
            retry_after: retry_after.map(Into::into),
            date: None,
            body,
        })
    }

    fn judged(status: u16, body: &str, retry_after: Option<&str>) -> Verdict {
        let source = SessionId::parse(SOURCE).unwrap();
        classify_copy(
            &answer(status, body, retry_after),
            source,
            SystemTime::UNIX_EPOCH,
        )
    }

    fn is_copied(body: &str) -> bool {
        judged(200, body, None) == Verdict::Copied(SessionId::parse(NEW).unwrap())
    }

    #[test]
    fn a_copy_is_one_new_id_in_any_shape() {
        for body in [
            r#"{"Message":"Success","Details":[],"SigningSessionId":"NEW","Session":[]}"#,
            r#"{"message":"success","signingSessionId":"NEW"}"#,
            r#"{"SigningSessionId":"NEW"}"#,
            r#"{"Message":null,"Details":null,"SigningSessionId":"NEW","Session":null}"#,
            r#"{"Message":"Success","Details":["a warning"],"SigningSessionId":"NEW"}"#,
            r#"{"SigningSessionId":"ZERO","Session":[{"SigningSessionId":"NEW"}]}"#,
            r#"{"SigningSessionId":null,"Sessions":{"SigningSessionId":null,"Id":"NEW"}}"#,
            r#"{"Session":{"Id":"NEW"}}"#,
            r#"{"SigningSessions":[{"signingsessionid":"NEW"}]}"#,
            r#"{"CopySigningSessionResult":{"SigningSessionId":"NEW"}}"#,
            r#"{"SigningSessionId":"NEW","Session":[{"Id":"NEW"},{"Id":"SOURCE"}]}"#,
            "\u{feff}{\"SigningSessionId\":\"NEW\"}",
        ] {
            assert!(is_copied(body), "{body}");
        }
    }

    #[test]
    fn an_answer_that_may_mean_a_copy_is_unknown() {
        for body in [
            r#"{"Message":"Success"}"#,
            r#"{"Message":"Success","SigningSessionId":"ZERO"}"#,
            r#"{"Message":"Success","SigningSessionId":"SOURCE"}"#,
            r#"{"Message":"Success","SigningSessionId":"SOURCE","Session":[{"Id":"NEW"}]}"#,
            r#"{"Message":"Success","SigningSessionId":"NEW","Session":[{"Id":"OTHER"}]}"#,
            r#"{"Session":[{"Id":"NEW"},{"Id":"OTHER"}]}"#,
            r#"{"SigningSessionId":"OTHER","SigningSessionId":"NEW"}"#,
            r#"{"Message":"Error","Message":"Success","SigningSessionId":"NEW"}"#,
            r#"{"Session":[{"Id":"OTHER","Id":"NEW"}]}"#,
            r#"{"Session":[{"Id":"OTHER"}],"Session":[{"Id":"NEW"}]}"#,
            r#"{"CopyResult":{"SigningSessionId":"OTHER"},"CopyResult":{"SigningSessionId":"NEW"}}"#,
            r#"{"Session":[{"SigningSessionId":"NEW","signingSessionId":"OTHER"}]}"#,
            r#"{"Message":"Success","SigningSessionId":"none"}"#,
            r#"{"Message":"Success","SigningSessionId":7}"#,
            r#"{"Message":"Error","Details":["Error: Invalid token"],"SigningSessionId":"NEW"}"#,
            r#"{"SigningSessionId":"NEW","SigningSessionId":null,"Message":"Error"}"#,
            r#"{"SigningSessionId":"NEW"} x"#,
            r#"{"SigningSessionId":"NEW""#,
            "<html>sign in</html>",
            r#""NEW""#,
            "[]",
            "{}",
        ] {
            assert!(
                matches!(judged(200, body, None), Verdict::Unknown(_)),
                "{body}"
            );
        }
    }

    #[test]
    fn errors_are_told_apart_by_the_documented_texts() {
        for body in ["", " \r\n", "null", r#"{"CopySigningSessionResult":null}"#] {
            assert!(
                matches!(judged(200, body, None), Verdict::TokenRefused(_)),
                "{body}"
            );
        }
        for text in [
            "Error: Bad Token Information. Please authenticate.",
            "ERROR: INVALID TOKEN",
            "Error: Invalid API key",
            "Error: Invalid user account information",
        ] {
            let body = format!(r#"{{"Message":"Error","Details":["{text}"],"Session":null}}"#);
            assert_eq!(judged(200, &body, None), Verdict::TokenRefused(text.into()));
        }
        let body = r#"{"Message":"Error","Details":["a","b"],"SigningSessionId":"ZERO"}"#;
        assert_eq!(judged(200, body, None), Verdict::Refused("a; b".into()));
        let body = r#"{"Message":"Error","Details":"Error: Username not found."}"#;
        assert_eq!(
            judged(200, body, None),
            Verdict::Refused("Error: Username not found.".into())
        );
    }

    #[test]
    fn statuses_follow_the_table() {
        let good = r#"{"SigningSessionId":"NEW"}"#;
        for status in [403, 404, 405, 413, 414, 415] {
            assert!(
                matches!(judged(status, good, None), Verdict::Refused(_)),
                "{status}"
            );
        }
        for status in [
            100, 302, 307, 400, 402, 408, 409, 422, 500, 502, 503, 504, 599,
        ] {
            assert!(
                matches!(judged(status, good, None), Verdict::Unknown(_)),
                "{status}"
            );
        }
        assert_eq!(judged(401, good, None), Verdict::Unauthorized);
        let seconds = |wait: u64| Some(Duration::from_secs(wait));
        assert_eq!(judged(429, "", None), Verdict::RefusedForNow { wait: None });
        assert_eq!(
            judged(429, "", Some("9")),
            Verdict::RefusedForNow { wait: seconds(9) }
        );
        assert_eq!(
            judged(503, "", Some("9")),
            Verdict::RefusedForNow { wait: seconds(9) }
        );
        assert!(matches!(judged(503, "", Some("soon")), Verdict::Unknown(_)));
    }

    #[test]
    fn half_an_answer_is_never_a_copy() {
        let whole = r#"{"Message":"Success","SigningSessionId":"NEW","Session":[{"Id":"NEW"}]}"#;
        let whole = whole.replace("NEW", NEW);
        for length in 1..whole.len() {
            assert!(!is_copied(&whole[..length]), "{}", &whole[..length]);
        }
        assert!(is_copied(&whole));
        let source = SessionId::parse(SOURCE).unwrap();
        let open = [&b""[..], b" ", b"null"].map(|bytes| Body::Open(bytes.to_vec()));
        for body in open
            .into_iter()
            .chain([Body::TooLong, Body::Cut("reset".into())])
        {
            let exchange = Ok(Answer {
                status: 200,
                retry_after: None,
                date: None,
                body,
            });
            let verdict = classify_copy(&exchange, source, SystemTime::UNIX_EPOCH);
            assert!(matches!(verdict, Verdict::Unknown(_)));
        }
    }

    #[test]
    fn a_token_call_is_a_token_a_refusal_or_worth_another_try() {
        let token = |status, body: &str| match classify_token(
            answer(status, body, None),
            SystemTime::UNIX_EPOCH,
        ) {
            TokenVerdict::Token(token) => format!("token {}", token.expose_secret()),
            TokenVerdict::Refused(text) => format!("refused {text}"),
            TokenVerdict::Null => "null".into(),
            TokenVerdict::NotNow { .. } => "not now".into(),
            TokenVerdict::NotConnected(_) | TokenVerdict::NoAnswer(_) => "no answer".into(),
        };
        let refused = "refused Error: Invalid API key";
        let error =
            r#"{"Message":"Error","Details":["Error: Invalid API key"],"ReturnValue":null}"#;
        for (status, body, expected) in [
            (
                200,
                r#"{"ReturnValue":"a\/b+c=","Message":"Success"}"#,
                "token a/b+c=",
            ),
            (200, r#"{"GetTokenResult":{"returnValue":"t"}}"#, "token t"),
            (200, "", "null"),
            (200, r#"{"ReturnValue":null,"Message":"Success"}"#, "null"),
            (200, error, refused),
            (401, error, refused),
            (200, r#"{"ReturnValue":"Error: Invalid API key"}"#, refused),
            (500, r#"{"ReturnValue":"t"}"#, "no answer"),
            (401, "", "no answer"),
            (200, "<html>", "no answer"),
            (429, "", "not now"),
        ] {
            assert_eq!(token(status, body), expected, "{status} {body}");
        }
    }
}
