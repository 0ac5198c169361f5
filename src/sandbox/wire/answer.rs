//! Answers in the shapes the settings choose: envelope, ids, sessions, signers.

use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::json::{date, write};
use super::members::{
    Enveloped, List, ListedSession, Member, OneOrMany, SessionMembers, SessionObject,
};
use super::routes::Operation;
use crate::sandbox::faults::target::Target;
use crate::sandbox::sessions::session::Session;
use crate::sandbox::settings::Settings;
use crate::sandbox::settings::answer_style::{
    AnswerStyle, Details, Envelope, ErrorStyle, FailureId, IdPlace, NullStyle, SessionMember,
    Wrapping,
};

/// A whole answer, before any fault changes it.
pub type Answer = Response<Vec<u8>>;

/// An answer of JSON.
pub fn json_answer(body: Vec<u8>) -> Answer {
    typed(body, "application/json; charset=utf-8")
}

/// The page IIS or WCF shows for a status.
pub fn page(status: u16) -> Answer {
    let body = format!(
        "<!DOCTYPE html>\r\n<html><head><title>Request Error</title></head><body>\
         <h1>Request Error</h1><p>The server encountered an error processing the request \
         ({status}).</p></body></html>\r\n"
    );
    with_status(status, typed(body.into_bytes(), "text/html; charset=UTF-8"))
}

/// A null result. (W)
pub fn null_answer(style: NullStyle) -> Answer {
    match style {
        NullStyle::Empty => Answer::default(),
        NullStyle::Literal => json_answer(b"null".to_vec()),
    }
}

pub fn with_status(status: u16, mut answer: Answer) -> Answer {
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
pub struct CopyAnswer<'a> {
    pub copy: &'a Session,
    pub root_id: Option<Uuid>,
    pub inner_id: Option<Uuid>,
    pub shows_session: bool,
    pub error: Option<&'a str>,
    pub details: Details,
}

impl<'a> CopyAnswer<'a> {
    /// The answer to a good copy, its ids where the style has them.
    pub fn new(copy: &'a Session, style: &AnswerStyle) -> Self {
        let (id, source, zero) = (Some(copy.id), Some(copy.source), Some(Uuid::nil()));
        let (root_id, inner_id) = match style.id {
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
            shows_session: style.id != IdPlace::RootOnly,
            error: None,
            details: style.details,
        }
    }
}

/// Writes answers for one call.
pub struct Answers<'a> {
    pub settings: &'a Settings,
    pub operation: Operation,
}

