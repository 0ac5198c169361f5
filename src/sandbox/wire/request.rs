//! The copy request as the sandbox reads it: case-sensitive, unknown members ignored. (W)

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sandbox::ids::read_id;
use crate::sandbox::settings::SignerIdField;

/// The body of `POST sessions/copy`.
#[derive(Deserialize)]
pub struct CopyBody {
    #[serde(rename = "copyOptions")]
    pub copy_options: Option<CopyOptions>,
    pub session: Option<AskedSession>,
}

/// How to copy. Only the sample shows its members. (S)
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopyOptions {
    #[serde(rename = "Version")]
    _version: Option<i64>,
    #[serde(rename = "RetainFields")]
    _retain_fields: Option<bool>,
}

/// What to copy, and what the copy shall be. (S)
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AskedSession {
    pub signing_session_id: Option<String>,
    pub session_info: Option<AskedInfo>,
    pub signers: Option<Vec<AskedSigner>>,
}

/// Header data of the copy. (D)
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AskedInfo {
    pub transaction_id: Option<String>,
    pub title: Option<String>,
    pub transaction_title: Option<String>,
    pub send_signer_invites: Option<bool>,
    pub description: Option<String>,
    pub copy_to: Option<String>,
    #[serde(rename = "ReturnURL")]
    pub return_url: Option<String>,
    pub expires_on: Option<String>,
    pub reminder_frequency_days: Option<i64>,
    pub use_sequence: Option<i64>,
    pub allow_delegation: Option<bool>,
    pub email_options: Option<i64>,
}

/// A recipient of the copy. (D)
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AskedSigner {
    signer_id: Option<String>,
    #[serde(rename = "SignerID")]
    signer_id_upper: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email_address: Option<String>,
    pub signer_role: Option<String>,
    pub sequence: Option<i64>,
    pub merge_field_mapping: Option<Vec<MergeField>>,
}

/// One entry of a dictionary, as WCF has them on the wire. (W)
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MergeField {
    pub key: String,
    pub value: Option<String>,
}

impl From<(String, String)> for MergeField {
    fn from((key, value): (String, String)) -> Self {
        let value = Some(value);
        Self { key, value }
    }
}

/// A copy request whose two required parts are there.
pub struct CopyRequest {
    /// As it was written: it may be no GUID.
    pub source: Option<Uuid>,
    pub info: AskedInfo,
    pub signers: Option<Vec<AskedSigner>>,
}

impl CopyRequest {
    /// Reads a body; `None` where WCF would answer with its page about a bad request: no JSON, a
    /// member of the wrong type, a missing wrapper member.
    pub fn read(body: &[u8]) -> Option<Self> {
        let body: CopyBody = serde_json::from_slice(body).ok()?;
        body.copy_options?;
        let session = body.session?;
        let source = session.signing_session_id;
        let source = source.and_then(|text| read_id(&text).ok());
        Some(Self {
            source: source.filter(|id| !id.is_nil()),
            info: session.session_info.unwrap_or_default(),
            signers: session.signers,
        })
    }

    /// The transaction id; empty when none was given.
    pub fn transaction_id(&self) -> &str {
        self.info.transaction_id.as_deref().unwrap_or_default()
    }

    pub fn emails(&self) -> impl Iterator<Item = &str> {
        let signers = self.signers.iter().flatten();
        signers.filter_map(|signer| signer.email_address.as_deref())
    }
}

impl AskedSigner {
    /// The id by the member the settings name; an empty or zero one is none.
    pub fn id(&self, field: SignerIdField) -> Option<&str> {
        let (lower, upper) = (self.signer_id.as_deref(), self.signer_id_upper.as_deref());
        let id = match field {
            SignerIdField::SignerId => lower,
            SignerIdField::SignerIdUpper => upper,
            SignerIdField::Either => lower.or(upper),
        };
        let is_zero = |text: &str| read_id(text).is_ok_and(|id| id.is_nil());
        let id = id.map(str::trim);
        id.filter(|id| !id.is_empty() && !is_zero(id))
    }

    pub fn email(&self) -> Option<&str> {
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
