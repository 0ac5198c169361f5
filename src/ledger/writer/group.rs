//! Commands to the ledger's thread, and the one transaction around a group of them.

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use crate::executor::JournalError;
use crate::ledger::LedgerError;
use crate::ledger::mark::Mark;
use crate::ledger::view::unreadable;
use crate::support::crash_point;

/// What a command works on.
pub(super) struct Desk<'a> {
    pub(super) connection: &'a Connection,
    pub(super) run: i64,
    pub(super) progress: &'a mut Progress,
    is_in_place: bool,
}

impl Desk<'_> {
    /// Refuses to begin anything in a ledger that is not where the next run will look for it.
    pub(super) fn require_place(&self) -> Result<(), LedgerError> {
        match self.is_in_place {
            true => Ok(()),
            false => Err(unreadable(
                "its file, or its -wal, was deleted, emptied or replaced while the run worked",
            )),
        }
    }
}

/// How far the run has claimed its work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    run: i64,
    /// The last pending row's position.
    pub(super) pending: i64,
    /// The last uncertain row's position.
    pub(super) uncertain: i64,
}

impl Progress {
    /// Nothing is claimed yet.
    pub(super) fn of(run: i64) -> Self {
        Self {
            run,
            pending: 0,
            uncertain: 0,
        }
    }
}

/// Does its work, or is told that an earlier one of its group failed; gives what is to be
/// answered once the group is committed or has failed.
pub(super) type Command = Box<dyn FnOnce(Option<Desk<'_>>) -> Done + Send>;
type Done = (Answer, Result<(), LedgerError>);
type Answer = Box<dyn FnOnce(Option<&JournalError>)>;

/// A command that answers with what its work gave. `undone` is called where nothing of it is
/// recorded, also if nobody waits for the answer any more.
pub(super) fn command<T: Send + 'static>(
    work: impl FnOnce(&mut Desk<'_>) -> Result<T, LedgerError> + Send + 'static,
    reply: oneshot::Sender<Result<T, JournalError>>,
    undone: impl FnOnce() + Send + 'static,
) -> Command {
    Box::new(move |desk| {
        let done = match desk {
            Some(mut desk) => work(&mut desk),
            None => Err(unreadable("an earlier command of the group failed")),
        };
        let (value, done) = match done {
            Ok(value) => (Ok(value), Ok(())),
            Err(error) => (Err(JournalError(error.to_string())), Err(error)),
        };
        let answer = move |failure: Option<&JournalError>| {
            if failure.is_some() {
                undone();
            }
            // An executor that no longer waits has stopped; its record stands.
            let _ = reply.send(failure.map_or(value, |error| Err(error.clone())));
        };
        (Box::new(answer) as Answer, done)
    })
}

/// Runs a group of commands in one transaction and answers them after its commit. If anything
/// fails, nothing of the group has happened and each is told so.
pub(super) fn commit(
    connection: &mut Connection,
    progress: &mut Progress,
    mark: &mut Mark,
    is_in_place: bool,
    group: impl Iterator<Item = Command>,
) {
    let before = *progress;
    let mut answers = Vec::new();
    let committed = run_group(connection, progress, is_in_place, group, &mut answers);
    crash_point("group-committed");
    let marked = committed.and_then(|()| Ok(mark.note(connection)??));
    let failure = marked.err().map(|error| JournalError(error.to_string()));
    if failure.is_some() {
        *progress = before;
    }
    for answer in answers {
        answer(failure.as_ref());
    }
}

fn run_group(
    connection: &mut Connection,
    progress: &mut Progress,
    is_in_place: bool,
    group: impl Iterator<Item = Command>,
    answers: &mut Vec<Answer>,
) -> Result<(), LedgerError> {
    let mut failure = None;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = match transaction {
        Ok(transaction) => Some(transaction),
        Err(error) => {
            failure = Some(error.into());
            None
        }
    };
    for command in group {
        // After a failure the rest only wait to be told of it.
        let open = transaction.as_deref().filter(|_| failure.is_none());
        let (answer, done) = command(open.map(|connection| Desk {
            connection,
            run: progress.run,
            progress,
            is_in_place,
        }));
        answers.push(answer);
        if let Err(error) = done {
            failure = failure.or(Some(error));
        }
    }
    match (transaction, failure) {
        (_, Some(error)) => Err(error),
        (Some(transaction), None) => Ok(transaction.commit()?),
        (None, None) => Ok(()),
    }
}
