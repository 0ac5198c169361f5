//! Each answer_style of an answer.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::sandbox::{
    AnswerStyle, DateStyle, Details, Envelope, ErrorStyle, FailureId, IdPlace, ListMember, Names,
    NullStyle, SessionIdName, SessionMember, Settings, TitleField, Wrapping,
};
use crate::support::{Bench, SOURCE, Seen, copy_of, start};

fn shaped(answer_style: AnswerStyle) -> Bench {
    start(Settings {
        answer_style,
        ..Settings::default()
    })
}

fn copied(answer_style: AnswerStyle) -> Value {
    shaped(answer_style).copy("t", "a@example.com").json()
}

fn refused(answer_style: AnswerStyle) -> Seen {
    shaped(answer_style).copy("t", "a+refuse@example.com")
}

#[test]
fn session_members() {
    let with = |session| {
        copied(AnswerStyle {
            session,
            ..AnswerStyle::default()
        })
    };
    for session in SessionMember::ALL {
        let answer = with(*session);
        let (name, is_array) = match session {
            SessionMember::SessionArray => ("Session", true),
            SessionMember::SessionsArray => ("Sessions", true),
            SessionMember::SessionObject => ("Session", false),
            SessionMember::SigningSessionsArray => ("SigningSessions", true),
        };
        assert_eq!(
            (answer[name].is_array(), answer[name].is_null()),
            (is_array, false)
        );
    }
}

#[test]
fn wrapping_and_letter_case() {
    let wrapped = AnswerStyle {
        wrapping: Wrapping::Copies,
        ..AnswerStyle::default()
    };
    assert_eq!(
        copied(wrapped)["CopySigningSessionResult"]["Message"],
        "Success"
    );
    let bench = shaped(AnswerStyle {
        wrapping: Wrapping::Everything,
        ..AnswerStyle::default()
    });
    let found = bench.lookup("t").json();
    assert_eq!(
        found["GetSessionsLiteByTransactionIdResult"]["TotalCount"],
        0
    );
    let camel = copied(AnswerStyle {
        names: Names::Camel,
        ..AnswerStyle::default()
    });
    assert_eq!(camel["message"], "Success");
    assert_eq!(
        camel["session"][0]["signers"][0]["emailAddress"],
        "a@example.com"
    );
    let named = AnswerStyle {
        session_id: SessionIdName::Id,
        ..AnswerStyle::default()
    };
    let answer = copied(named);
    assert_eq!(answer["Session"][0]["Id"], answer["SigningSessionId"]);
}

#[test]
fn id_places() {
    let ids = |id| {
        let bench = shaped(AnswerStyle {
            id,
            ..AnswerStyle::default()
        });
        let answer = bench.copy("t", "a@example.com").json();
        let real = bench.stats_of("t").session_ids[0].to_string();
        let named = |value: &Value| match value.as_str() {
            Some(text) if text == real => "new",
            Some(SOURCE) => "source",
            Some(text) if text == Uuid::nil().to_string() => "zero",
            Some(_) => "other",
            None => "none",
        };
        let inner = &answer["Session"][0]["SigningSessionId"];
        (named(&answer["SigningSessionId"]), named(inner))
    };
    assert_eq!(ids(IdPlace::Both), ("new", "new"));
    assert_eq!(ids(IdPlace::RootOnly), ("new", "none"));
    assert_eq!(ids(IdPlace::SessionOnly), ("none", "new"));
    assert_eq!(ids(IdPlace::Source), ("source", "source"));
    assert_eq!(ids(IdPlace::Zero), ("zero", "zero"));
    assert_eq!(ids(IdPlace::Absent), ("none", "none"));
}

#[test]
fn envelopes_details_and_failures() {
    let bare = AnswerStyle {
        envelope: Envelope::Bare,
        ..AnswerStyle::default()
    };
    assert_eq!(copied(bare).get("Message"), None);
    assert_eq!(refused(bare).json()["Message"], "Error");
    let details = |details| {
        copied(AnswerStyle {
            details,
            ..AnswerStyle::default()
        })["Details"]
            .clone()
    };
    assert_eq!(details(Details::Empty), json!([]));
    assert_eq!(details(Details::Null), json!(null));
    assert_eq!(details(Details::Filled).as_array().map(Vec::len), Some(1));
    let zero = AnswerStyle {
        failure_id: FailureId::Zero,
        ..AnswerStyle::default()
    };
    assert_eq!(
        refused(zero).json()["SigningSessionId"],
        Uuid::nil().to_string().as_str()
    );
    let errors = |errors| {
        refused(AnswerStyle {
            errors,
            ..AnswerStyle::default()
        })
    };
    assert_eq!(errors(ErrorStyle::Null).body(), b"");
    assert_eq!(errors(ErrorStyle::BadRequestHtml).status(), 400);
    assert_eq!(errors(ErrorStyle::ServerError).status(), 500);
}

#[test]
fn nulls() {
    for (null, body, typed) in [
        (NullStyle::Empty, "", false),
        (NullStyle::Literal, "null", true),
    ] {
        let bench = shaped(AnswerStyle {
            null,
            ..AnswerStyle::default()
        });
        let body_sent = copy_of("t", "a@example.com").to_string();
        let seen = bench.send("POST", "/rest/v1/sessions/copy", "expired", &body_sent);
        assert_eq!((seen.status(), seen.text().as_str()), (200, body));
        assert_eq!(seen.header("content-type").is_some(), typed);
        assert_eq!(seen.header("content-length"), Some(body.len().to_string()));
    }
}

#[test]
fn list_members() {
    for list in ListMember::ALL {
        let bench = shaped(AnswerStyle {
            list: *list,
            ..AnswerStyle::default()
        });
        bench.copy("t", "a@example.com");
        let found = bench.lookup("t").json();
        assert_eq!(found[list.name()][0]["TransactionId"], "t");
        assert_eq!(found["TotalCount"], 1);
    }
}

#[test]
fn dates_and_slashes() {
    let raw = |dates| {
        shaped(AnswerStyle {
            dates,
            ..AnswerStyle::default()
        })
        .copy("t", "a@b.c")
        .text()
    };
    let utc = raw(DateStyle::Utc);
    assert!(
        utc.contains(r#""CreatedOn":"\/Date("#) && utc.contains(r#")\/""#),
        "{utc}"
    );
    assert!(
        utc.contains(r#""LastName":"B\/y""#) && utc.contains(r#""ExpiresOn":null"#),
        "{utc}"
    );
    assert!(raw(DateStyle::Offset).contains(r#"-0500)\/""#));
    assert!(raw(DateStyle::Minimum).contains(r#""ExpiresOn":"\/Date(-62135596800000)\/""#));
    assert!(raw(DateStyle::MinimumOffset).contains(r#""\/Date(-62135596800000-0500)\/""#));
}

#[test]
fn titles() {
    let titled = |title_field| {
        let bench = start(Settings {
            title_field,
            ..Settings::default()
        });
        let mut body = copy_of("t", "a@example.com");
        body["session"]["SessionInfo"]["TransactionTitle"] = json!("other");
        bench.copy_body(&body).json()["Session"][0]["SessionInfo"]["Title"].clone()
    };
    assert_eq!(titled(TitleField::Title), "Lease 42");
    assert_eq!(titled(TitleField::Either), "Lease 42");
    assert_eq!(titled(TitleField::TransactionTitle), "other");
}
