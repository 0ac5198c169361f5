//! The table of answers, line by line.

use std::time::Duration;

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
    for text in [
        "Error: Bad Token Information. Please authenticate.",
        "ERROR: INVALID TOKEN",
        "Error: Invalid API key",
        "Error: Invalid user account information",
    ] {
        let body = format!(r#"{{"Message":"Error","Details":["{text}"],"Session":null}}"#);
        assert_eq!(judged(200, &body, None), Verdict::TokenRefused(text.into()));
    }
    for no_id in ["ZERO", "", " "] {
        let body = r#"{"Message":"Error","Details":["a","b"],"SigningSessionId":"NONE"}"#;
        let body = body.replace("NONE", no_id);
        assert_eq!(judged(200, &body, None), Verdict::Refused("a; b".into()));
    }
    let body = r#"{"Message":"Error","Details":"Error: Username not found."}"#;
    assert_eq!(
        judged(200, body, None),
        Verdict::Refused("Error: Username not found.".into())
    );
}

#[test]
fn a_success_without_a_word_is_neither_a_copy_nor_a_refusal() {
    for body in ["", " \r\n", "null", r#"{"CopySigningSessionResult":null}"#] {
        for status in [200, 201, 202, 204, 206, 299] {
            let Verdict::Null { may_be_token, .. } = judged(status, body, None) else {
                panic!("{status} {body}");
            };
            assert_eq!(may_be_token, status == 200);
            assert_eq!(is_null(&answer(status, body, None)), status == 200);
        }
    }
    for (status, body) in [
        (200, "{}"),
        (200, "0"),
        (200, "[]"),
        (401, ""),
        (500, "null"),
    ] {
        assert!(!is_null(&answer(status, body, None)), "{status} {body}");
        assert!(!matches!(judged(status, body, None), Verdict::Null { .. }));
    }
    assert!(!is_null(&Err(Failure::Unknown("reset".into()))));
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
    let seconds = |wait: u64| RetryAfter::Wait(Duration::from_secs(wait));
    let wait = RetryAfter::Unsaid;
    assert_eq!(judged(429, "", None), Verdict::RefusedForNow { wait });
    assert_eq!(
        judged(429, "", Some("9")),
        Verdict::RefusedForNow { wait: seconds(9) }
    );
    assert_eq!(
        judged(503, "", Some("9")),
        Verdict::RefusedForNow { wait: seconds(9) }
    );
    // It asks to wait, only nobody knows how long.
    for status in [429, 503] {
        let wait = RetryAfter::Unreadable("soon".into());
        let verdict = judged(status, "", Some("soon"));
        assert_eq!(verdict, Verdict::RefusedForNow { wait });
    }
    for nothing in [None, Some(""), Some(" ")] {
        assert!(matches!(judged(503, "", nothing), Verdict::Unknown(_)));
    }
}

#[test]
fn a_refusal_has_the_service_s_words() {
    for (status, body, words) in [
        (403, "", "HTTP 403"),
        (403, "<html>no</html>", "HTTP 403"),
        (404, r#"{"Message":"Error","Details":[]}"#, "HTTP 404"),
        (
            404,
            r#"{"Message":"Error","Details":["no such session","ask"]}"#,
            "HTTP 404: no such session; ask",
        ),
        (
            200,
            r#"{"Message":"Error","Details":[]}"#,
            "the service said Error without a reason",
        ),
    ] {
        match judged(status, body, None) {
            Verdict::Refused(text) => assert!(text.ends_with(words), "{text}"),
            verdict => panic!("{body}: {verdict:?}"),
        }
    }
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
    let of = |body| {
        Ok(Answer {
            status: 200,
            retry_after: None,
            date: None,
            body,
        })
    };
    for body in [Body::TooLong, Body::Cut("reset".into())] {
        let verdict = classify_copy(&of(body), source, SystemTime::UNIX_EPOCH);
        assert!(matches!(verdict, Verdict::Unknown(_)));
    }
    // What has no end that is known is no word about the token.
    for body in [&b""[..], b" ", b"null"] {
        let exchange = of(Body::Open(body.to_vec()));
        let verdict = classify_copy(&exchange, source, SystemTime::UNIX_EPOCH);
        let may_be_token = matches!(
            verdict,
            Verdict::Null {
                may_be_token: true,
                ..
            }
        );
        assert!(matches!(verdict, Verdict::Null { .. }) && !may_be_token);
        assert!(!is_null(&exchange));
    }
}

fn token(status: u16, body: &str) -> String {
    match classify_token(answer(status, body, None), SystemTime::UNIX_EPOCH) {
        TokenVerdict::Token(token) => format!("token {}", token.expose_secret()),
        TokenVerdict::Refused(text) => format!("refused {text}"),
        TokenVerdict::Null => "null".into(),
        TokenVerdict::NotNow { text, .. }
        | TokenVerdict::NotConnected(text)
        | TokenVerdict::NotTrusted(text) => text,
    }
}

#[test]
fn a_token_call_is_a_token_a_refusal_or_worth_another_try() {
    let refused = "refused Error: Invalid API key";
    let error = r#"{"Message":"Error","Details":["Error: Invalid API key"],"ReturnValue":null}"#;
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
        (500, r#"{"ReturnValue":"t"}"#, "GetToken answered HTTP 500"),
        (401, "", "refused GetToken answered HTTP 401"),
        (403, "<html>", "refused GetToken answered HTTP 403"),
        (400, error, refused),
        (500, error, refused),
        (404, "", "GetToken answered HTTP 404"),
        // A service in trouble says so: that is not about the key.
        (
            503,
            r#"{"Message":"Error","Details":["Error: The service is busy."]}"#,
            "GetToken answered HTTP 503",
        ),
        (200, "<html>", "GetToken answered HTTP 200 without a token"),
        (
            200,
            r#"{"Message":"Error","Details":["Error: a","b"]}"#,
            "refused Error: a; b",
        ),
        (429, "", "GetToken answered HTTP 429"),
        (429, "null", "GetToken answered HTTP 429"),
        (503, "", "GetToken answered HTTP 503"),
    ] {
        assert_eq!(token(status, body), expected, "{status} {body}");
    }
}

#[test]
fn a_token_call_that_brought_no_answer_is_worth_another_try() {
    for status in [429, 500, 502, 503] {
        let later = classify_token(answer(status, "", Some("7")), SystemTime::UNIX_EPOCH);
        let wait = RetryAfter::Wait(Duration::from_secs(7));
        assert!(matches!(later, TokenVerdict::NotNow { wait: asked, .. } if asked == wait));
    }
    for failure in [
        Failure::Unknown("reset".into()),
        Failure::NeverWritten("closed".into()),
    ] {
        let verdict = classify_token(Err(failure), SystemTime::UNIX_EPOCH);
        assert!(matches!(verdict, TokenVerdict::NotNow { .. }));
    }
}
