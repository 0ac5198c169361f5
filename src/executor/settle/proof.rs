//! The proof that a look-up finds what exists, which every "absent" needs.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::executor::run_context::RunContext;
use crate::executor::{Journal, JournalError, KnownCopy, SendHistory, Transport};
use crate::job::SessionId;
use crate::request::ReadError;

/// A proof holds so long: look-ups that worked a while ago may have gone blind since.
const HOLDS: Duration = Duration::from_secs(5);

/// The known copies that look-ups found of late, by their source. A zero from a look-up that
/// would not find a known copy either means nothing.
#[derive(Debug, Default)]
pub(in crate::executor) struct Proofs(Mutex<HashMap<SessionId, (SessionId, Instant)>>);

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

impl Proofs {
    fn holds(&self, source: SessionId, known: &[KnownCopy]) -> bool {
        let proofs = self.0.lock().expect("no holder panics");
        proofs.get(&source).is_some_and(|(copy, since)| {
            since.elapsed() < HOLDS && known.iter().any(|known| known.session == *copy)
        })
    }

    fn add(&self, source: SessionId, copy: SessionId) {
        let mut proofs = self.0.lock().expect("no holder panics");
        proofs.insert(source, (copy, Instant::now()));
    }
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
        self.control.health.connected();
        let mut sessions = found.sessions.iter();
        let is_found = sessions.any(|session| session.id == known.session);
        if is_found {
            self.proofs.add(source, known.session);
        }
        Ok(is_found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::TransactionId;

    #[tokio::test(start_paused = true)]
    async fn a_proof_holds_for_a_while_and_for_a_copy_that_is_still_known() {
        let id = |end: u8| {
            SessionId::parse(&format!("aaaaaaaa-0000-4000-8000-0000000000{end}")).unwrap()
        };
        let known = |session| KnownCopy {
            transaction_id: TransactionId::parse("t").unwrap(),
            session,
        };
        let (source, copy, other) = (id(10), id(11), id(12));
        let proofs = Proofs::default();
        assert!(!proofs.holds(source, &[known(copy)]));
        proofs.add(source, copy);
        assert!(proofs.holds(source, &[known(other), known(copy)]));
        assert!(!proofs.holds(source, &[known(other)]) && !proofs.holds(other, &[known(copy)]));
        tokio::time::advance(HOLDS).await;
        assert!(!proofs.holds(source, &[known(copy)]));
    }
}
