//! Calls about one session: get, start, cancel, delete.

use super::faults::chooser::Subject;
use super::faults::fault::Fault;
use super::faults::target::Target;
use super::guid::Guid;
use super::merge::BAD_SIGNERS;
use super::sessions::session::Source;
use super::settings::known::SessionState;
use super::wire::answer::{Answer, Answers};
use super::wire::routes::Route;
use super::wire::spoil::{Plan, after, instead};
use super::world::{Call, State};

/// No text is documented for this. (A)
const NOT_FOUND: &str = "Error: Signing session not found.";

impl State {
    /// GetSession.
    pub(super) fn read_session(
        &mut self,
        id: &str,
        call: &Call<'_>,
        answers: &Answers<'_>,
    ) -> Plan {
        let id = id.parse().ok();
        let fault = match self.admit(id, call, answers) {
            Ok(fault) => fault,
            Err(plan) => return *plan,
        };
        let source = id.and_then(|id| self.source(id, answers.settings));
        let answer = match source {
            Some(source) => answers.found(&[source], true),
            None => answers.error(NOT_FOUND),
        };
        after(fault, answer)
    }

    /// StartSession, CancelSession, DeleteSession.
    pub(super) fn change_session(
        &mut self,
        id: &str,
        call: &Call<'_>,
        answers: &Answers<'_>,
    ) -> Plan {
        let id = id.parse().ok();
        let fault = match self.admit(id, call, answers) {
            Ok(fault) => fault,
            Err(plan) => return *plan,
        };
        let source = id.and_then(|id| self.source(id, answers.settings));
        after(fault, self.changed(source, call.route, answers))
    }

    /// Token and faults: `Err` is an answer already.
    fn admit(
        &mut self,
        id: Option<Guid>,
        call: &Call<'_>,
        answers: &Answers<'_>,
    ) -> Result<Option<Fault>, Box<Plan>> {
        if !self.is_allowed(call) {
            return Err(Box::new(Plan::honest(answers.null())));
        }
        let subject = Subject {
            session: id,
            ..Subject::default()
        };
        let fault = self.chooser.choose(Target::Session, &subject);
        match fault.and_then(|fault| instead(fault, answers)) {
            Some(plan) => Err(Box::new(plan)),
            None => Ok(fault),
        }
    }

    fn changed(&mut self, source: Option<Source>, route: &Route, answers: &Answers<'_>) -> Answer {
        let Some(source) = source else {
            return answers.refusal(NOT_FOUND);
        };
        let state = SessionState::from_code(source.session.status).unwrap_or_default();
        match next_state(route, state, &source) {
            Ok(next) => {
                self.set_status(source.session.id, next);
                if next == SessionState::InSent {
                    self.send_invites(&source.session);
                }
                answers.value("True")
            }
            Err(text) => answers.refusal(text),
        }
    }
}

/// The state after a call, or why it can't be. No texts but that on signers are documented. (A)
fn next_state(
    route: &Route,
    state: SessionState,
    source: &Source,
) -> Result<SessionState, &'static str> {
    use SessionState::{Cancelled, Deleted, InDraft, InPaused, InSent};
    match (route, state) {
        (Route::StartSession(_), InDraft | InPaused) => {
            let signers = source.signers();
            let complete = |email: &str| email.contains('@');
            if signers.is_empty() || !signers.iter().all(|signer| complete(&signer.email)) {
                return Err(BAD_SIGNERS);
            }
            Ok(InSent)
        }
        (Route::StartSession(_), _) => Err("Error: The signing session cannot be started."),
        (Route::CancelSession(_), InDraft | InSent | InPaused) => Ok(Cancelled),
        (Route::CancelSession(_), _) => Err("Error: The signing session cannot be cancelled."),
        (_, Deleted) => Err("Error: The signing session is deleted."),
        _ => Ok(Deleted),
    }
}
