//! A session as the service shows it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::answer::{members, own_ids};
use super::assumptions::{
    CREATED_MEMBER, EMAIL_MEMBER, NAME_MEMBERS, OWNER_EMAIL_MEMBER, ROLE_MEMBER,
    SESSION_INFO_MEMBER, SIGNER_ID_MEMBERS, SIGNERS_MEMBER, TITLE_MEMBERS, TRANSACTION_ID_MEMBER,
};
use crate::job::SessionId;

/// A session as the service shows it, whole (GetSession) or as a header (the lite list). What
/// the answer lacks is none; a text that it says is null is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteSession {
    /// Its id.
    pub id: SessionId,
    /// The transaction id that it carries.
    pub transaction_id: Option<String>,
    /// Its title, under each name that the service may use.
    pub titles: Vec<String>,
    /// When it was made, by the service's clock.
    pub created_at: Option<Timestamp>,
    /// The e-mail address of its owner.
    pub owner_email: Option<String>,
    /// Its signers.
    pub signers: Option<Vec<RemoteSigner>>,
}

/// A signer as the service shows it. What the answer lacks is none; a text that it says is null
/// is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteSigner {
    /// Its id.
    pub id: Option<String>,
    /// Its address, in lower case.
    pub email: Option<String>,
    /// Its role.
    pub role: Option<String>,
    /// First and last name.
    pub name: String,
}

impl RemoteSession {
    /// Reads a session object that gives exactly one id.
    pub(super) fn read(object: &Map<String, Value>) -> Option<Self> {
        match own_ids(object).as_slice() {
            [Value::String(id)] => {
                let id = SessionId::parse(id.trim()).ok()?;
                Some(Self::of(id, object))
            }
            _ => None,
        }
    }

    /// Reads the other members of a session whose id is known.
    pub(super) fn of(id: SessionId, object: &Map<String, Value>) -> Self {
        let info = members(object, SESSION_INFO_MEMBER).find_map(Value::as_object);
        // Header data stands in an object of its own, or beside the id.
        let texts = |name| {
            let places = [info, Some(object)].into_iter().flatten();
            places.flat_map(move |place| texts_of(place, name))
        };
        let signers = members(object, SIGNERS_MEMBER).find_map(Value::as_array);
        let signers = signers.map(|signers| {
            let signers = signers.iter().filter_map(Value::as_object);
            signers.map(RemoteSigner::read).collect()
        });
        Self {
            id,
            transaction_id: texts(TRANSACTION_ID_MEMBER).next(),
            titles: TITLE_MEMBERS.into_iter().flat_map(texts).collect(),
            created_at: texts(CREATED_MEMBER).find_map(|text| wcf_time(&text)),
            owner_email: texts(OWNER_EMAIL_MEMBER).find(|email| !email.is_empty()),
            signers,
        }
    }

    /// Its signers' addresses, unless a signer is shown without one.
    pub fn emails(&self) -> Option<Vec<&str>> {
        let signers = self.signers.as_ref()?.iter();
        signers.map(|signer| signer.email.as_deref()).collect()
    }
}

impl RemoteSigner {
    fn read(object: &Map<String, Value>) -> Self {
        let text = |name| texts_of(object, name).next();
        let names = NAME_MEMBERS.into_iter().filter_map(text);
        let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
        Self {
            id: SIGNER_ID_MEMBERS.into_iter().find_map(text),
            email: text(EMAIL_MEMBER).map(|email| email.trim().to_lowercase()),
            role: text(ROLE_MEMBER),
            name: names.join(" "),
        }
    }
}

/// The texts of a member. One that is null is there, and says "none".
fn texts_of<'a>(
    object: &'a Map<String, Value>,
    name: &'static str,
) -> impl Iterator<Item = String> + 'a {
    members(object, name).filter_map(|value| match value {
        Value::Null => Some(String::new()),
        value => value.as_str().map(str::to_owned),
    })
}

/// An instant as WCF writes it, `/Date(1735689600000+0100)/` (`docs/service.md`: the
/// offset's digits are ignored), or in ISO 8601. The year 1 stands for "none".
fn wcf_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let inner = text
        .strip_prefix("/Date(")
        .and_then(|text| text.strip_suffix(")/"));
    let time = match inner {
        Some(inner) => {
            let digits = inner.strip_prefix('-').unwrap_or(inner);
            let end = digits.find(['+', '-']).unwrap_or(digits.len());
            let milliseconds: i64 = digits[..end].parse().ok()?;
            let sign = if inner.starts_with('-') { -1 } else { 1 };
            Timestamp::from_millisecond(sign * milliseconds).ok()?
        }
        // A local time without its zone could be hours off.
        None => text.parse().ok()?,
    };
    let is_none = time.to_zoned(TimeZone::UTC).year() <= 1;
    (!is_none).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<RemoteSession> {
        let value: Value = serde_json::from_str(json).unwrap();
        RemoteSession::read(value.as_object().unwrap())
    }

    const ID: &str = "aaaaaaaa-0000-4000-8000-00000000000a";

    #[test]
    fn a_header_and_a_whole_session_are_read_alike() {
        let header = format!(
            r#"{{"SigningSessionId":"{ID}","Title":"Lease","TransactionId":"t",
                "CreatedOn":"\/Date(1735689600000)\/"}}"#
        );
        let whole = format!(
            r#"{{"Id":"{ID}","SessionInfo":{{"TransactionTitle":"Lease","TransactionId":"t",
                "CreatedOn":"2025-01-01T00:00:00Z"}},
                "Signers":[{{"EmailAddress":"Ana@Example.com"}},{{"EmailAddress":null}}]}}"#
        );
        let (header, whole) = (read(&header).unwrap(), read(&whole).unwrap());
        assert_eq!(header.titles, ["Lease"]);
        assert_eq!(header.emails(), None);
        assert_eq!(whole.emails().unwrap(), ["ana@example.com", ""]);
        assert_eq!(
            RemoteSession {
                signers: None,
                ..whole
            },
            header
        );
    }

    #[test]
    fn a_session_without_exactly_one_id_is_none() {
        for json in [
            r#"{"Title":"x"}"#,
            r#"{"SigningSessionId":"00000000-0000-0000-0000-000000000000"}"#,
            r#"{"SigningSessionId":7}"#,
            r#"{"SigningSessionId":"aaaaaaaa-0000-4000-8000-00000000000a",
                "signingsessionid":"aaaaaaaa-0000-4000-8000-00000000000b"}"#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn times_are_read_in_every_form() {
        let time = |text| wcf_time(text).map(Timestamp::as_millisecond);
        assert_eq!(time("/Date(1735689600000)/"), Some(1_735_689_600_000));
        assert_eq!(time("/Date(1735689600000+0230)/"), Some(1_735_689_600_000));
        assert_eq!(time("/Date(-1000-0500)/"), Some(-1000));
        assert_eq!(time("2025-01-01T01:00:00+01:00"), Some(1_735_689_600_000));
        assert_eq!(time("2025-01-01T00:00:00"), None);
        assert_eq!(time("/Date(-62135596800000)/"), None);
        assert_eq!(time("yesterday"), None);
    }
}
