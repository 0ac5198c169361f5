//! `POST sessions/copy`: from a request to a commit and an answer.

use std::time::Duration;

use super::faults::chooser::Subject;
use super::faults::fault::Fault;
use super::faults::target::Target;
use super::guid::Guid;
use super::merge::copy_of;
use super::sessions::session::{Session, Source};
use super::settings::Settings;
use super::settings::shape::{Details, IdPlace};
use super::wire::answer::{Answer, Answers, CopyAnswer};
use super::wire::request::CopyRequest;
use super::wire::spoil::{Plan, Reply, Wait, after, instead};
use super::world::{Call, State, blind_time, now_ms};

impl State {
    /// Answers a copy request. It counts as received before anything can go wrong with it.
    pub(super) fn copy(&mut self, call: &Call<'_>, answers: &Answers<'_>) -> Plan {
        let request = if call.is_json {
            CopyRequest::read(call.body)
        } else {
            None
        };
        let Some(request) = request else {
            return Plan::honest(Answer::html(400));
        };
        self.copies_received += 1;
        self.store.receive(request.transaction_id(), request.source);
        if !self.is_allowed(call) {
            return Plan::honest(answers.null());
        }
        let fault = self.choose_for(&request);
        if let Some(plan) = fault.and_then(|fault| instead(fault, answers)) {
            return plan;
        }
        let mut plan = match self.prepare(&request, fault, answers.settings) {
            Ok(session) => self.carry_out(session, fault, answers),
            Err(text) => after(fault, answers.error(text)),
        };
        if let Wait::For(duration) = &mut plan.wait {
            *duration += answers.settings.latency;
        }
        plan
    }

    fn choose_for(&mut self, request: &CopyRequest) -> Option<Fault> {
        let subject = Subject {
            session: request.source,
            transaction_id: request.info.transaction_id.as_deref(),
            emails: request.emails().collect(),
        };
        self.chooser.choose(Target::Copy, &subject)
    }

    /// The session to commit, with what the fault takes from it.
    fn prepare(
        &self,
        request: &CopyRequest,
        fault: Option<Fault>,
        settings: &Settings,
    ) -> Result<Session, &'static str> {
        // No texts are documented for these. (A)
        let id = request.source.ok_or("Error: Invalid signing session id.")?;
        let source = self
            .source(id, settings)
            .ok_or("Error: Signing session not found.")?;
        let mut session = copy_of(&source, request, settings, now_ms())?;
        match fault {
            Some(Fault::DropSigners) => session.signers = Some(Vec::new()),
            Some(Fault::IgnoreTitle) => session.title = source.session.title,
            Some(Fault::IgnoreTransactionId) => session.transaction_lost = true,
            _ => {}
        }
        Ok(session)
    }

    fn carry_out(&mut self, session: Session, fault: Option<Fault>, answers: &Answers<'_>) -> Plan {
        if let Some(Fault::LateCommit(duration)) = fault {
            let plan = Plan::new(Reply::Hangup, fault);
            return Plan {
                late: Some((duration, Box::new(session))),
                ..plan
            };
        }
        let Some(number) = self.commit(&session) else {
            return after(fault, answers.error("Error: The session is too large."));
        };
        if fault == Some(Fault::DuplicateCommit) {
            self.commit(&Session {
                id: Guid::random(),
                ..session.clone()
            });
        }
        let blind = blind_time(answers.settings, fault);
        if blind > Duration::ZERO {
            self.store.hide(number, blind);
        }
        after(fault, copy_answer(session, fault, answers))
    }
}

/// The answer to a committed copy, with what the fault makes of its ids.
fn copy_answer(session: Session, fault: Option<Fault>, answers: &Answers<'_>) -> Answer {
    let mut shape = answers.settings.shape;
    match fault {
        Some(Fault::SourceId) => shape.id = IdPlace::Source,
        Some(Fault::ZeroGuid) => shape.id = IdPlace::Zero,
        Some(Fault::NoId) => shape.id = IdPlace::Absent,
        Some(Fault::TwoIds | Fault::ErrorWithId) => shape.id = IdPlace::Both,
        _ => {}
    }
    let copy = Source::copy(session);
    let mut answer = CopyAnswer::new(&copy, &shape);
    match fault {
        Some(Fault::TwoIds) => answer.inner_id = Some(Guid::random()),
        Some(Fault::ErrorWithId) => answer.error = Some("Error: The copy is incomplete."),
        Some(Fault::DetailsWithSuccess) => answer.details = Details::Filled,
        _ => {}
    }
    answers.copy(&answer)
}
