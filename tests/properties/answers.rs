//! Whatever the service or something between answers, a copy is only what surely is one.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use esign_copy::job::SessionId;
use esign_copy::request::assumptions::{
    DETAILS_MEMBER, MESSAGE_MEMBER, RETURN_VALUE_MEMBER, ROOT_ID_MEMBER, SESSION_ID_MEMBERS,
    SESSION_MEMBERS, TOKEN_ERROR_PREFIXES,
};
use esign_copy::request::{
    Answer, Body, RetryAfter, TokenVerdict, Verdict, classify_copy, classify_token, retry_after,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use secrecy::ExposeSecret;

use super::one_in;
use super::texts::any_case;

const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";
const NEW: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
const OTHER: &str = "bbbbbbbb-0000-4000-8000-00000000000b";
const ZERO: &str = "00000000-0000-0000-0000-000000000000";

fn answer(status: u16, body: &[u8]) -> Answer {
    Answer {
        status,
        retry_after: None,
        date: None,
        body: Body::Whole(body.to_vec()),
    }
}

fn judged(body: &[u8]) -> Verdict {
    let source = SessionId::parse(SOURCE).unwrap();
    classify_copy(&Ok(answer(200, body)), source, SystemTime::UNIX_EPOCH)
}

fn id(text: &str) -> Option<SessionId> {
    SessionId::parse(text.trim()).ok()
}

/// A JSON value whose objects may name a member twice.
#[derive(Debug, Clone)]
enum Tree {
    Plain(serde_json::Value),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    fn json(&self) -> String {
        match self {
            Self::Plain(value) => value.to_string(),
            Self::Array(values) => {
                let values: Vec<String> = values.iter().map(Self::json).collect();
                format!("[{}]", values.join(", "))
            }
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| {
                    format!(
                        "{}:{}",
                        serde_json::Value::from(name.as_str()),
                        value.json()
                    )
                };
                let members: Vec<String> = members.iter().map(member).collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Plain(value) => value.as_str(),
            _ => None,
        }
    }

    /// The values of every member of that name, in any case.
    fn members<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        let members = match self {
            Self::Object(members) => members.as_slice(),
            _ => &[],
        };
        let named = members
            .iter()
            .filter(move |(one, _)| one.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value)
    }

    fn unwrapped(&self) -> &Self {
        match self {
            Self::Object(members) => match members.as_slice() {
                [(name, inner @ Self::Object(_))]
                    if name.to_ascii_lowercase().ends_with("result") =>
                {
                    inner
                }
                _ => self,
            },
            _ => self,
        }
    }

    fn says_error(&self) -> bool {
        let mut messages = self.members(MESSAGE_MEMBER).filter_map(Self::text);
        messages.any(|text| text.trim().eq_ignore_ascii_case("error"))
    }

    /// Every session id that the answer gives for the new session, at the root or in a session.
    fn ids(&self) -> BTreeSet<String> {
        let mut ids: Vec<&Self> = self.members(ROOT_ID_MEMBER).collect();
        for name in SESSION_MEMBERS {
            for sessions in self.members(name) {
                let sessions = match sessions {
                    Self::Array(sessions) => sessions.iter().collect(),
                    single => vec![single],
                };
                for session in sessions {
                    let [first, second] = SESSION_ID_MEMBERS.map(|name| {
                        let given = session.members(name);
                        given
                            .filter(|value| !matches!(value, Self::Plain(value) if value.is_null()))
                            .collect::<Vec<_>>()
                    });
                    ids.extend(if first.is_empty() { second } else { first });
                }
            }
        }
        let ids = ids.into_iter().filter_map(|value| id(value.text()?));
        ids.map(|id| id.to_string()).collect()
    }
}

fn any_name() -> BoxedStrategy<String> {
    // Often the same few, so that members stand twice.
    let mut names = vec![ROOT_ID_MEMBER; 8];
    names.extend([MESSAGE_MEMBER; 5]);
    names.extend([SESSION_MEMBERS[0]; 4]);
    names.extend([DETAILS_MEMBER, RETURN_VALUE_MEMBER]);
    names.extend(SESSION_MEMBERS);
    names.extend(SESSION_ID_MEMBERS);
    names.extend(["CopySigningSessionResult", "Result", "Title", ""]);
    select(names).prop_flat_map(any_case).boxed()
}

