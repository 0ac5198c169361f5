//! The copy request as the sandbox reads it: case-sensitive, unknown members ignored. (W)

use serde::Deserialize;
use uuid::Uuid;

use crate::sandbox::settings::source::read_id;

/// The body of `POST sessions/copy`.
#[derive(Deserialize)]
pub(in crate::sandbox) struct CopyBody {
    #[serde(rename = "copyOptions")]
    pub(in crate::sandbox) copy_options: Option<CopyOptions>,
    pub(in crate::sandbox) session: Option<AskedSession>,
}

/// How to copy. Only the sample shows its members. (S)
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sandbox) struct CopyOptions {
    #[serde(rename = "Version")]
    _version: Option<i64>,
    #[serde(rename = "RetainFields")]
    _retain_fields: Option<bool>,
}

/// What to copy, and what the copy shall be. (S)
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sandbox) struct AskedSession {
    pub(in crate::sandbox) signing_session_id: Option<String>,
    pub(in crate::sandbox) session_info: Option<AskedInfo>,
    pub(in crate::sandbox) signers: Option<Vec<AskedSigner>>,
}

/// Header data of the copy. (D)
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sandbox) struct AskedInfo {
    pub(in crate::sandbox) transaction_id: Option<String>,
    pub(in crate::sandbox) title: Option<String>,
    pub(in crate::sandbox) transaction_title: Option<String>,
    pub(in crate::sandbox) send_signer_invites: Option<bool>,
    pub(in crate::sandbox) description: Option<String>,
    pub(in crate::sandbox) copy_to: Option<String>,
    #[serde(rename = "ReturnURL")]
    pub(in crate::sandbox) return_url: Option<String>,
    pub(in crate::sandbox) expires_on: Option<String>,
    pub(in crate::sandbox) reminder_frequency_days: Option<i64>,
    pub(in crate::sandbox) use_sequence: Option<i64>,
    pub(in crate::sandbox) allow_delegation: Option<bool>,
    pub(in crate::sandbox) email_options: Option<i64>,
}

/// A recipient of the copy. (D)
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sandbox) struct AskedSigner {
    signer_id: Option<String>,
    pub(in crate::sandbox) first_name: Option<String>,
    pub(in crate::sandbox) last_name: Option<String>,
    pub(in crate::sandbox) email_address: Option<String>,
    pub(in crate::sandbox) signer_role: Option<String>,
    pub(in crate::sandbox) sequence: Option<i64>,
    pub(in crate::sandbox) merge_field_mapping: Option<Vec<MergeField>>,
}

/// One entry of a dictionary, as WCF has them on the wire. (W)
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sandbox) struct MergeField {
    pub(in crate::sandbox) key: String,
    pub(in crate::sandbox) value: Option<String>,
}

/// A copy request whose two required parts are there.
pub(in crate::sandbox) struct CopyRequest {
    /// As it was written: it may be no GUID.
    pub(in crate::sandbox) source: Option<Uuid>,
    pub(in crate::sandbox) info: AskedInfo,
    pub(in crate::sandbox) signers: Option<Vec<AskedSigner>>,
}

impl CopyRequest {
    /// Reads a body; `None` where WCF would answer with its page about a bad request: no JSON, a
    /// member of the wrong type, a missing wrapper member.
    pub(in crate::sandbox) fn read(body: &[u8]) -> Option<Self> {
        let body: CopyBody = serde_json::from_slice(body).ok()?;
        body.copy_options?;
        let session = body.session?;
        Some(Self {
            source: session.signing_session_id.as_deref().and_then(read_id),
            info: session.session_info.unwrap_or_default(),
            signers: session.signers,
        })
    }

    /// The transaction id; empty when none was given.
    pub(in crate::sandbox) fn transaction_id(&self) -> &str {
        self.info.transaction_id.as_deref().unwrap_or_default()
    }

    pub(in crate::sandbox) fn emails(&self) -> impl Iterator<Item = &str> {
        let signers = self.signers.iter().flatten();
        signers.filter_map(|signer| signer.email_address.as_deref())
    }
}

impl AskedSigner {
    /// The id, in lower case where it is one; an empty or zero one is none.
    pub(in crate::sandbox) fn id(&self) -> Option<String> {
        let text = self.signer_id.as_deref().map(str::trim)?;
        let is_unset = text.is_empty() || Uuid::try_parse(text).is_ok_and(|id| id.is_nil());
        (!is_unset).then(|| read_id(text).map_or(text.to_owned(), |id| id.to_string()))
    }

    pub(in crate::sandbox) fn email(&self) -> Option<&str> {
        self.email_address
            .as_deref()
            .map(str::trim)
            .filter(|email| !email.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"{"copyOptions":{"Version":0,"RetainFields":true},"session":{
        "SigningSessionId":"3f0c6c1e-0000-4000-8000-000000000001","Nonsense":1,
        "SessionInfo":{"TransactionId":"t-1","title":"lower","SendSignerInvites":false}}}"#;

    #[test]
    fn names_are_case_sensitive_and_unknown_members_ignored() {
        let request = CopyRequest::read(PLAIN.as_bytes()).expect("a request");
        assert_eq!(request.transaction_id(), "t-1");
        assert_eq!(request.info.title, None);
        assert!(request.signers.is_none());
        let wrong = PLAIN.replace("\"session\"", "\"Session\"");
        assert!(CopyRequest::read(wrong.as_bytes()).is_none());
        let wrong = PLAIN.replace("copyOptions", "CopyOptions");
        assert!(CopyRequest::read(wrong.as_bytes()).is_none());
    }

    #[test]
    fn merge_fields_are_a_list_of_pairs() {
        let signer = |fields: &str| {
            let text = format!(r#"{{"EmailAddress":"a@b.c","MergeFieldMapping":{fields}}}"#);
            serde_json::from_str::<AskedSigner>(&text)
        };
        let read = signer(r#"[{"Key":"a","Value":"b"}]"#).expect("pairs");
        assert_eq!(read.merge_field_mapping.map(|fields| fields.len()), Some(1));
        assert!(signer(r#"{"a":"b"}"#).is_err());
    }
}
