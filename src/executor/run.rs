use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use futures::future::OptionFuture;
use jiff::Timestamp;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::attempt::{TryEnd, try_row};
use super::decide::{Limits, Tally};
use super::health::Health;
use super::pause::Pause;
use super::tokens::{Credentials, Tokens};
use super::{
    Job, Journal, JournalError, Limiter, Observer, RowKey, RunSettings, Shared, Stop, StopSwitch,
    Transport,
};
use crate::job::RowState;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// What stopped it, if its rows were not simply done.
    pub stop: Option<Stop>,
    /// Whether rows are left pending for no other reason than `--limit`.
    pub only_limited: bool,
    /// Whether a second signal asked to leave at once.
    pub is_urgent: bool,
}

/// Rows are claimed from the journal in groups of this size.
const CLAIM: usize = 256;
/// Rows that wait for another try; beyond that no new ones begin, so that memory stays bounded.
const WAITING: usize = 1024;

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
    let limiter = Arc::new(Limiter::new(settings.rate));
    let pause = Arc::new(Pause::default());
    let tokens = Tokens::new(
        transport.clone(),
        Arc::clone(&limiter),
        Arc::clone(&pause),
        credentials,
        settings.token_reuse,
    );
    let limits = Limits {
        max_attempts: settings.max_attempts,
        renewable_token: tokens.are_renewable(),
    };
    let shared = Shared {
        transport,
        journal,
        limiter,
        pause,
        tokens,
        health: Health::new(settings.max_failures, settings.max_uncertain),
        limits,
        max_pause: settings.max_pause,
        stop,
        observer,
    };
    Loop::new(Arc::new(shared), settings).run().await
}

/// The one loop that hands out rows. A row that waits for another try holds no slot.
struct Loop<'a, T, J> {
    shared: Arc<Shared<T, J>>,
    settings: &'a RunSettings,
    fresh: VecDeque<Job>,
    all_claimed: bool,
    begun: u64,
    left_pending: u64,
    waiting: BTreeMap<(Instant, RowKey), (Job, Tally)>,
    tasks: JoinSet<Result<TryEnd, JournalError>>,
    rows: HashMap<Id, RowKey>,
}

impl<'a, T: Transport, J: Journal> Loop<'a, T, J> {
    fn new(shared: Arc<Shared<T, J>>, settings: &'a RunSettings) -> Self {
        Self {
            shared,
            settings,
            fresh: VecDeque::new(),
            all_claimed: false,
            begun: 0,
            left_pending: 0,
            waiting: BTreeMap::new(),
            tasks: JoinSet::new(),
            rows: HashMap::new(),
        }
    }

    async fn run(mut self) -> RunEnd {
        let stop = self.shared.stop.clone();
        while stop.reason().is_none() {
            if let Err(error) = self.fill().await {
                stop.stop(Stop::Journal(error.0));
            }
            if self.tasks.is_empty() && self.waiting.is_empty() {
                break;
            }
            let next_ready = self.waiting.first_key_value().map(|((ready, _), _)| *ready);
            tokio::select! {
                biased;
                () = stop.requested() => {}
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended).await,
                Some(()) = OptionFuture::from(next_ready.map(sleep_until)), if self.has_room() => {}
            }
        }
        self.drain().await;
        let limit_reached = self.settings.limit.is_some_and(|limit| self.begun >= limit);
        let only_limited = limit_reached && self.left_pending == 0;
        RunEnd {
            stop: stop.reason(),
            only_limited,
            is_urgent: stop.is_urgent(),
        }
    }

    fn has_room(&self) -> bool {
        self.tasks.len() < self.settings.concurrency
    }

    /// Starts tries while there is room: rows that wait and are ready first, then new ones.
    async fn fill(&mut self) -> Result<(), JournalError> {
        while self.has_room() {
            let ready = self
                .waiting
                .first_entry()
                .filter(|entry| entry.key().0 <= Instant::now());
            if let Some(entry) = ready {
                let (job, tally) = entry.remove();
                self.start(job, tally);
            } else if let Some(job) = self.next_fresh().await? {
                self.start(job, Tally::default());
            } else {
                break;
            }
        }
        Ok(())
    }

    async fn next_fresh(&mut self) -> Result<Option<Job>, JournalError> {
        let is_over = self.settings.limit.is_some_and(|limit| self.begun >= limit);
        if is_over || self.waiting.len() >= WAITING {
            return Ok(None);
        }
        if self.fresh.is_empty() && !self.all_claimed {
            self.fresh = self.shared.journal.claim(CLAIM).await?.into();
            self.all_claimed = self.fresh.is_empty();
        }
        let job = self.fresh.pop_front();
        self.begun += u64::from(job.is_some());
        Ok(job)
    }

    fn start(&mut self, job: Job, tally: Tally) {
        let key = job.key;
        let shared = Arc::clone(&self.shared);
        let task = self
            .tasks
            .spawn(async move { try_row(&shared, job, tally).await });
        self.rows.insert(task.id(), key);
    }

    async fn ended(&mut self, ended: Result<(Id, Result<TryEnd, JournalError>), JoinError>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let row = self.rows.remove(&id);
        match ended {
            Ok((_, Ok(TryEnd::Again(job, tally, ready)))) => {
                self.waiting.insert((ready, job.key), (*job, tally));
            }
            Ok((_, Ok(TryEnd::Done(row)))) => {
                self.left_pending += u64::from(matches!(row, RowState::Pending(_)));
            }
            Ok((_, Ok(TryEnd::Released))) => {}
            Ok((_, Err(error))) => self.shared.stop.stop(Stop::Journal(error.0)),
            // Its request may be out: the row is uncertain, and the others go on.
            Err(error) if error.is_panic() => {
                self.interrupt(row, "an internal error ended the attempt")
                    .await;
            }
            Err(_) => {}
        }
    }

    /// Lets what is out finish: as long as a request may take, on a signal as long as the grace.
    async fn drain(&mut self) {
        let stop = self.shared.stop.clone();
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
                    Some(ended) => self.ended(ended).await,
                    None => return,
                },
                () = &mut patience => break,
            }
        }
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
        self.interrupt(None, "stopped while its request was out")
            .await;
    }

    async fn interrupt(&self, row: Option<RowKey>, text: &'static str) {
        let interrupted = self
            .shared
            .journal
            .interrupt(row, text, Timestamp::now())
            .await;
        if let Err(error) = interrupted {
            self.shared.stop.stop(Stop::Journal(error.0));
        }
    }
}
