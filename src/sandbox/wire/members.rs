//! The members of answers, as serde writes them.

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::json::date;
use super::request::MergeField;
use crate::sandbox::sessions::session::{Session, SessionState};
use crate::sandbox::settings::Settings;
use crate::sandbox::settings::answer_style::SessionIdName;

/// An object of one member, whose name the settings choose.
pub struct Member<'a, T>(pub &'a str, pub T);

impl<T: Serialize> Serialize for Member<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, &self.1)])
    }
}

/// Members beside the envelope's two, which may be left out.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Enveloped<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
    #[serde(flatten)]
    pub members: &'a T,
}

/// A page of a list.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct List<T: Serialize> {
    pub total_count: usize,
    #[serde(flatten)]
    pub list: Member<'static, T>,
}

/// A session in the lite list.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListedSession<'a> {
    pub signing_session_id: Uuid,
    pub title: &'a str,
    pub transaction_id: &'a str,
    pub status_code: SessionState,
    pub created_on: Option<String>,
}

/// A SessionResponse.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionMembers<'a> {
    pub signing_session_id: Option<Uuid>,
    #[serde(flatten)]
    pub sessions: Member<'static, Option<OneOrMany<SessionObject<'a>>>>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    One(Option<T>),
    Many(Vec<T>),
}

/// A whole session.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionObject<'a> {
    #[serde(flatten)]
    id: Member<'static, Option<Uuid>>,
    status_code: SessionState,
    created_on: Option<String>,
    session_info: SessionInfo<'a>,
    signers: Vec<SignerObject>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SessionInfo<'a> {
    allow_delegation: bool,
    copy_to: Option<&'a str>,
    description: Option<&'a str>,
    email_options: i64,
    expires_on: Option<String>,
    owner_email: &'a str,
    owner_name: &'static str,
    reminder_frequency_days: i64,
    #[serde(rename = "ReturnURL")]
    return_url: Option<&'a str>,
    send_signer_invites: bool,
    title: &'a str,
    transaction_id: Option<&'a str>,
    use_sequence: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SignerObject {
    signer_id: Uuid,
    first_name: String,
    last_name: String,
    email_address: String,
    signer_role: String,
    sequence: u8,
    status_code: u8,
    merge_field_mapping: Vec<MergeField>,
}

impl<'a> SessionObject<'a> {
    /// A session, under the id that it shall be seen with.
    pub fn new(session: &'a Session, id: Option<Uuid>, settings: &'a Settings) -> Self {
        let id_name = match settings.answer_style.session_id {
            SessionIdName::SigningSessionId => "SigningSessionId",
            SessionIdName::Id => "Id",
        };
        let signers = session.signers().into_owned().into_iter().enumerate();
        let signers = signers.map(|(place, signer)| SignerObject {
            signer_id: session.signer_id(place),
            first_name: signer.first_name,
            last_name: signer.last_name,
            email_address: signer.email,
            signer_role: signer.role,
            sequence: signer.sequence,
            status_code: signer_status(session.status),
            merge_field_mapping: signer
                .merge_fields
                .into_iter()
                .map(MergeField::from)
                .collect(),
        });
        Self {
            id: Member(id_name, id),
            status_code: session.status,
            created_on: date(Some(session.created_ms), settings.answer_style.dates),
            session_info: SessionInfo::new(session, settings),
            signers: signers.collect(),
        }
    }
}

impl<'a> SessionInfo<'a> {
    fn new(session: &'a Session, settings: &'a Settings) -> Self {
        let extras = &session.extras;
        let is_lost = session.transaction_lost || session.transaction_id.is_empty();
        Self {
            allow_delegation: extras.allow_delegation.unwrap_or(false),
            copy_to: extras.copy_to.as_deref(),
            description: extras.description.as_deref(),
            email_options: extras.email_options.unwrap_or(0),
            expires_on: date(extras.expires_ms, settings.answer_style.dates),
            owner_email: &settings.owner,
            owner_name: "Sandbox Owner",
            reminder_frequency_days: extras.reminder_days.unwrap_or(0),
            return_url: extras.return_url.as_deref(),
            send_signer_invites: session.invites,
            title: &session.title,
            transaction_id: (!is_lost).then_some(&session.transaction_id),
            use_sequence: extras.use_sequence.unwrap_or(0),
        }
    }
}

/// A signer's published status code, after its session's. (D, I)
fn signer_status(session: SessionState) -> u8 {
    match session {
        SessionState::InDraft => 1,
        SessionState::InSent | SessionState::InPaused | SessionState::Expired => 2,
        SessionState::Completed | SessionState::Archived | SessionState::Purged => 4,
        SessionState::Cancelled | SessionState::Deleted => 5,
    }
}
