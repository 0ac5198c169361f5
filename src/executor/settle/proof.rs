//! The proof that a look-up finds what exists, which every "absent" needs.

use crate::executor::run_context::RunContext;
use crate::executor::{Journal, JournalError, KnownCopy, SendHistory, Transport};
use crate::job::SessionId;
use crate::request::ReadError;

/// Whether look-ups are proven for a row.
pub(super) enum Proof {
    /// They find a known copy of the same source.
    Proven,
    /// There is none to look for.
    NoCopy,
    /// The known copy was not found.
    NotFound,
    /// The look-up of the known copy brought nothing.
    NoAnswer(ReadError),
}

impl<T: Transport, J: Journal> RunContext<T, J> {
    /// Whether a look-up finds a known copy of `source`: one begun after the row's attempt ended where
    /// there is one, else one finished no earlier than that began. A copy that only overlapped with it
    /// may be seen by look-ups that have gone blind since. Some may have been deleted since, so a few
    /// are tried.
    pub(super) async fn prove(
        &self,
        source: SessionId,
        history: SendHistory,
    ) -> Result<Proof, JournalError> {
        let known = self.journal.known_copies(source, history).await?;
        if known.is_empty() {
            return Ok(Proof::NoCopy);
        }
        if self.proofs.holds(source, &known) {
            return Ok(Proof::Proven);
        }
        for copy in &known {
            match self.find_known_copy(source, copy).await {
                Ok(true) => return Ok(Proof::Proven),
                Ok(false) => {}
                Err(error) => return Ok(Proof::NoAnswer(error)),
            }
        }
        Ok(Proof::NotFound)
    }

    /// Looks a known copy up. Whether it was found.
    pub(in crate::executor) async fn find_known_copy(
        &self,
        source: SessionId,
        known: &KnownCopy,
    ) -> Result<bool, ReadError> {
        let found = self.service.reads.look_up(&known.transaction_id).await?;
        self.control.health.record_answer();
        let mut sessions = found.sessions.iter();
        let is_found = sessions.any(|session| session.id == known.session);
        if is_found {
            self.proofs.add(source, known.session);
        }
        Ok(is_found)
    }
}
