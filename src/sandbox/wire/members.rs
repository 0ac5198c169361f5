//! The members of answers: envelope, ids, sessions, signers.

use super::answer::{Answer, Answers, Family};
use super::json::JsonWriter;
use crate::sandbox::guid::Guid;
use crate::sandbox::sessions::session::{Session, Source};
use crate::sandbox::settings::known::SessionState;
use crate::sandbox::settings::shape::{
    Details, Envelope, FailureId, SessionIdName, SessionMember, Wrapping,
};

impl Answers<'_> {
    pub(in crate::sandbox) fn object(&self, members: impl FnOnce(&mut JsonWriter)) -> Answer {
        let shape = &self.settings.shape;
        let wrapped = match shape.wrapping {
            Wrapping::Bare => false,
            Wrapping::Copies => self.operation == "CopySigningSession",
            Wrapping::Everything => true,
        };
        let mut json = JsonWriter::new(shape);
        if wrapped {
            json.open(b'{');
            json.name(&format!("{}Result", self.operation));
        }
        json.open(b'{');
        members(&mut json);
        json.close(b'}');
        if wrapped {
            json.close(b'}');
        }
        Answer::json(json.finish())
    }

    pub(in crate::sandbox) fn envelope(
        &self,
        json: &mut JsonWriter,
        error: Option<&str>,
        details: Details,
    ) {
        // An error without its message could not be told from a success.
        if error.is_none() && self.settings.shape.envelope == Envelope::Bare {
            return;
        }
        json.name("Message")
            .string(if error.is_some() { "Error" } else { "Success" });
        json.name("Details");
        match (error, details) {
            (None, Details::Null) => json.null(),
            (text, details) => {
                json.open(b'[');
                if let Some(text) = text {
                    json.string(text);
                } else if details == Details::Filled {
                    json.string("The request was processed.");
                }
                json.close(b']');
            }
        }
    }

    pub(in crate::sandbox) fn empty_members(&self, json: &mut JsonWriter) {
        match self.family {
            Family::Request => json.name("ReturnValue").null(),
            Family::Session => {
                let zero = self.settings.shape.failure_id == FailureId::Zero;
                self.id(json, "SigningSessionId", zero.then_some(Guid::ZERO));
                self.sessions(json, None, true);
            }
            Family::List => {
                json.name("TotalCount").number(0);
                json.name(self.settings.shape.list.name()).null();
            }
        }
    }

    pub(in crate::sandbox) fn id(&self, json: &mut JsonWriter, name: &str, id: Option<Guid>) {
        match id {
            Some(id) => json.name(name).guid(id),
            None => json.name(name).null(),
        }
    }

    pub(in crate::sandbox) fn sessions(
        &self,
        json: &mut JsonWriter,
        sessions: Option<&[(&Source, Option<Guid>)]>,
        single: bool,
    ) {
        let (name, array) = match self.settings.shape.session {
            SessionMember::SessionArray => ("Session", true),
            SessionMember::SessionsArray => ("Sessions", true),
            SessionMember::SessionObject => ("Session", !single),
            SessionMember::SigningSessionsArray => ("SigningSessions", true),
        };
        json.name(name);
        let Some(sessions) = sessions else {
            return json.null();
        };
        if array {
            json.open(b'[');
        }
        for (source, id) in sessions {
            self.session(json, source, *id);
        }
        if array {
            json.close(b']');
        }
    }

    fn session(&self, json: &mut JsonWriter, source: &Source, id: Option<Guid>) {
        let session = &source.session;
        json.open(b'{');
        let name = match self.settings.shape.session_id {
            SessionIdName::SigningSessionId => "SigningSessionId",
            SessionIdName::Id => "Id",
        };
        self.id(json, name, id);
        json.name("StatusCode").number(i64::from(session.status));
        json.name("CreatedOn").date(session.created_ms);
        json.name("SessionInfo");
        self.info(json, session);
        json.name("Signers").open(b'[');
        for (signer, id) in source.signers().iter().zip(&source.signer_ids) {
            json.open(b'{');
            json.name("SignerId").guid(*id);
            json.name("FirstName").string(&signer.first_name);
            json.name("LastName").string(&signer.last_name);
            json.name("EmailAddress").string(&signer.email);
            json.name("SignerRole").string(&signer.role);
            json.name("Sequence").number(i64::from(signer.sequence));
            json.name("StatusCode")
                .number(signer_status(session.status));
            json.name("MergeFieldMapping").open(b'[');
            for (key, value) in &signer.merge_fields {
                json.open(b'{');
                json.name("Key").string(key);
                json.name("Value").string(value);
                json.close(b'}');
            }
            json.close(b']');
            json.close(b'}');
        }
        json.close(b']');
        json.close(b'}');
    }

    fn info(&self, json: &mut JsonWriter, session: &Session) {
        let extras = &session.extras;
        let lost = session.transaction_lost || session.transaction_id.is_empty();
        json.open(b'{');
        json.name("AllowDelegation")
            .boolean(extras.allow_delegation.unwrap_or(false));
        json.name("CopyTo")
            .optional_string(extras.copy_to.as_deref());
        json.name("Description")
            .optional_string(extras.description.as_deref());
        json.name("EmailOptions")
            .number(extras.email_options.unwrap_or(0));
        json.name("ExpiresOn").optional_date(extras.expires_ms);
        json.name("OwnerEmail").string(&self.settings.owner);
        json.name("OwnerName").string("Sandbox Owner");
        json.name("ReminderFrequencyDays")
            .number(extras.reminder_days.unwrap_or(0));
        json.name("ReturnURL")
            .optional_string(extras.return_url.as_deref());
        json.name("SendSignerInvites").boolean(session.invites);
        json.name("Title").string(&session.title);
        let transaction_id = (!lost).then_some(session.transaction_id.as_str());
        json.name("TransactionId").optional_string(transaction_id);
        json.name("UseSequence")
            .number(extras.use_sequence.unwrap_or(0));
        json.close(b'}');
    }
}

/// A signer's published status code, after its session's. (D, I)
fn signer_status(session: u8) -> i64 {
    match SessionState::from_code(session) {
        Some(SessionState::InDraft) | None => 1,
        Some(SessionState::Completed | SessionState::Archived | SessionState::Purged) => 4,
        Some(SessionState::Cancelled | SessionState::Deleted) => 5,
        Some(SessionState::InSent | SessionState::InPaused | SessionState::Expired) => 2,
    }
}
