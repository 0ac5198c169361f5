//! The loop itself: what is started next, and what follows from each task that ended.

use std::sync::Arc;

use futures::future::OptionFuture;
use jiff::Timestamp;
use tokio::task::{Id, JoinError};
use tokio::time::{Instant, sleep_until};

use super::claimed;
use super::loop_state::{Loop, Task, TaskEnd};
use crate::executor::attempt::AttemptResult;
use crate::executor::decide::{AttemptCounts, Limits};
use crate::executor::health::Health;
use crate::executor::run_context::RunContext;
use crate::executor::service_client::ServiceClient;
use crate::executor::settle::Proofs;
use crate::executor::tokens::Credentials;
use crate::executor::{
    Job, Journal, JournalError, Observer, RowKey, RunSettings, Stop, StopSwitch, Transport,
};
use crate::job::{ErrorClass, RowState};

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunEnd {
    /// What stopped it, if its rows were not simply done.
    pub stop: Option<Stop>,
    /// Whether rows are left pending for no other reason than `--limit`.
    pub only_limited: bool,
    /// Whether rows are left pending because the service could not be reached or asked to wait.
    pub is_put_off: bool,
    /// Whether an internal error ended an attempt, or a read.
    pub has_panicked: bool,
    /// Whether a second signal asked to leave at once.
    pub is_urgent: bool,
    /// Whether the service knows no owner of the username.
    pub is_owner_unknown: bool,
}

/// Works off the rows that the journal gives, until they are done or something stops the run.
/// Everything that happened is in the journal when this returns.
pub async fn run<T: Transport, J: Journal>(
    transport: T,
    journal: J,
    credentials: Credentials,
    settings: &RunSettings,
    stop: StopSwitch,
    observer: Observer,
) -> RunEnd {
    let health = Health::new(settings.max_failures, settings.max_uncertain);
    let service = ServiceClient::new(
        transport,
        credentials,
        &settings.client,
        health,
        stop,
        observer,
    );
    let limits = Limits {
        max_attempts: settings.max_attempts,
        renewable_token: service.tokens.are_renewable(),
        can_settle: false,
    };
    let run = RunContext {
        control: Arc::clone(&service.control),
        service,
        journal,
        proofs: Proofs::default(),
        limits,
        settles: settings.settles,
        today: settings.today,
    };
    Loop::new(Arc::new(run), settings).run().await
}

