//! Answers in the shapes the settings choose: envelope, ids, sessions, signers.

use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::json::{date, write};
use super::routes::Operation;
use crate::sandbox::faults::rules::Target;
use crate::sandbox::sessions::session::Session;
use crate::sandbox::settings::Settings;
use crate::sandbox::settings::shape::{
    Details, Envelope, ErrorStyle, FailureId, IdPlace, NullStyle, SessionIdName, SessionMember,
    Shape, Wrapping,
};
use crate::sandbox::settings::source::SessionState;

/// A whole answer, before any fault spoils it.
pub(in crate::sandbox) type Answer = Response<Vec<u8>>;

/// An answer of JSON.
pub(in crate::sandbox) fn json_answer(body: Vec<u8>) -> Answer {
    typed(body, "application/json; charset=utf-8")
}

/// The page IIS or WCF shows for a status.
pub(in crate::sandbox) fn page(status: u16) -> Answer {
    let body = format!(
        "<!DOCTYPE html>\r\n<html><head><title>Request Error</title></head><body>\
         <h1>Request Error</h1><p>The server encountered an error processing the request \
         ({status}).</p></body></html>\r\n"
    );
    with_status(status, typed(body.into_bytes(), "text/html; charset=UTF-8"))
}

/// A null result. (W)
pub(in crate::sandbox) fn null_answer(style: NullStyle) -> Answer {
    match style {
        NullStyle::Empty => Answer::default(),
        NullStyle::Literal => json_answer(b"null".to_vec()),
    }
}

pub(in crate::sandbox) fn with_status(status: u16, mut answer: Answer) -> Answer {
    *answer.status_mut() = status.try_into().expect("ours are statuses");
    answer
}

fn typed(body: Vec<u8>, content_type: &'static str) -> Answer {
    let mut answer = Response::new(body);
    let content_type = HeaderValue::from_static(content_type);
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

/// A copy's answer: ids as they shall be seen, true or not.
pub(in crate::sandbox) struct CopyAnswer<'a> {
    pub(in crate::sandbox) copy: &'a Session,
    pub(in crate::sandbox) root_id: Option<Uuid>,
    pub(in crate::sandbox) inner_id: Option<Uuid>,
    pub(in crate::sandbox) shows_session: bool,
    pub(in crate::sandbox) error: Option<&'a str>,
    pub(in crate::sandbox) details: Details,
}

impl<'a> CopyAnswer<'a> {
    /// The answer to a good copy, its ids where the shape has them.
    pub(in crate::sandbox) fn new(copy: &'a Session, shape: &Shape) -> Self {
        let (id, source, zero) = (Some(copy.id), Some(copy.source), Some(Uuid::nil()));
        let (root_id, inner_id) = match shape.id {
            IdPlace::Both => (id, id),
            IdPlace::RootOnly => (id, None),
            IdPlace::SessionOnly => (None, id),
            IdPlace::Source => (source, source),
            IdPlace::Zero => (zero, zero),
            IdPlace::Absent => (None, None),
        };
        Self {
            copy,
            root_id,
            inner_id,
            shows_session: shape.id != IdPlace::RootOnly,
            error: None,
            details: shape.details,
        }
    }
}

/// Writes answers for one call.
pub(in crate::sandbox) struct Answers<'a> {
    pub(in crate::sandbox) settings: &'a Settings,
    pub(in crate::sandbox) operation: Operation,
}

