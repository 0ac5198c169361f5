//! Builds the requests to the service.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::assumptions::{CREATED_MEMBER, PAGE_SIZE};
use super::{HttpRequest, Operation};
use crate::job::{CellValue, CopyRequest, RequestObject, SessionId, Signer, TransactionId};

/// What stays as it is in a path segment: the unreserved characters of RFC 3986, and the `@` of an
/// e-mail address.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'@')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// `GET rest/v1/gettoken/{salt}` with the encrypted key as credential (`docs/service.md`, "Calls").
pub fn session_token(encrypted_key: &SecretString, salt: &SecretString) -> HttpRequest {
    let salt = utf8_percent_encode(salt.expose_secret(), SEGMENT);
    let path = format!("/v1/gettoken/{salt}");
    get(Operation::Token, path, encrypted_key)
}

/// `POST rest/v1/sessions/copy` (`docs/service.md`, "The copy request"): wrapper members in camel case, inner
/// ones in Pascal case, what is not set left out, `SendSignerInvites` always said.
pub fn copy_session(
    request: &CopyRequest,
    transaction_id: &TransactionId,
    token: &SecretString,
) -> HttpRequest {
    HttpRequest {
        operation: Operation::Copy,
        path: "/v1/sessions/copy".to_owned().into(),
        authorization: token.clone(),
        body: copy_body(request, transaction_id),
    }
}

/// `GET rest/v1/sessions/{sessionId}`: GetSession (`docs/service.md`, "Calls").
pub fn read_session(id: SessionId, token: &SecretString) -> HttpRequest {
    get(Operation::Read, format!("/v1/sessions/{id}"), token)
}

/// One page of GetSessionsLiteByTransactionId (`docs/service.md`, "Calls"), the oldest session first;
/// pages are counted from 0.
pub fn sessions_of_transaction(
    username: &str,
    transaction_id: &TransactionId,
    page: usize,
    token: &SecretString,
) -> HttpRequest {
    let username = utf8_percent_encode(username, SEGMENT);
    let path = format!(
        "/v1/sessions/lite/{username}/{transaction_id}/{PAGE_SIZE}/{page}/sortBy\
         ?colName={CREATED_MEMBER}&sortOrder=asc"
    );
    get(Operation::LookUp, path, token)
}

fn get(operation: Operation, path: String, authorization: &SecretString) -> HttpRequest {
    HttpRequest {
        operation,
        path: path.into(),
        authorization: authorization.clone(),
        body: Vec::new(),
    }
}

/// The JSON body of a copy, also for people to look at.
pub fn copy_body(request: &CopyRequest, transaction_id: &TransactionId) -> Vec<u8> {
    let members = |object| {
        request
            .members_of(object)
            .map(|(name, value)| (name, value.into()))
    };
    let id = [("TransactionId", Member::Text(transaction_id.as_str()))];
    let session_info = id.into_iter().chain(members(RequestObject::SessionInfo));
    let body = CopyBody {
        copy_options: Object(members(RequestObject::CopyOptions).collect()),
        session: Session {
            signing_session_id: request.source.to_string(),
            session_info: Object(session_info.collect()),
            signers: request.signers.iter().map(signer_body).collect(),
        },
    };
    serde_json::to_vec(&body).expect("texts and numbers are always JSON")
}

fn signer_body(signer: &Signer) -> Object<'_> {
    let members = signer.members().map(|(name, value)| (name, value.into()));
    // A dictionary as WCF writes it (`docs/service.md`, "The copy request").
    let pairs = signer
        .merge_fields()
        .map(|(key, value)| Pair { key, value });
    let pairs: Vec<Pair<'_>> = pairs.collect();
    let merge = (!pairs.is_empty()).then_some(("MergeFieldMapping", Member::Pairs(pairs)));
    Object(members.chain(merge).collect())
}