fn plain() -> BoxedStrategy<Tree> {
    let mut texts = vec![
        SOURCE, ZERO, NEW, NEW, NEW, OTHER, "Success", "Error", " error ", "",
    ];
    texts.extend([
        "none",
        "{aaaaaaaa-0000-4000-8000-00000000000a}",
        "not copied",
    ]);
    texts.extend(TOKEN_ERROR_PREFIXES);
    let text = prop_oneof![
        6 => select(texts).prop_flat_map(any_case),
        1 => any::<String>(),
    ];
    prop_oneof![
        8 => text.prop_map(|text| Tree::Plain(text.into())),
        1 => Just(Tree::Plain(serde_json::Value::Null)),
        1 => any::<i32>().prop_map(|number| Tree::Plain(number.into())),
        1 => any::<bool>().prop_map(|flag| Tree::Plain(flag.into())),
    ]
    .boxed()
}

/// Any value of such names and texts.
fn any_value() -> BoxedStrategy<Tree> {
    plain()
        .prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                1 => vec(inner.clone(), 0..3).prop_map(Tree::Array),
                3 => vec((any_name(), inner), 0..4).prop_map(Tree::Object),
            ]
        })
        .boxed()
}

/// An answer of the kind that the service gives, more or less.
fn any_tree() -> BoxedStrategy<Tree> {
    let text = |text: &str| Tree::Plain(text.into());
    let id = select(vec![NEW, NEW, NEW, NEW, OTHER, SOURCE, ZERO, ""]).prop_map(text);
    let message = select(vec!["Success", "Success", "Error", " error "]).prop_map(text);
    let member = |names: &'static [&'static str], value: BoxedStrategy<Tree>| {
        (select(names).prop_flat_map(any_case), value)
    };
    let own_id = member(&SESSION_ID_MEMBERS, id.clone().boxed());
    let session = vec(own_id, 0..3).prop_map(Tree::Object).boxed();
    let sessions = vec(session.clone(), 0..3).prop_map(Tree::Array);
    let sessions = prop_oneof![session, sessions].boxed();
    let members = prop_oneof![
        3 => member(&[ROOT_ID_MEMBER], id.boxed()),
        2 => member(&[MESSAGE_MEMBER], message.boxed()),
        2 => member(&SESSION_MEMBERS, sessions),
        1 => (any_name(), any_value()),
    ];
    let envelope = vec(members, 0..4).prop_map(Tree::Object).boxed();
    let wrapped = vec(
        (
            Just("CopySigningSessionResult".to_owned()),
            envelope.clone(),
        ),
        1..3,
    );
    prop_oneof![
        6 => envelope,
        1 => wrapped.prop_map(Tree::Object),
        1 => any_value(),
    ]
    .boxed()
}

