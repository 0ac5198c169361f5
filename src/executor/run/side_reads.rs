//! What the loop reads besides its rows: the first copy, a proof for it, and whether a service
//! that loses answers still answers at all.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::loop_state::{FirstCopyLookUp, Loop, Probe, SideReadEnd, Task, TaskEnd};
use crate::executor::compare_copy::CopyComparison;
use crate::executor::pause::backoff;
use crate::executor::run_context::RunContext;
use crate::executor::settle::next_look_up;
use crate::executor::{Event, Job, Journal, JournalError, KnownCopy, Stop, Transport};
use crate::job::{RowState, SessionId};
use crate::request::ReadError;

/// A service that loses answers gets so long to answer a read.
const PATIENCE: Duration = Duration::from_secs(600);

impl<T: Transport, J: Journal> Loop<'_, T, J> {
    /// When something is to be done without a task ending before.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        if self.is_stopped() {
            return self.settling.next_due();
        }
        let proving = self.proving.as_ref().and_then(|proving| proving.due);
        let probe = self.probe.and_then(|probe| probe.due);
        // A row that may not be sent yet waits for a task, not for the clock.
        let mut waiting = self.waiting.keys();
        let waiting = waiting.find(|(_, key)| self.canary.admits(Some(*key)));
        let waiting = waiting
            .map(|(ready, _)| *ready)
            .filter(|_| self.probe.is_none());
        [proving, probe, waiting, self.settling.next_due()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Starts a read that is due. Whether there was one.
    pub(super) fn start_side_read(&mut self) -> bool {
        let now = Instant::now();
        let is_due = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        let run = Arc::clone(&self.run);
        if let Some(probe) = self.probe.as_mut().filter(|probe| is_due(probe.due)) {
            probe.due = None;
            let source = probe.source;
            self.spawn(Task::SideRead, async move {
                Ok(TaskEnd::SideRead(SideReadEnd::Probed(
                    run.probe(source).await,
                )))
            });
            return true;
        }
        if let Some(proving) = self.proving.as_mut().filter(|it| is_due(it.due)) {
            proving.due = None;
            let proving = proving.clone();
            self.spawn(Task::SideRead, async move {
                let is_found = run.prove_first_copy(proving.source, &proving.copy).await?;
                Ok(TaskEnd::SideRead(SideReadEnd::Proved(is_found)))
            });
            return true;
        }
        false
    }

    /// Goes on from what such a read came to.
    pub(super) fn side_read_ended(&mut self, end: SideReadEnd) {
        match end {
            SideReadEnd::ReadBack(job, copy, read) => self.was_read_back(&job, copy, read),
            SideReadEnd::Proved(is_found) => self.proved(is_found),
            SideReadEnd::Probed(answered) => self.probed(answered),
        }
    }

    /// Whether copies go one at a time at first: not where look-ups are proven already.
    pub(super) async fn decide_canary(&mut self, job: &Job) -> Result<(), JournalError> {
        if !self.canary.is_unset() {
            return Ok(());
        }
        let is_proven = match self.run.service.reads.username() {
            Some(username) => {
                let username = username.to_owned();
                let source = job.request.source;
                self.run.journal.is_proven(username, source).await?
            }
            None => false,
        };
        self.canary.enable_unless(is_proven);
        Ok(())
    }

    /// A row has its outcome; if it is the first copy, it is read back.
    pub(super) fn canary_row_ended(&mut self, job: &Job, became: &RowState) {
        let words = self.run.control.health.last_refusal_key();
        let id = match (self.canary.ended(job.key, became, &words), became) {
            (Ok(true), RowState::Copied(id)) => *id,
            (Ok(_), _) => return,
            (Err(stop), _) => return self.run.control.stop(stop),
        };
        let run = Arc::clone(&self.run);
        let copy = KnownCopy {
            transaction_id: job.transaction_id.clone(),
            session: id,
        };
        let job = Box::new(job.clone());
        self.spawn(Task::SideRead, async move {
            let read = run.control.unless_stopped(run.read_back(&job, id)).await;
            let read = read.unwrap_or_else(|| Ok(CopyComparison::default()));
            Ok(TaskEnd::SideRead(SideReadEnd::ReadBack(job, copy, read)))
        });
    }

    fn was_read_back(&mut self, job: &Job, copy: KnownCopy, read: Result<CopyComparison, Stop>) {
        let CopyComparison {
            respelt, lacking, ..
        } = match read {
            Ok(found) => found,
            Err(stop) => return self.run.control.stop(stop),
        };
        if !respelt.is_empty() {
            let text = format!(
                "canary: the first copy differs from its row only in spacing or Unicode form: {}",
                respelt.join("; ")
            );
            self.run.control.emit(Event::Notice { text });
        }
        if !lacking.is_empty() {
            let text = format!(
                "canary: the service does not show {} of the first copy, so this could not be \
                 compared with the row",
                lacking.join(", ")
            );
            self.run.control.emit(Event::Notice { text });
        }
        self.canary.mark_passed();
        if self.run.service.reads.username().is_some() {
            let now = Instant::now();
            self.proving = Some(FirstCopyLookUp {
                source: job.request.source,
                copy,
                since: now,
                due: Some(now),
            });
        }
    }

    fn proved(&mut self, is_found: bool) {
        let window = self.settings.settle_window;
        let Some(proving) = &mut self.proving else {
            return;
        };
        let username = self.run.service.reads.username();
        if is_found || username.is_none() {
            self.proving = None;
        } else if proving.since.elapsed() >= window {
            let text = format!(
                "canary: look-ups for {} did not find the first copy within {}, so uncertain rows \
                 can't be proven absent. Is that the e-mail address of the sessions' owner?",
                username.unwrap_or_default(),
                humantime::format_duration(window)
            );
            self.run.control.emit(Event::Notice { text });
            self.proving = None;
        } else {
            // Once more right at the window's end, so that nobody waits longer for the answer.
            let end = proving.since + window;
            let next = next_look_up(proving.since, Instant::now());
            proving.due = Some(next.min(end.max(Instant::now())));
        }
    }

    /// After so many lost answers in a row, no new copy begins until a read is answered.
    pub(super) fn probe_if_losing_answers(&mut self, source: SessionId) {
        if self.probe.is_some() || !self.run.control.health.is_losing_answers() {
            return;
        }
        let now = Instant::now();
        self.probe = Some(Probe {
            source,
            since: now,
            tries: 0,
            due: Some(now),
        });
        let text = "five answers in a row were lost: new copies wait until the service answers \
                    a read"
            .to_owned();
        self.run.control.emit(Event::Notice { text });
    }

    fn probed(&mut self, answered: Result<(), String>) {
        let Some(probe) = &mut self.probe else {
            return;
        };
        match answered {
            Ok(()) => {
                self.run.control.health.record_attempt(false);
                self.probe = None;
            }
            Err(text) if probe.since.elapsed() >= PATIENCE => {
                self.run.control.stop(Stop::Unreachable(format!(
                    "answers were lost, and no read was answered for {}: {text}",
                    humantime::format_duration(PATIENCE)
                )));
            }
            Err(_) => {
                probe.due = Some(Instant::now() + backoff(probe.tries));
                probe.tries += 1;
            }
        }
    }
}

impl<T: Transport, J: Journal> RunContext<T, J> {
    /// Whether the service itself answers a read, if only with a no.
    async fn probe(&self, source: SessionId) -> Result<(), String> {
        let read = self.service.reads.session(source);
        match self.control.unless_stopped(read).await {
            None => Err("the run stops".into()),
            Some(Ok(_) | Err(ReadError::Refused(_))) => Ok(()),
            Some(Err(error)) => Err(self.service.note_read_error(&error)),
        }
    }

    /// Looks the first copy up. Where it is found, look-ups of its source are proven from now on.
    async fn prove_first_copy(
        &self,
        source: SessionId,
        copy: &KnownCopy,
    ) -> Result<bool, JournalError> {
        let looked_up = self.find_known_copy(source, copy);
        let is_found = match self.control.unless_stopped(looked_up).await {
            None => false,
            Some(Ok(is_found)) => is_found,
            Some(Err(error)) => {
                self.service.note_read_error(&error);
                false
            }
        };
        if let (true, Some(username)) = (is_found, self.service.reads.username()) {
            let (username, now) = (username.to_owned(), Timestamp::now());
            let proven = self.journal.prove(username, source, copy.session, now);
            proven.await?;
        }
        Ok(is_found)
    }
}
