//! A ledger that was taken away under a run: what the run knows is kept next to its place, and
//! the run comes to its end from there.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::cli::next_command::path_argument;
use crate::cli::{Failure, Message, Output};
use crate::executor::AttemptEnd;
use crate::job::SessionId;
use crate::ledger::{Ledger, LedgerFacts, View};
use crate::support::command_line;

/// What a run knows at its end.
pub struct RunRecord {
    /// Where that is recorded.
    pub ledger: Ledger,
    /// The same, to be read.
    pub view: View,
    /// Where it is kept, if its ledger was taken away.
    pub rescued: Option<PathBuf>,
    /// Copies that could be recorded nowhere: row ids and sessions.
    pub unrecorded: Vec<(String, SessionId)>,
}

impl RunRecord {
    /// Opens the run's ledger to be read, or what can be kept of it. What the run could not record
    /// when it happened (`late`) is recorded now, if that can be done.
    ///
    /// # Errors
    /// When it can't be read, or nothing can be kept.
    pub fn open(
        mut ledger: Ledger,
        late: &[AttemptEnd],
        place: &Path,
        endpoint: String,
        output: &Output,
    ) -> Result<Self, Failure> {
        let mut recorded = ledger.record_late(late);
        let mut view = View::open(place);
        let mut rescued = None;
        // Asked after it was opened: in between it may be taken away.
        if !ledger.is_in_place() {
            drop(view);
            let path = keep_copy(ledger, place, output)?;
            let facts = LedgerFacts::of_endpoint(endpoint);
            ledger = Ledger::open_existing(&path, &facts)?;
            if recorded.is_err() {
                recorded = ledger.record_late(late);
            }
            view = View::open(&path);
            rescued = Some(path);
        }
        let unrecorded = match recorded {
            Ok(()) => Vec::new(),
            Err(_) => ledger.copies_among(late)?,
        };
        Ok(Self {
            view: view?,
            unrecorded,
            ledger,
            rescued,
        })
    }

    /// Closes the ledger, as one file when nobody else reads it. Where it was taken away since it
    /// was opened, what it knew is kept first.
    ///
    /// # Errors
    /// When nothing can be kept, or SQLite can't write.
    pub fn close(self, place: &Path, output: &Output) -> Result<Option<PathBuf>, Failure> {
        drop(self.view);
        let is_gone = self.rescued.is_none() && !self.ledger.is_in_place();
        if is_gone {
            return keep_copy(self.ledger, place, output).map(Some);
        }
        self.ledger.close()?;
        Ok(self.rescued)
    }
}

fn keep_copy(ledger: Ledger, place: &Path, output: &Output) -> Result<PathBuf, Failure> {
    let path = place.display();
    let gone = format!("{path} or its -wal was deleted, emptied or replaced while the run worked");
    let rescued = ledger.rescue(Timestamp::now()).map_err(|error| {
        let text = format!(
            "{gone}, and what the run knew could not be saved ({error}). Rows may have been copied: put \
             that file back before you do anything else"
        );
        Failure::internal(text)
    })?;
    // What is in its place now must not find the -wal of what was taken away. That this fails
    // where the files are gone is no news.
    let _ = ledger.close();
    let kept = rescued.display();
    let text = format!(
        "{gone}. What the run knew is saved as {kept}: move it to the ledger's place before the next run"
    );
    let message = Message::error("ledger_rescued", text);
    output.emit(&message.with("rescued", rescued.to_string_lossy()));
    Ok(rescued)
}

/// The command that puts what was kept into the ledger's place. An old -wal there would be taken
/// for its own.
pub fn restore_command(rescued: &Path, place: &Path) -> String {
    let place = path_argument(place);
    let [wal, shm] = ["-wal", "-shm"].map(|end| format!("{place}{end}"));
    let remove = command_line(["rm", "-f", &wal, &shm]);
    let rename = command_line(["mv", &path_argument(rescued), &place]);
    format!("{remove} && {rename}")
}
