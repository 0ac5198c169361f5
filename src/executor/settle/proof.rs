use std::collections::HashMap;
use std::sync::Mutex;

use jiff::Timestamp;

use crate::executor::reads::NotRead;
use crate::executor::{Journal, JournalError, KnownCopy, Shared, Transport};
use crate::job::SessionId;

/// What this run has proven: for each source, when the newest copy was finished that a look-up
/// found. A zero from a look-up that would not find a known copy either means nothing.
#[derive(Debug, Default)]
pub(in crate::executor) struct Proofs(Mutex<HashMap<SessionId, Timestamp>>);

/// Whether look-ups are proven for a row.
pub(super) enum Proof {
    /// They find a known copy of the same source.
    Proven,
    /// There is none to look for.
    NoCopy,
    /// The known copy was not found.
    NotFound,
    /// The look-up of the known copy brought nothing.
    NotRead(NotRead),
}

impl Proofs {
    fn newest(&self, source: SessionId) -> Option<Timestamp> {
        let proofs = self.0.lock().expect("no holder panics");
        proofs.get(&source).copied()
    }

    fn add(&self, source: SessionId, finished_at: Timestamp) {
        let mut proofs = self.0.lock().expect("no holder panics");
        let newest = proofs.entry(source).or_insert(finished_at);
        *newest = finished_at.max(*newest);
    }
}

/// Whether a look-up finds a known copy of `source`: one finished no earlier than `began_at`,
/// where there is one.
pub(super) async fn prove<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    source: SessionId,
    began_at: Timestamp,
) -> Result<Proof, JournalError> {
    let Some(known) = shared.journal.known_copy(source, began_at).await? else {
        return Ok(Proof::NoCopy);
    };
    let is_enough = |newest| newest >= began_at || known.finished_at < began_at;
    if shared.proofs.newest(source).is_some_and(is_enough) {
        return Ok(Proof::Proven);
    }
    Ok(match find_known_copy(shared, source, &known).await? {
        Ok(true) => Proof::Proven,
        Ok(false) => Proof::NotFound,
        Err(not_read) => Proof::NotRead(not_read),
    })
}

/// Looks a known copy up; if it is found, that is recorded.
pub(in crate::executor) async fn find_known_copy<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    source: SessionId,
    known: &KnownCopy,
) -> Result<Result<bool, NotRead>, JournalError> {
    let found = match shared.link.reads.look_up(&known.transaction_id).await {
        Ok(found) => found,
        Err(not_read) => return Ok(Err(not_read)),
    };
    shared.link.health.connected();
    let is_found = found
        .sessions
        .iter()
        .any(|session| session.id == known.session);
    if is_found {
        record(shared, source, known.session, known.finished_at).await?;
    }
    Ok(Ok(is_found))
}

/// Records that look-ups found a copy of `source`.
pub(super) async fn record<T: Transport, J: Journal>(
    shared: &Shared<T, J>,
    source: SessionId,
    copy: SessionId,
    finished_at: Timestamp,
) -> Result<(), JournalError> {
    let Some(username) = shared.link.reads.username() else {
        return Ok(());
    };
    let username = username.to_owned();
    shared.proofs.add(source, finished_at);
    shared
        .journal
        .prove(username, source, copy, Timestamp::now())
        .await
}
