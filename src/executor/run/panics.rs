//! What becomes of a row whose task panicked: the others go on.

use jiff::Timestamp;

use super::loop_state::{Loop, Task};
use crate::executor::{Event, Journal, JournalError, NamedRow, RowKey, Stop, Transport};
use crate::job::RowState;

/// The text of a row whose attempt an internal error ended.
const TEXT: &str = "an internal error ended the attempt";
/// The text of a row whose look-up it ended.
const TEXT_OF_LOOK_UP: &str = "an internal error ended its look-up";

impl<T: Transport, J: Journal> Loop<'_, T, J> {
    /// The request of a row whose task panicked may be out: it is uncertain. A look-up's row is
    /// uncertain already.
    pub(super) async fn panicked(&mut self, task: Option<Task>) -> Result<(), JournalError> {
        self.has_panicked = true;
        match task {
            Some(Task::Copy { row, named, source }) => {
                let now = Timestamp::now();
                let interrupted = self.run.journal.interrupt(Some(row), TEXT, now).await?;
                if interrupted > 0 {
                    self.run.control.health.record_attempt(true);
                    self.probe_if_losing_answers(source);
                    self.count_uncertain();
                    self.emit_uncertain(named, TEXT);
                } else {
                    // Its attempt was not begun yet, or its outcome is recorded.
                    let text = format!("{} is left as it is: {TEXT}", named.name);
                    self.run.control.emit(Event::Notice { text });
                }
                self.free_canary(row);
            }
            Some(Task::LookUp {
                row,
                named,
                is_ours,
                is_awaited,
            }) => {
                self.reported -= u64::from(is_awaited);
                if is_ours {
                    self.count_uncertain();
                }
                self.emit_uncertain(named, TEXT_OF_LOOK_UP);
                self.free_canary(row);
            }
            Some(Task::SideRead) | None => {
                let text = "an internal error ended a read".to_owned();
                self.run.control.stop(Stop::Internal(text));
            }
        }
        Ok(())
    }

    fn count_uncertain(&self) {
        let control = &self.run.control;
        control.stop_if(control.health.finished(&RowState::Uncertain, ""));
    }

    fn emit_uncertain(&self, row: NamedRow, text: &str) {
        let notice = format!("{} is uncertain: {text}", row.name);
        self.run.control.emit(Event::Notice { text: notice });
        self.run.control.emit(Event::Finished {
            row,
            became: RowState::Uncertain,
            text: text.to_owned(),
        });
    }

    /// The next row may go, if this was the one that goes alone.
    pub(super) fn free_canary(&mut self, row: RowKey) {
        if let Err(stop) = self.canary.ended(row, &RowState::Uncertain, "") {
            self.run.control.stop(stop);
        }
    }
}
