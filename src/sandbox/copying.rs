//! `POST sessions/copy`: from a request to a commit and an answer.

use std::time::Duration;

use super::copied_session::copy_of;
use super::faults::fault::Fault;
use super::ids::new_id;
use super::service::{State, now_ms};
use super::sessions::session::Session;
use super::settings::Settings;
use super::settings::answer_style::{Details, IdPlace};
use super::wire::answer::{Answer, Answers, CopyAnswer};
use super::wire::fault_effects::{Plan, Reply, after};
use super::wire::request::CopyRequest;

impl State {
    /// Carries out a copy request that was received and admitted.
    pub(super) fn copy(
        &mut self,
        request: &CopyRequest,
        fault: Option<Fault>,
        answers: &Answers<'_>,
    ) -> Plan {
        let mut plan = match self.prepare(request, fault, answers.settings) {
            Ok(session) => self.carry_out(session, fault, answers),
            Err(text) => after(fault, answers.error(text)),
        };
        plan.wait += answers.settings.latency;
        plan
    }

    /// The session to commit, with what the fault takes from it, or the text that refuses it.
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
        let mut copy = copy_of(&source, request, settings, now_ms())?;
        match fault {
            Some(Fault::DropSigners) => copy.signers = Some(Vec::new()),
            Some(Fault::IgnoreTitle) => copy.title = source.title,
            Some(Fault::IgnoreTransactionId) => copy.transaction_lost = true,
            _ => {}
        }
        Ok(copy)
    }

    fn carry_out(&mut self, copy: Session, fault: Option<Fault>, answers: &Answers<'_>) -> Plan {
        if let Some(Fault::LateCommit(duration)) = fault {
            let mut plan = Plan::new(Reply::Hangup, fault);
            plan.late = Some((duration, Box::new(copy)));
            return plan;
        }
        let invisible = match fault {
            Some(Fault::Invisible(duration)) => duration.max(answers.settings.visibility_delay),
            _ => answers.settings.visibility_delay,
        };
        if !self.commit(&copy, invisible) {
            return after(fault, answers.error("Error: The session is too large."));
        }
        if fault == Some(Fault::DuplicateCommit) {
            let second = Session {
                id: new_id(),
                ..copy.clone()
            };
            self.commit(&second, Duration::ZERO);
        }
        after(fault, copy_answer(&copy, fault, answers))
    }
}

/// The answer to a committed copy, with what the fault makes of its ids.
fn copy_answer(copy: &Session, fault: Option<Fault>, answers: &Answers<'_>) -> Answer {
    let mut style = answers.settings.answer_style;
    match fault {
        Some(Fault::SourceId) => style.id = IdPlace::Source,
        Some(Fault::ZeroGuid) => style.id = IdPlace::Zero,
        Some(Fault::NoId) => style.id = IdPlace::Absent,
        Some(Fault::TwoIds | Fault::ErrorWithId) => style.id = IdPlace::Both,
        _ => {}
    }
    let mut answer = CopyAnswer::new(copy, &style);
    match fault {
        Some(Fault::TwoIds) => answer.inner_id = Some(new_id()),
        Some(Fault::ErrorWithId) => answer.error = Some("Error: The copy is incomplete."),
        Some(Fault::DetailsWithSuccess) => answer.details = Details::Filled,
        _ => {}
    }
    answers.copy(&answer)
}
