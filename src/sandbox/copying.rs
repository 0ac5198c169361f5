//! `POST sessions/copy`: from a request to a commit and an answer.

use rusqlite::Result as Stored;

use super::faults::fault::Fault;
use super::merge::copy_of;
use super::sessions::session::Session;
use super::settings::Settings;
use super::settings::shape::{Details, IdPlace};
use super::wire::answer::{Answer, Answers, CopyAnswer};
use super::wire::request::CopyRequest;
use super::wire::spoil::{Plan, Reply, after};
use super::world::{State, now_ms};

impl State {
    /// Carries out a copy request that was received and admitted.
    pub(super) fn copy(
        &mut self,
        request: &CopyRequest,
        fault: Option<Fault>,
        answers: &Answers<'_>,
    ) -> Stored<Plan> {
        let mut plan = match self.prepare(request, fault, answers.settings)? {
            Ok(session) => self.carry_out(session, fault, answers)?,
            Err(text) => after(fault, answers.error(text)),
        };
        plan.wait += answers.settings.latency;
        Ok(plan)
    }

    /// The session to commit, with what the fault takes from it, or the text that refuses it.
    fn prepare(
        &self,
        request: &CopyRequest,
        fault: Option<Fault>,
        settings: &Settings,
    ) -> Stored<Result<Session, &'static str>> {
        // No texts are documented for these. (A)
        let Some(id) = request.source else {
            return Ok(Err("Error: Invalid signing session id."));
        };
        let Some(source) = self.source(id, settings)? else {
            return Ok(Err("Error: Signing session not found."));
        };
        Ok(
            copy_of(&source, request, settings, now_ms()).map(|copy| match fault {
                Some(Fault::DropSigners) => Session {
                    signers: Some(Vec::new()),
                    ..copy
                },
                Some(Fault::IgnoreTitle) => Session {
                    title: source.title,
                    ..copy
                },
                Some(Fault::IgnoreTransactionId) => Session {
                    transaction_lost: true,
                    ..copy
                },
                _ => copy,
            }),
        )
    }

    fn carry_out(
        &mut self,
        copy: Session,
        fault: Option<Fault>,
        answers: &Answers<'_>,
    ) -> Stored<Plan> {
        if let Some(Fault::LateCommit(duration)) = fault {
            let mut plan = Plan::new(Reply::Hangup, fault);
            plan.late = Some((duration, Box::new(copy)));
            return Ok(plan);
        }
        let blind = match fault {
            Some(Fault::Invisible(duration)) => duration.max(answers.settings.visibility_delay),
            _ => answers.settings.visibility_delay,
        };
        self.commit(&copy, blind)?;
        if fault == Some(Fault::DuplicateCommit) {
            let id = Session::new_id();
            let second = Session { id, ..copy.clone() };
            self.commit(&second, blind)?;
        }
        Ok(after(fault, copy_answer(&copy, fault, answers)))
    }
}

/// The answer to a committed copy, with what the fault makes of its ids.
fn copy_answer(copy: &Session, fault: Option<Fault>, answers: &Answers<'_>) -> Answer {
    let mut shape = answers.settings.shape;
    match fault {
        Some(Fault::SourceId) => shape.id = IdPlace::Source,
        Some(Fault::ZeroGuid) => shape.id = IdPlace::Zero,
        Some(Fault::NoId) => shape.id = IdPlace::Absent,
        Some(Fault::TwoIds | Fault::ErrorWithId) => shape.id = IdPlace::Both,
        _ => {}
    }
    let mut answer = CopyAnswer::new(copy, &shape);
    match fault {
        Some(Fault::TwoIds) => answer.inner_id = Some(Session::new_id()),
        Some(Fault::ErrorWithId) => answer.error = Some("Error: The copy is incomplete."),
        Some(Fault::DetailsWithSuccess) => answer.details = Details::Filled,
        _ => {}
    }
    answers.copy(&answer)
}
