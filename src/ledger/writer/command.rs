//! A command to the ledger's thread: what it works on, and how it is answered.

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::executor::JournalError;
use crate::ledger::LedgerError;

/// What a command works on.
pub(super) struct WriterContext<'a> {
    pub(super) connection: &'a Connection,
    pub(super) run: i64,
    pub(super) claimed: &'a mut Claimed,
    pub(super) is_in_place: bool,
}

impl WriterContext<'_> {
    /// Refuses to begin anything in a ledger that is not where the next run will look for it.
    pub(super) fn require_place(&self) -> Result<(), LedgerError> {
        self.is_in_place.then_some(()).ok_or(LedgerError::Displaced)
    }
}

/// How far the run has claimed its rows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Claimed {
    /// The last pending row's position.
    pub(super) pending: i64,
    /// The last uncertain row's position.
    pub(super) uncertain: i64,
}

/// Does its work, unless an earlier one of its group failed. Gives what is to be answered once the group
/// is committed or has failed, and why it failed itself.
pub(super) type Command =
    Box<dyn FnOnce(Option<WriterContext<'_>>) -> (Answer, Option<LedgerError>) + Send>;
/// Answers a command, with what failed its group.
pub(super) type Answer = Box<dyn FnOnce(Option<&JournalError>)>;

/// A command that answers with what its work gave. `undone` is called where nothing of it is
/// recorded, also if nobody waits for the answer any more.
pub(super) fn command<T: Send + 'static>(
    work: impl FnOnce(&mut WriterContext<'_>) -> Result<T, LedgerError> + Send + 'static,
    reply: oneshot::Sender<Result<T, JournalError>>,
    undone: impl FnOnce() + Send + 'static,
) -> Command {
    Box::new(move |context| {
        let done = match context {
            Some(mut context) => work(&mut context),
            None => Err(LedgerError::GroupFailed),
        };
        let (value, failure) = match done {
            Ok(done) => (Ok(done), None),
            Err(error) => (Err(JournalError(error.to_string())), Some(error)),
        };
        let answer = move |failure: Option<&JournalError>| {
            if failure.is_some() {
                undone();
            }
            // An executor that no longer waits has stopped; its record stands.
            let _ = reply.send(failure.map_or(value, |error| Err(error.clone())));
        };
        (Box::new(answer) as Answer, failure)
    })
}