impl Answers<'_> {
    /// An error of the business kind, by the error style.
    pub(in crate::sandbox) fn error(&self, text: &str) -> Answer {
        let single = [Operation::CopySigningSession, Operation::GetSession];
        let has_sessions = single.contains(&self.operation) || self.operation.is_full_list();
        let members = || match self.operation.target() {
            _ if has_sessions => self.members_of_no_session(),
            Some(Target::Lookup) => vec![("TotalCount", json!(0)), (self.list_name(), Value::Null)],
            _ => vec![("ReturnValue", Value::Null)],
        };
        self.refused(self.settings.shape.errors, text, members)
    }

    /// A RequestResponse that says no: `ReturnValue` is `"False"`. (D)
    pub(in crate::sandbox) fn refusal(&self, text: &str) -> Answer {
        let members = || vec![("ReturnValue", json!("False"))];
        self.refused(self.settings.shape.errors, text, members)
    }

    fn refused<'a>(
        &self,
        style: ErrorStyle,
        text: &str,
        members: impl FnOnce() -> Vec<(&'a str, Value)>,
    ) -> Answer {
        match style {
            ErrorStyle::Envelope => self.object(Some(text), Details::Empty, members()),
            ErrorStyle::Null => self.null(),
            ErrorStyle::BadRequestHtml => page(400),
            ErrorStyle::ServerError => page(500),
        }
    }

    /// A null result, by the null style.
    pub(in crate::sandbox) fn null(&self) -> Answer {
        null_answer(self.settings.shape.null)
    }

    /// A RequestResponse.
    pub(in crate::sandbox) fn value(&self, value: &str) -> Answer {
        self.success(vec![("ReturnValue", json!(value))])
    }

    /// The answer to a copy.
    pub(in crate::sandbox) fn copy(&self, answer: &CopyAnswer<'_>) -> Answer {
        let session = answer
            .shows_session
            .then(|| vec![self.session(answer.copy, answer.inner_id)]);
        let members = vec![
            ("SigningSessionId", json!(answer.root_id)),
            self.sessions(session, true),
        ];
        self.object(answer.error, answer.details, members)
    }

    /// A SessionResponse with whole sessions; `single` where there is exactly one.
    pub(in crate::sandbox) fn found(&self, found: &[Session], single: bool) -> Answer {
        let id = found.first().filter(|_| single).map(|session| session.id);
        let sessions = found
            .iter()
            .map(|session| self.session(session, Some(session.id)));
        let sessions = Some(sessions.collect());
        self.success(vec![
            ("SigningSessionId", json!(id)),
            self.sessions(sessions, single),
        ])
    }

    /// A page of the lite list.
    pub(in crate::sandbox) fn lite(&self, page: &[Session], total: usize) -> Answer {
        let lines = page.iter().map(|session| {
            json!({
                "SigningSessionId": session.id,
                "Title": session.title,
                "TransactionId": session.transaction_id,
                "StatusCode": session.status,
                "CreatedOn": self.date(Some(session.created_ms)),
            })
        });
        self.success(vec![
            ("TotalCount", json!(total)),
            (self.list_name(), lines.collect()),
        ])
    }

    /// A page of session ids.
    pub(in crate::sandbox) fn ids(&self, page: &[Uuid], total: usize) -> Answer {
        self.success(vec![
            ("TotalCount", json!(total)),
            ("SessionIds", json!(page)),
        ])
    }

    fn success(&self, members: Vec<(&str, Value)>) -> Answer {
        self.object(None, self.settings.shape.details, members)
    }

    fn object(&self, error: Option<&str>, details: Details, members: Vec<(&str, Value)>) -> Answer {
        let shape = &self.settings.shape;
        let mut object = Map::new();
        // An error without its message could not be told from a success.
        if error.is_some() || shape.envelope == Envelope::MessageDetails {
            let message = if error.is_some() { "Error" } else { "Success" };
            let details = match (error, details) {
                (Some(text), _) => json!([text]),
                (None, Details::Filled) => json!(["The request was processed."]),
                (None, Details::Empty) => json!([]),
                (None, Details::Null) => Value::Null,
            };
            object.insert("Message".to_owned(), message.into());
            object.insert("Details".to_owned(), details);
        }
        let members = members.into_iter();
        object.extend(members.map(|(name, value)| (name.to_owned(), value)));
        let is_wrapped = match shape.wrapping {
            Wrapping::Bare => false,
            Wrapping::Copies => self.operation == Operation::CopySigningSession,
            Wrapping::Everything => true,
        };
        let answer = if is_wrapped {
            json!({ (format!("{}Result", self.operation.name())): object })
        } else {
            object.into()
        };
        json_answer(write(&answer, shape.names))
    }

    fn members_of_no_session(&self) -> Vec<(&'static str, Value)> {
        let is_zero = self.settings.shape.failure_id == FailureId::Zero;
        let id = is_zero.then(Uuid::nil);
        vec![("SigningSessionId", json!(id)), self.sessions(None, true)]
    }

    fn list_name(&self) -> &'static str {
        self.settings.shape.list.name()
    }

    fn sessions(&self, sessions: Option<Vec<Value>>, single: bool) -> (&'static str, Value) {
        let style = self.settings.shape.session;
        let name = match style {
            SessionMember::SessionArray | SessionMember::SessionObject => "Session",
            SessionMember::SessionsArray => "Sessions",
            SessionMember::SigningSessionsArray => "SigningSessions",
        };
        match sessions {
            Some(mut sessions) if single && style == SessionMember::SessionObject => {
                (name, sessions.pop().unwrap_or_default())
            }
            sessions => (name, sessions.into()),
        }
    }

    fn session(&self, session: &Session, id: Option<Uuid>) -> Value {
        let id_name = match self.settings.shape.session_id {
            SessionIdName::SigningSessionId => "SigningSessionId",
            SessionIdName::Id => "Id",
        };
        let signers = session.signers();
        let signers = signers.iter().enumerate().map(|(place, signer)| {
            let fields = signer.merge_fields.iter();
            let fields = fields.map(|(key, value)| json!({ "Key": key, "Value": value }));
            json!({
                "SignerId": session.signer_id(place),
                "FirstName": signer.first_name,
                "LastName": signer.last_name,
                "EmailAddress": signer.email,
                "SignerRole": signer.role,
                "Sequence": signer.sequence,
                "StatusCode": signer_status(session.status),
                "MergeFieldMapping": fields.collect::<Value>(),
            })
        });
        json!({
            (id_name): id,
            "StatusCode": session.status,
            "CreatedOn": self.date(Some(session.created_ms)),
            "SessionInfo": self.info(session),
            "Signers": signers.collect::<Value>(),
        })
    }

    fn info(&self, session: &Session) -> Value {
        let extras = &session.extras;
        let is_lost = session.transaction_lost || session.transaction_id.is_empty();
        json!({
            "AllowDelegation": extras.allow_delegation.unwrap_or(false),
            "CopyTo": extras.copy_to,
            "Description": extras.description,
            "EmailOptions": extras.email_options.unwrap_or(0),
            "ExpiresOn": self.date(extras.expires_ms),
            "OwnerEmail": self.settings.owner,
            "OwnerName": "Sandbox Owner",
            "ReminderFrequencyDays": extras.reminder_days.unwrap_or(0),
            "ReturnURL": extras.return_url,
            "SendSignerInvites": session.invites,
            "Title": session.title,
            "TransactionId": (!is_lost).then_some(&session.transaction_id),
            "UseSequence": extras.use_sequence.unwrap_or(0),
        })
    }

    fn date(&self, milliseconds: Option<i64>) -> Value {
        date(milliseconds, self.settings.shape.dates)
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
