//! What the loop of a run knows, and what its tasks work on and come to.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use super::claimed::Claimed;
use crate::executor::attempt::AttemptResult;
use crate::executor::canary::Canary;
use crate::executor::compare_copy::CopyComparison;
use crate::executor::decide::AttemptCounts;
use crate::executor::run_context::RunContext;
use crate::executor::settle::{LookupResult, Queue, UncertainRow};
use crate::executor::{Job, JournalError, KnownCopy, NamedRow, RowKey, RunSettings, Stop};
use crate::job::SessionId;

/// What the loop of a run knows.
pub(super) struct Loop<'a, T, J> {
    pub(super) run: Arc<RunContext<T, J>>,
    pub(super) settings: &'a RunSettings,
    pub(super) claimed: Claimed,
    pub(super) begun: u64,
    pub(super) left_pending: u64,
    pub(super) is_put_off: bool,
    pub(super) has_panicked: bool,
    /// Rows that wait for another try, by when they are ready.
    pub(super) waiting: BTreeMap<(Instant, RowKey), (Job, AttemptCounts)>,
    pub(super) settling: Queue,
    /// How many rows of a report are claimed and not looked up yet.
    pub(super) reported: u64,
    pub(super) canary: Canary,
    pub(super) proving: Option<FirstCopyLookUp>,
    pub(super) probe: Option<Probe>,
    pub(super) tasks: JoinSet<Result<TaskEnd, JournalError>>,
    /// What each task that is out works on.
    pub(super) out: HashMap<Id, Task>,
}

/// What a task of the loop came to.
pub(super) enum TaskEnd {
    Tried(AttemptResult),
    LookedUp(Box<UncertainRow>, LookupResult),
    SideRead(SideReadEnd),
}

impl<'a, T, J> Loop<'a, T, J> {
    pub(super) fn new(run: Arc<RunContext<T, J>>, settings: &'a RunSettings) -> Self {
        Self {
            run,
            settings,
            claimed: Claimed::default(),
            begun: 0,
            left_pending: 0,
            is_put_off: false,
            has_panicked: false,
            waiting: BTreeMap::new(),
            settling: Queue::default(),
            reported: 0,
            canary: Canary::new(settings.has_canary),
            proving: None,
            probe: None,
            tasks: JoinSet::new(),
            out: HashMap::new(),
        }
    }
}

/// The first copy, looked up until it is found: the proof for its source.
#[derive(Debug, Clone)]
pub(super) struct FirstCopyLookUp {
    pub(super) source: SessionId,
    pub(super) copy: KnownCopy,
    pub(super) since: Instant,
    /// None while its look-up is out.
    pub(super) due: Option<Instant>,
}

/// No new copy begins until a read is answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe {
    pub(super) source: SessionId,
    pub(super) since: Instant,
    pub(super) tries: u32,
    /// None while its read is out.
    pub(super) due: Option<Instant>,
}

/// What such a read came to.
pub(super) enum SideReadEnd {
    /// The first copy was read back: how it compares, or why to stop.
    ReadBack(Box<Job>, KnownCopy, Result<CopyComparison, Stop>),
    /// Whether the first copy was found by a look-up.
    Proved(bool),
    /// Whether the service answered.
    Probed(Result<(), String>),
}

/// What a task that is out works on, for the case that it panics.
#[derive(Debug)]
pub(super) enum Task {
    /// A row is sent.
    Copy {
        row: RowKey,
        named: NamedRow,
        source: SessionId,
    },
    /// A row is looked up.
    LookUp {
        row: RowKey,
        named: NamedRow,
        is_ours: bool,
        is_awaited: bool,
    },
    /// A read of the run's own.
    SideRead,
}

impl Task {
    pub(super) fn copy(job: &Job) -> Self {
        Self::Copy {
            row: job.key,
            named: job.named(),
            source: job.request.source,
        }
    }

    pub(super) fn look_up(row: &UncertainRow) -> Self {
        Self::LookUp {
            row: row.job.key,
            named: row.job.named(),
            is_ours: row.is_ours,
            is_awaited: row.is_awaited,
        }
    }
}