/// Bodies that say that a copy was made.
fn good_body() -> BoxedStrategy<String> {
    let session = |name: &'static str| format!(r#"{{"{name}":"{NEW}","Title":"\u00e9 ]}}"}}"#);
    let mut bodies = vec![
        format!(r#"{{"SigningSessionId":"{NEW}"}}"#),
        format!(r#"{{"Message":"Success","Details":[],"SigningSessionId":"{NEW}","Session":[]}}"#),
        format!(r#"{{"message":null,"details":["a word"],"signingSessionId":"{NEW}"}}"#),
        format!("\u{feff}{{ \"SigningSessionId\" : \"{NEW}\" }}"),
    ];
    for name in SESSION_MEMBERS {
        for id_name in SESSION_ID_MEMBERS {
            let session = session(id_name);
            bodies.push(format!(r#"{{"{name}":{session}}}"#));
            bodies.push(format!(
                r#"{{"SigningSessionId":"{ZERO}","{name}":[{session}]}}"#
            ));
            let source = format!(r#"{{"Id":"{SOURCE}"}}"#);
            bodies.push(format!(
                r#"{{"Message":"Success","{name}":[{session},{source}]}}"#
            ));
        }
    }
    let wrapped = |body: String| format!(r#"{{"CopySigningSessionResult":{body}}}"#);
    let body = (select(bodies), any::<bool>()).prop_map(move |(body, is_wrapped)| {
        match is_wrapped && !body.starts_with('\u{feff}') {
            true => wrapped(body),
            false => body,
        }
    });
    (body, select(&["", "\n", " \r\n\t"][..]))
        .prop_map(|(body, end)| body + end)
        .boxed()
}

/// Pieces of answers.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    " ",
    "\n",
    "null",
    "Error",
    "Success",
    "Message",
    "Details",
    "SigningSessionId",
    "\"SigningSessionId\":",
    "\"Session\":[",
    "\"Message\":\"Error\"",
    "\"Id\":",
    "\"aaaaaaaa-0000-4000-8000-00000000000a\"",
    "bbbbbbbb-0000-4000-8000-00000000000b",
    "{\"SigningSessionId\":\"aaaaaaaa-0000-4000-8000-00000000000a\"",
    "\"xResult\":{",
    "1e999",
    "<html>",
    "\u{feff}",
    "\"ReturnValue\":\"t\"",
    "\u{0}",
    "\u{fffd}",
];

fn any_body() -> BoxedStrategy<Vec<u8>> {
    let pieces = vec(select(&PIECES[..]), 0..20).prop_map(|pieces| pieces.concat().into_bytes());
    prop_oneof![
        1 => vec(any::<u8>(), 0..100),
        3 => pieces,
        2 => any_tree().prop_map(|tree| tree.json().into_bytes()),
        1 => (good_body(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(body, at, byte)| {
            let mut body = body.into_bytes();
            let at = at.index(body.len());
            body[at] = byte;
            body
        }),
    ]
    .boxed()
}

/// Texts of a header, good ones among them.
fn header() -> BoxedStrategy<String> {
    prop_oneof![
        any::<String>(),
        "[ \t]?[0-9]{0,40}[ \t]?",
        "[+-]?[0-9.xe]{1,8}",
        "(Sun|Mon|Tuesday|),? [0-9]{1,2}[ -](Sep|Feb|Foo)[ -][0-9]{2,5} [0-9]{2}:[0-9]{2}:[0-6][0-9] (GMT|)",
        Just("Sun, 09 Sep 2001 01:47:10 GMT".to_owned()),
        Just("Fri, 31 Dec 9999 23:59:59 GMT".to_owned()),
    ]
    .boxed()
}

proptest! {
    #[test]
    fn any_body_is_a_copy_only_if_it_says_so_in_whole_json(
        body in any_body(),
        status in prop_oneof![Just(200), 100..600u16],
    ) {
        let source = SessionId::parse(SOURCE).unwrap();
        let verdict = classify_copy(&Ok(answer(status, &body)), source, SystemTime::UNIX_EPOCH);
        if let Verdict::Copied(new) = verdict {
            prop_assert!((200..300).contains(&status));
            prop_assert_ne!(new, source);
            prop_assert_ne!(new.to_string(), ZERO);
            let text = String::from_utf8(body).unwrap();
            let text = text.trim_start_matches('\u{feff}');
            prop_assert!(serde_json::from_str::<serde_json::Value>(text).is_ok());
            prop_assert!(text.to_lowercase().contains(&new.to_string()));
        }
    }

    #[test]
    fn any_json_is_a_copy_only_with_one_new_id_and_no_error(tree in any_tree()) {
        if let Verdict::Copied(new) = judged(tree.json().as_bytes()) {
            let envelope = tree.unwrapped();
            prop_assert!(!envelope.says_error(), "{}", tree.json());
            let ids = envelope.ids().into_iter().filter(|id| id != SOURCE);
            prop_assert_eq!(ids.collect::<Vec<_>>(), [new.to_string()], "{}", tree.json());
        }
    }

    #[test]
    fn any_body_is_a_token_only_if_it_holds_one(
        body in any_body(),
        status in prop_oneof![Just(200), 100..600u16],
    ) {
        let verdict = classify_token(Ok(answer(status, &body)), SystemTime::UNIX_EPOCH);
        if let TokenVerdict::Token(token) = verdict {
            let token = token.expose_secret();
            prop_assert!((200..300).contains(&status));
            prop_assert!(!token.is_empty() && !token.to_lowercase().starts_with("error"));
            let text = String::from_utf8(body).unwrap();
            let text = text.trim_start_matches('\u{feff}');
            prop_assert!(serde_json::from_str::<serde_json::Value>(text).is_ok());
        }
    }

    #[test]
    fn any_retry_after_is_borne(wait in option::of(header()), date in option::of(header())) {
        let answer = Answer {
            status: 429,
            retry_after: wait.clone(),
            date,
            body: Body::Whole(Vec::new()),
        };
        let read = retry_after(&answer, SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 30));
        let wait = wait.unwrap_or_default();
        let wait = wait.trim();
        let is_number = !wait.is_empty() && wait.bytes().all(|byte| byte.is_ascii_digit());
        prop_assert!(matches!(read, RetryAfter::Wait(_)) || !is_number);
        prop_assert_eq!(read == RetryAfter::Unsaid, wait.is_empty());
    }
}

proptest! {
    #![proptest_config(one_in(4))]

    #[test]
    fn half_an_answer_is_never_a_copy(body in good_body()) {
        prop_assert_eq!(judged(body.as_bytes()), Verdict::Copied(id(NEW).unwrap()));
        for length in 0..body.trim_end().len() {
            let verdict = judged(&body.as_bytes()[..length]);
            prop_assert!(!matches!(verdict, Verdict::Copied(_)), "{}", &body[..length]);
        }
    }
}
