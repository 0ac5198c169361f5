//! The known copies that look-ups found of late.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::executor::KnownCopy;
use crate::job::SessionId;

/// A proof holds so long: look-ups that worked a while ago may have gone blind since.
const HOLDS: Duration = Duration::from_secs(5);

/// The known copies that look-ups found of late, by their source. A zero from a look-up that
/// would not find a known copy either means nothing.
#[derive(Debug, Default)]
pub(in crate::executor) struct Proofs(Mutex<HashMap<SessionId, (SessionId, Instant)>>);

impl Proofs {
    pub(super) fn holds(&self, source: SessionId, known: &[KnownCopy]) -> bool {
        let proofs = self.0.lock().expect("no holder panics");
        proofs.get(&source).is_some_and(|(copy, since)| {
            since.elapsed() < HOLDS && known.iter().any(|known| known.session == *copy)
        })
    }

    pub(super) fn add(&self, source: SessionId, copy: SessionId) {
        let mut proofs = self.0.lock().expect("no holder panics");
        proofs.insert(source, (copy, Instant::now()));
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