/// The start of a day, UTC, as WCF writes dates: `"\/Date(1735689600000)\/"` (`docs/service.md`, "The copy request").
fn wcf_date(day: Date) -> Box<RawValue> {
    let start = day
        .to_zoned(TimeZone::UTC)
        .expect("every day has a start in UTC");
    let milliseconds = start.timestamp().as_millisecond();
    RawValue::from_string(format!(r#""\/Date({milliseconds})\/""#)).expect("a JSON string")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CopyBody<'a> {
    copy_options: Object<'a>,
    session: Session<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Session<'a> {
    signing_session_id: String,
    session_info: Object<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    signers: Vec<Object<'a>>,
}

/// A JSON object with its members in this order.
struct Object<'a>(Vec<(&'static str, Member<'a>)>);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, member)| (name, member)))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Member<'a> {
    Text(&'a str),
    Number(i32),
    Flag(bool),
    Date(Box<RawValue>),
    Pairs(Vec<Pair<'a>>),
}

impl<'a> From<&'a CellValue> for Member<'a> {
    fn from(value: &'a CellValue) -> Self {
        match value {
            CellValue::Text(text) => Self::Text(text),
            CellValue::Number(number) => Self::Number(*number),
            CellValue::Flag(flag) => Self::Flag(*flag),
            CellValue::Day(day) => Self::Date(wcf_date(*day)),
        }
    }
}

/// An entry of a dictionary.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pair<'a> {
    key: &'a str,
    value: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Fields;

    fn body(cells: &[(&str, &str)]) -> String {
        let mut fields = Fields::default();
        for (name, text) in cells {
            fields.set(name.parse().unwrap(), text);
        }
        let request = CopyRequest::from_fields(&fields).unwrap();
        let transaction_id = TransactionId::parse("t-1").unwrap();
        String::from_utf8(copy_body(&request, &transaction_id)).unwrap()
    }

    const SOURCE: (&str, &str) = ("source_session_id", "3F0C6C1E-0000-4000-8000-000000000001");

    #[test]
    fn what_is_not_set_is_left_out() {
        assert_eq!(
            body(&[SOURCE]),
            concat!(
                r#"{"copyOptions":{"Version":0,"RetainFields":true},"session":{"#,
                r#""SigningSessionId":"3f0c6c1e-0000-4000-8000-000000000001","#,
                r#""SessionInfo":{"TransactionId":"t-1","SendSignerInvites":false}}}"#
            )
        );
    }

    #[test]
    fn every_member_has_the_service_s_name_and_form() {
        let body = body(&[
            SOURCE,
            ("title", "Lease \"42\""),
            ("version", "1"),
            ("retain_fields", "no"),
            ("send_signer_invites", "yes"),
            ("description", "a/b"),
            ("copy_to", "cc@example.com"),
            ("return_url", "https://example.com/x"),
            ("expires_on", "2025-01-01"),
            ("reminder_frequency_days", "7"),
            ("use_sequence", "1"),
            ("allow_delegation", "true"),
            ("email_options", "3"),
            ("signer_1_id", "S"),
            ("signer_1_email", "ana@example.com"),
            ("signer_1_first_name", "Ana"),
            ("signer_1_last_name", "Li"),
            ("signer_1_role", "Buyer 1"),
            ("signer_1_sequence", "2"),
            ("signer_1_merge_City", "Oslo"),
        ]);
        for part in [
            r#"{"copyOptions":{"Version":1,"RetainFields":false}"#,
            r#""Title":"Lease \"42\"","TransactionTitle":"Lease \"42\"","SendSignerInvites":true"#,
            r#""Description":"a/b","CopyTo":"cc@example.com","ReturnURL":"https://example.com/x""#,
            r#""ExpiresOn":"\/Date(1735689600000)\/","ReminderFrequencyDays":7,"UseSequence":1"#,
            r#""AllowDelegation":true,"EmailOptions":3"#,
            r#"{"SignerId":"S","FirstName":"Ana","LastName":"Li","EmailAddress":"ana@example.com""#,
            r#""SignerRole":"Buyer 1","Sequence":2"#,
            r#""MergeFieldMapping":[{"Key":"City","Value":"Oslo"}]"#,
        ] {
            assert!(body.contains(part), "{part}\nis not in\n{body}");
        }
    }

    #[test]
    fn a_look_up_names_owner_transaction_page_and_order() {
        let transaction_id = TransactionId::parse("b7f3-42").unwrap();
        let token = "token".to_owned().into();
        let request = sessions_of_transaction("o+w@example.com", &transaction_id, 2, &token);
        assert_eq!(
            request.path.expose_secret(),
            "/v1/sessions/lite/o%2Bw@example.com/b7f3-42/50/2/sortBy?colName=CreatedOn&sortOrder=asc"
        );
    }

    #[test]
    fn a_salt_is_one_path_segment_and_never_shown() {
        let request = session_token(&"key".to_owned().into(), &"a/b c".to_owned().into());
        assert_eq!(request.path.expose_secret(), "/v1/gettoken/a%2Fb%20c");
        assert_eq!(format!("{request:?}"), "Token with 0 bytes");
    }
}