impl Answers<'_> {
    /// An error of the business kind, by the error style.
    pub fn error(&self, text: &str) -> Answer {
        let single = [Operation::CopySigningSession, Operation::GetSession];
        if single.contains(&self.operation) || self.operation.is_full_list() {
            let is_zero = self.settings.answer_style.failure_id == FailureId::Zero;
            let id = is_zero.then(Uuid::nil);
            return self.refused(text, &self.sessions(id, None, true));
        }
        match self.operation.target() {
            Some(Target::Lookup) => self.refused(text, &self.list(0, Value::Null)),
            _ => self.refused(text, &Member("ReturnValue", Value::Null)),
        }
    }

    /// A RequestResponse that says no: `ReturnValue` is `"False"`. (D)
    pub fn refusal(&self, text: &str) -> Answer {
        self.refused(text, &Member("ReturnValue", "False"))
    }

    fn refused(&self, text: &str, members: &impl Serialize) -> Answer {
        match self.settings.answer_style.errors {
            ErrorStyle::Envelope => self.object(Some(text), Details::Empty, members),
            ErrorStyle::Null => self.null(),
            ErrorStyle::BadRequestHtml => page(400),
            ErrorStyle::ServerError => page(500),
        }
    }

    /// A null result, by the null style.
    pub fn null(&self) -> Answer {
        null_answer(self.settings.answer_style.null)
    }

    /// A RequestResponse.
    pub fn value(&self, value: &str) -> Answer {
        self.success(&Member("ReturnValue", value))
    }

    /// The answer to a copy.
    pub fn copy(&self, answer: &CopyAnswer<'_>) -> Answer {
        let sessions = answer
            .shows_session
            .then(|| vec![(answer.copy, answer.inner_id)]);
        let members = self.sessions(answer.root_id, sessions, true);
        self.object(answer.error, answer.details, &members)
    }

    /// A SessionResponse with whole sessions; `single` where there is exactly one.
    pub fn found(&self, found: &[Session], single: bool) -> Answer {
        let id = found.first().filter(|_| single).map(|session| session.id);
        let sessions = found.iter().map(|session| (session, Some(session.id)));
        self.success(&self.sessions(id, Some(sessions.collect()), single))
    }

    /// A page of the lite list.
    pub fn lite(&self, page: &[Session], total: usize) -> Answer {
        let dates = self.settings.answer_style.dates;
        let listed = page.iter().map(|session| ListedSession {
            signing_session_id: session.id,
            title: &session.title,
            transaction_id: &session.transaction_id,
            status_code: session.status,
            created_on: date(Some(session.created_ms), dates),
        });
        self.success(&self.list(total, listed.collect::<Vec<_>>()))
    }

    /// A page of session ids.
    pub fn ids(&self, page: &[Uuid], total: usize) -> Answer {
        let list = List {
            total_count: total,
            list: Member("SessionIds", page),
        };
        self.success(&list)
    }

    fn list<T: Serialize>(&self, total_count: usize, list: T) -> List<T> {
        let list = Member(self.settings.answer_style.list.name(), list);
        List { total_count, list }
    }

    /// The members of a SessionResponse: sessions with the ids they shall be seen under.
    fn sessions<'a>(
        &'a self,
        id: Option<Uuid>,
        sessions: Option<Vec<(&'a Session, Option<Uuid>)>>,
        single: bool,
    ) -> SessionMembers<'a> {
        let style = self.settings.answer_style.session;
        let name = match style {
            SessionMember::SessionArray | SessionMember::SessionObject => "Session",
            SessionMember::SessionsArray => "Sessions",
            SessionMember::SigningSessionsArray => "SigningSessions",
        };
        let sessions = sessions.map(|sessions| {
            let sessions = sessions.into_iter();
            let mut sessions =
                sessions.map(|(session, id)| SessionObject::new(session, id, self.settings));
            match style {
                SessionMember::SessionObject if single => OneOrMany::One(sessions.next()),
                _ => OneOrMany::Many(sessions.collect()),
            }
        });
        SessionMembers {
            signing_session_id: id,
            sessions: Member(name, sessions),
        }
    }

    fn success(&self, members: &impl Serialize) -> Answer {
        self.object(None, self.settings.answer_style.details, members)
    }

    fn object(&self, error: Option<&str>, details: Details, members: &impl Serialize) -> Answer {
        let style = &self.settings.answer_style;
        // An error without its message could not be told from a success.
        let has_envelope = error.is_some() || style.envelope == Envelope::MessageDetails;
        let details = match (error, details) {
            (Some(text), _) => json!([text]),
            (None, Details::Filled) => json!(["The request was processed."]),
            (None, Details::Empty) => json!([]),
            (None, Details::Null) => Value::Null,
        };
        let message = if error.is_some() { "Error" } else { "Success" };
        let object = Enveloped {
            message: has_envelope.then_some(message),
            details: has_envelope.then_some(details),
            members,
        };
        let is_wrapped = match style.wrapping {
            Wrapping::Bare => false,
            Wrapping::Copies => self.operation == Operation::CopySigningSession,
            Wrapping::Everything => true,
        };
        json_answer(if is_wrapped {
            let name = format!("{}Result", self.operation.name());
            write(&Member(&name, object), style.names)
        } else {
            write(&object, style.names)
        })
    }
}
