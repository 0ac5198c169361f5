//! Answers in the shapes the settings choose.

use crate::sandbox::guid::Guid;
use crate::sandbox::sessions::session::{Session, Source};
use crate::sandbox::settings::Settings;
use crate::sandbox::settings::shape::{Details, ErrorStyle, IdPlace, NullStyle, Shape};

/// A whole answer, before any fault spoils it.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Answer {
    pub(in crate::sandbox) status: u16,
    pub(in crate::sandbox) content_type: Option<&'static str>,
    pub(in crate::sandbox) headers: Vec<(&'static str, String)>,
    pub(in crate::sandbox) body: Vec<u8>,
}

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=UTF-8";

impl Answer {
    pub(in crate::sandbox) fn json(body: Vec<u8>) -> Self {
        Self {
            status: 200,
            content_type: Some(JSON),
            headers: Vec::new(),
            body,
        }
    }

    /// The page IIS or WCF shows for a status.
    pub(in crate::sandbox) fn html(status: u16) -> Self {
        let body = format!(
            "<!DOCTYPE html>\r\n<html><head><title>Request Error</title></head><body>\
             <h1>Request Error</h1><p>The server encountered an error processing the request \
             ({status}).</p></body></html>\r\n"
        );
        Self {
            status,
            content_type: Some(HTML),
            headers: Vec::new(),
            body: body.into_bytes(),
        }
    }

    /// A null result. (W)
    pub(in crate::sandbox) fn null(style: NullStyle) -> Self {
        match style {
            NullStyle::Empty => Self {
                status: 200,
                content_type: None,
                headers: Vec::new(),
                body: Vec::new(),
            },
            NullStyle::Literal => Self::json(b"null".to_vec()),
        }
    }
}

/// What a call answers with: its members beside the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Family {
    /// `ReturnValue`.
    Request,
    /// `SigningSessionId` and sessions.
    Session,
    /// A list and `TotalCount`.
    List,
}

/// A copy's answer: ids as they shall be seen, true or not.
pub(in crate::sandbox) struct CopyAnswer<'a> {
    pub(in crate::sandbox) copy: &'a Source,
    pub(in crate::sandbox) root_id: Option<Guid>,
    pub(in crate::sandbox) inner_id: Option<Guid>,
    pub(in crate::sandbox) shows_session: bool,
    pub(in crate::sandbox) error: Option<&'a str>,
    pub(in crate::sandbox) details: Details,
}

impl<'a> CopyAnswer<'a> {
    /// The answer to a good copy, its ids where the shape has them.
    pub(in crate::sandbox) fn new(copy: &'a Source, shape: &Shape) -> Self {
        let id = Some(copy.session.id);
        let source = Some(copy.session.source);
        let (root_id, inner_id) = match shape.id {
            IdPlace::Both => (id, id),
            IdPlace::RootOnly => (id, None),
            IdPlace::SessionOnly => (None, id),
            IdPlace::Source => (source, source),
            IdPlace::Zero => (Some(Guid::ZERO), Some(Guid::ZERO)),
            IdPlace::Absent => (None, None),
        };
        let shows_session = shape.id != IdPlace::RootOnly;
        Self {
            copy,
            root_id,
            inner_id,
            shows_session,
            error: None,
            details: shape.details,
        }
    }
}

/// Writes answers for one call.
pub(in crate::sandbox) struct Answers<'a> {
    pub(in crate::sandbox) settings: &'a Settings,
    /// The method's name in the service's documents.
    pub(in crate::sandbox) operation: &'static str,
    pub(in crate::sandbox) family: Family,
}

impl Answers<'_> {
    /// An error of the business kind, by the error style.
    pub(in crate::sandbox) fn error(&self, text: &str) -> Answer {
        match self.settings.shape.errors {
            ErrorStyle::Envelope => self.object(|json| {
                self.envelope(json, Some(text), Details::Empty);
                self.empty_members(json);
            }),
            ErrorStyle::Null => self.null(),
            ErrorStyle::BadRequestHtml => Answer::html(400),
            ErrorStyle::ServerError => Answer::html(500),
        }
    }

    /// A null result, by the null style.
    pub(in crate::sandbox) fn null(&self) -> Answer {
        Answer::null(self.settings.shape.null)
    }

    /// A RequestResponse.
    pub(in crate::sandbox) fn value(&self, value: &str) -> Answer {
        self.object(|json| {
            self.envelope(json, None, self.settings.shape.details);
            json.name("ReturnValue").string(value);
        })
    }

    /// A RequestResponse that says no: `ReturnValue` is `"False"`. (D)
    pub(in crate::sandbox) fn refusal(&self, text: &str) -> Answer {
        match self.settings.shape.errors {
            ErrorStyle::Envelope => self.object(|json| {
                self.envelope(json, Some(text), Details::Empty);
                json.name("ReturnValue").string("False");
            }),
            _ => self.error(text),
        }
    }

    /// The answer to a copy.
    pub(in crate::sandbox) fn copy(&self, answer: &CopyAnswer<'_>) -> Answer {
        self.object(|json| {
            self.envelope(json, answer.error, answer.details);
            self.id(json, "SigningSessionId", answer.root_id);
            let sessions = [(answer.copy, answer.inner_id)];
            let shown = answer.shows_session.then_some(sessions.as_slice());
            self.sessions(json, shown, true);
        })
    }

    /// A SessionResponse with whole sessions; `single` where there is exactly one.
    pub(in crate::sandbox) fn found(&self, found: &[Source], single: bool) -> Answer {
        self.object(|json| {
            self.envelope(json, None, self.settings.shape.details);
            let id = found
                .first()
                .filter(|_| single)
                .map(|source| source.session.id);
            self.id(json, "SigningSessionId", id);
            let sessions: Vec<_> = found
                .iter()
                .map(|source| (source, Some(source.session.id)))
                .collect();
            self.sessions(json, Some(&sessions), single);
        })
    }

    /// A page of the lite list.
    pub(in crate::sandbox) fn lite(&self, page: &[Session], total: usize) -> Answer {
        self.object(|json| {
            self.envelope(json, None, self.settings.shape.details);
            json.name("TotalCount").number(total as i64);
            json.name(self.settings.shape.list.name()).open(b'[');
            for session in page {
                json.open(b'{');
                json.name("SigningSessionId").guid(session.id);
                json.name("Title").string(&session.title);
                json.name("TransactionId").string(&session.transaction_id);
                json.name("StatusCode").number(i64::from(session.status));
                json.name("CreatedOn").date(session.created_ms);
                json.close(b'}');
            }
            json.close(b']');
        })
    }

    /// A page of session ids.
    pub(in crate::sandbox) fn ids(&self, page: &[Guid], total: usize) -> Answer {
        self.object(|json| {
            self.envelope(json, None, self.settings.shape.details);
            json.name("TotalCount").number(total as i64);
            json.name("SessionIds").open(b'[');
            for id in page {
                json.guid(*id);
            }
            json.close(b']');
        })
    }
}
