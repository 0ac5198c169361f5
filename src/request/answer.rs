//! The service's JSON answers, read leniently as to shape and strictly as to sense.

use serde_json::{Map, Value};

use super::assumptions::{
    DETAILS_MEMBER, MESSAGE_ERROR, MESSAGE_MEMBER, ROOT_ID_MEMBER, SESSION_ID_MEMBERS,
    SESSION_MEMBERS, WRAPPER_SUFFIX,
};
use super::unique_members::UniqueMembers;
use crate::job::SessionId;

/// A JSON answer of the service, read leniently as to shape and strictly as to sense.
pub(super) enum Reading {
    /// Empty, white space, `null`, or a wrapper around `null`.
    Null,
    /// An object, unwrapped.
    Envelope(Envelope),
    /// Not JSON, cut off, or JSON of another kind; says which.
    Unreadable(&'static str),
}

/// The root object of an answer.
pub(super) struct Envelope(pub(super) Map<String, Value>);

/// The ids that an answer gives for the new session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NewId {
    /// None, or only the empty GUID.
    None,
    /// Exactly one that may be a new session's.
    One(SessionId),
    /// More than one, or one that is no GUID.
    Doubtful,
}

pub(super) fn read(body: &[u8]) -> Reading {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Reading::Null;
    }
    match serde_json::from_slice(body) {
        Ok(UniqueMembers(value)) => unwrapped(value),
        Err(error) if error.is_data() => {
            Reading::Unreadable("the answer has the same member twice")
        }
        Err(_) => Reading::Unreadable("the answer is not readable JSON"),
    }
}

fn unwrapped(value: Value) -> Reading {
    match value {
        Value::Null => Reading::Null,
        Value::Object(mut object) => {
            let wrapped = match object.iter().next() {
                Some((name, inner)) if object.len() == 1 && wraps(name) => {
                    inner.is_null() || inner.is_object()
                }
                _ => false,
            };
            if !wrapped {
                return Reading::Envelope(Envelope(object));
            }
            let name = object.keys().next().expect("it has one member").clone();
            match object.remove(&name) {
                Some(Value::Object(inner)) => Reading::Envelope(Envelope(inner)),
                _ => Reading::Null,
            }
        }
        _ => Reading::Unreadable("the answer is JSON, but not of the documented form"),
    }
}

fn wraps(name: &str) -> bool {
    let start = name.len().saturating_sub(WRAPPER_SUFFIX.len());
    name.get(start..)
        .is_some_and(|end| end.eq_ignore_ascii_case(WRAPPER_SUFFIX))
}

pub(super) fn members<'a>(
    object: &'a Map<String, Value>,
    name: &'a str,
) -> impl Iterator<Item = &'a Value> {
    object
        .iter()
        .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

impl Envelope {
    /// The text of a member, if it is a text.
    pub(super) fn text(&self, name: &'static str) -> Option<&str> {
        members(&self.0, name).find_map(Value::as_str)
    }

    /// Whether `Message` says `Error`.
    pub(super) fn says_error(&self) -> bool {
        members(&self.0, MESSAGE_MEMBER)
            .filter_map(Value::as_str)
            .any(|message| message.trim().eq_ignore_ascii_case(MESSAGE_ERROR))
    }

    /// The service's words: the texts in `Details`.
    pub(super) fn details(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        for value in members(&self.0, DETAILS_MEMBER) {
            match value {
                Value::String(text) => texts.push(text.as_str()),
                Value::Array(values) => texts.extend(values.iter().filter_map(Value::as_str)),
                _ => {}
            }
        }
        texts.retain(|text| !text.trim().is_empty());
        texts
    }

    /// The id of the new session: at the root, else that of the first session. Every session in
    /// the answer is looked at, so that an answer naming two is not taken for one.
    pub(super) fn new_id(&self, source: SessionId) -> NewId {
        let root: Vec<&Value> = members(&self.0, ROOT_ID_MEMBER).collect();
        let sessions = self.session_ids();
        let mut chosen = None;
        for value in root.iter().copied().chain(sessions.iter().copied()) {
            match (guid(value), chosen) {
                (Guid::None, _) => {}
                (Guid::NotOne, _) => return NewId::Doubtful,
                (Guid::Id(id), None) => chosen = Some(id),
                // The source may stand beside its copy, but never in its place.
                (Guid::Id(id), Some(first)) if id == first || id == source => {}
                (Guid::Id(_), Some(_)) => return NewId::Doubtful,
            }
        }
        chosen.map_or(NewId::None, NewId::One)
    }

    fn session_ids(&self) -> Vec<&Value> {
        self.sessions().into_iter().flat_map(own_ids).collect()
    }

    /// The session objects, in a list or alone.
    pub(super) fn sessions(&self) -> Vec<&Map<String, Value>> {
        let found = SESSION_MEMBERS
            .iter()
            .flat_map(|name| members(&self.0, name));
        found
            .flat_map(|sessions| match sessions {
                Value::Array(list) => list.iter().collect(),
                single => vec![single],
            })
            .filter_map(Value::as_object)
            .collect()
    }
}

/// The id of a session; more than one if names that differ only in case give it.
pub(super) fn own_ids(session: &Map<String, Value>) -> Vec<&Value> {
    let given = |name: &&'static str| {
        let values = members(session, name).filter(|value| !value.is_null());
        Some(values.collect::<Vec<_>>()).filter(|values| !values.is_empty())
    };
    SESSION_ID_MEMBERS
        .iter()
        .find_map(given)
        .unwrap_or_default()
}

enum Guid {
    None,
    Id(SessionId),
    NotOne,
}

fn guid(value: &Value) -> Guid {
    use crate::job::InvalidId::EmptyGuid;
    match value {
        Value::Null => Guid::None,
        Value::String(text) if text.trim().is_empty() => Guid::None,
        Value::String(text) => match SessionId::parse(text.trim()) {
            Ok(id) => Guid::Id(id),
            Err(EmptyGuid) => Guid::None,
            Err(_) => Guid::NotOne,
        },
        _ => Guid::NotOne,
    }
}