impl<T: Transport, J: Journal> Loop<'_, T, J> {
    async fn run(mut self) -> RunEnd {
        let stop = self.run.control.switch.clone();
        while !stop.ends_reads() {
            if let Err(error) = self.fill().await {
                stop.stop(Stop::Journal(error.0));
            }
            let next = self.next_wake();
            if self.tasks.is_empty() && next.is_none() {
                break;
            }
            tokio::select! {
                biased;
                () = stop.reads_end() => {}
                Some(ended) = self.tasks.join_next_with_id() => self.task_ended(ended).await,
                Some(()) = OptionFuture::from(next.map(sleep_until)), if self.has_room() => {}
            }
        }
        self.give_up_awaiting_proof().await;
        self.drain().await;
        let only_limited = self.is_limit_reached() && self.left_pending == 0;
        RunEnd {
            stop: stop.reason(),
            only_limited,
            is_put_off: self.is_put_off,
            has_panicked: self.has_panicked,
            is_urgent: stop.is_urgent(),
            is_owner_unknown: self.settings.client.username.is_some()
                && self.run.service.reads.username().is_none(),
        }
    }

    /// Whether nothing is sent any more. What is uncertain may still be looked up.
    pub(super) fn is_stopped(&self) -> bool {
        self.run.control.switch.reason().is_some()
    }

    fn has_room(&self) -> bool {
        self.tasks.len() < self.settings.client.concurrency
    }

    fn is_limit_reached(&self) -> bool {
        self.settings.limit.is_some_and(|limit| self.begun >= limit)
    }

    /// Starts what can be started while there is room.
    async fn fill(&mut self) -> Result<(), JournalError> {
        self.claim_uncertain().await?;
        while self.has_room() {
            if let Some(row) = self.settling.take_due() {
                self.look(row);
            } else if self.is_stopped() {
                break;
            } else if self.start_side_read() {
            } else if let Some((job, counts)) = self.next_copy().await? {
                self.start(job, counts).await?;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// The next row to be sent: one that waits and is ready, else a new one.
    async fn next_copy(&mut self) -> Result<Option<(Job, AttemptCounts)>, JournalError> {
        if self.probe.is_some() {
            let is_done = self.waiting.is_empty() && self.settling.is_empty();
            if is_done && !self.claimed.has_next(&self.run).await? {
                // There is nothing left that a read could allow.
                self.probe = None;
            }
            return Ok(None);
        }
        let now = Instant::now();
        let mut ready = self.waiting.range(..=(now, RowKey(i64::MAX)));
        let ready = ready.find(|((_, key), _)| self.canary.admits(Some(*key)));
        if let Some(key) = ready.map(|(key, _)| *key) {
            return Ok(self.waiting.remove(&key));
        }
        let is_full = self.waiting.len() + self.settling.len() >= claimed::MAX_WAITING;
        let is_held = self.awaits_reported() || !self.canary.admits(None);
        if is_full || self.is_limit_reached() || is_held {
            return Ok(None);
        }
        let job = self.claimed.next(&self.run).await?;
        Ok(job.map(|job| (job, AttemptCounts::default())))
    }

    async fn start(&mut self, job: Job, mut counts: AttemptCounts) -> Result<(), JournalError> {
        if !counts.is_counted {
            if self.is_limit_reached() {
                return Ok(());
            }
            self.begun += 1;
            counts.is_counted = true;
        }
        self.decide_canary(&job).await?;
        self.canary.begins(job.key);
        let about = Task::copy(&job);
        let run = Arc::clone(&self.run);
        self.spawn(about, async move {
            Ok(TaskEnd::Tried(run.try_row(job, counts).await?))
        });
        Ok(())
    }

    pub(super) fn spawn(
        &mut self,
        about: Task,
        task: impl Future<Output = Result<TaskEnd, JournalError>> + Send + 'static,
    ) {
        let task = self.tasks.spawn(task);
        self.out.insert(task.id(), about);
    }

    async fn task_ended(&mut self, ended: Result<(Id, Result<TaskEnd, JournalError>), JoinError>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let about = self.out.remove(&id);
        let handled = match ended {
            Ok((_, Ok(TaskEnd::Tried(end)))) => {
                self.attempt_ended(end);
                Ok(())
            }
            Ok((_, Ok(TaskEnd::LookedUp(row, result)))) => self.look_up_ended(*row, result).await,
            Ok((_, Ok(TaskEnd::SideRead(end)))) => {
                self.side_read_ended(end);
                Ok(())
            }
            Ok((_, Err(error))) => Err(error),
            Err(error) if error.is_panic() => self.panicked(about).await,
            Err(_) => Ok(()),
        };
        if let Err(error) = handled {
            self.run.control.stop(Stop::Journal(error.0));
        }
    }

    fn attempt_ended(&mut self, end: AttemptResult) {
        match end {
            AttemptResult::Again(job, counts, ready) => {
                self.waiting.insert((ready, job.key), (*job, counts));
            }
            AttemptResult::Settle(row) => {
                self.probe_if_losing_answers(row.job.request.source);
                self.settling.push(*row);
            }
            AttemptResult::Done(job, row) => {
                self.count_pending(&row);
                self.probe_if_losing_answers(job.request.source);
                self.after_outcome(&job, &row);
            }
            AttemptResult::Released => {}
            AttemptResult::Expired(job, counts) => {
                // `--limit` counts rows that are sent.
                self.begun -= u64::from(counts.tries == 0);
                self.after_outcome(&job, &RowState::Failed(ErrorClass::Invalid));
            }
        }
    }

    /// A row that stays pending does so because it could not be sent, or was put off; but for one
    /// whose cells changed while nobody knew what became of it.
    pub(super) fn count_pending(&mut self, row: &RowState) {
        self.left_pending += u64::from(matches!(row, RowState::Pending(_)));
        self.is_put_off |= matches!(
            row,
            RowState::Pending(ErrorClass::NotSent | ErrorClass::Refused)
        );
    }

    /// Lets what is out finish: as long as a request may take, on a signal as long as the grace.
    async fn drain(&mut self) {
        let stop = self.run.control.switch.clone();
        let grace = self.settings.grace;
        let patience = async {
            stop.signalled().await;
            tokio::select! {
                () = tokio::time::sleep(grace) => {}
                () = stop.urgent() => {}
            }
        };
        tokio::pin!(patience);
        loop {
            tokio::select! {
                biased;
                ended = self.tasks.join_next_with_id() => match ended {
                    Some(ended) => self.task_ended(ended).await,
                    None => return,
                },
                () = &mut patience => break,
            }
        }
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
        let text = "the run stopped before an answer came";
        let interrupted = self.run.journal.interrupt(None, text, Timestamp::now());
        if let Err(error) = interrupted.await {
            self.run.control.stop(Stop::Journal(error.0));
        }
    }
}
