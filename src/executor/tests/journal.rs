//! A journal in memory.

use super::*;

/// A journal in memory, which also checks that every request was recorded before it left.
#[derive(Clone, Default)]
pub(super) struct FakeJournal {
    pub(super) pending: Arc<Mutex<VecDeque<Job>>>,
    pub(super) states: Arc<Mutex<HashMap<RowKey, RowState>>>,
    pub(super) sending: Arc<Mutex<Vec<RowKey>>>,
    pub(super) attempts: Arc<AtomicUsize>,
    /// What an earlier run left.
    pub(super) uncertain: Arc<Mutex<VecDeque<Job>>>,
    pub(super) is_proven: Arc<Mutex<bool>>,
    pub(super) is_shared: bool,
    pub(super) is_manifest_replaced: bool,
    pub(super) is_reported: bool,
    pub(super) claimed: Arc<Mutex<Vec<Job>>>,
    pub(super) is_full: bool,
    /// The last of the rows whose cells today's limits refuse.
    pub(super) last_invalid: i64,
}

impl FakeJournal {
    pub(super) fn with_rows(count: i64) -> Self {
        let mut fields = Fields::default();
        fields.set(crate::job::Column::SourceSessionId, SOURCE);
        let request = CopyRequest::from_fields(&fields).unwrap();
        let job = |number: i64| Job {
            key: RowKey(number),
            row_id: RowId::parse(&number.to_string()).unwrap(),
            name: format!("row {number}"),
            request: request.clone(),
            transaction_id: TransactionId::parse(&format!("t{number}")).unwrap(),
        };
        let pending = Arc::new(Mutex::new((1..=count).map(job).collect()));
        Self {
            pending,
            ..Self::default()
        }
    }

    pub(super) fn count(&self, is_so: impl Fn(&RowState) -> bool) -> usize {
        self.states
            .lock()
            .unwrap()
            .values()
            .filter(|state| is_so(state))
            .count()
    }

    pub(super) fn copied(&self) -> usize {
        self.count(|state| matches!(state, RowState::Copied(_)))
    }
}

impl Journal for FakeJournal {
    async fn claim(&self, limit: usize) -> Result<Vec<Result<Job, InvalidRow>>, JournalError> {
        let mut pending = self.pending.lock().unwrap();
        let limit = limit.min(pending.len());
        let claimed = pending.drain(..limit).map(|job| match job.key.0 {
            number if number <= self.last_invalid => Err(InvalidRow {
                key: job.key,
                row: job.named(),
                problem: "column title: is too long".into(),
            }),
            _ => Ok(job),
        });
        Ok(claimed.collect())
    }

    async fn begin(&self, start: AttemptStart) -> Result<AttemptKey, JournalError> {
        let row = start.row;
        if self.is_full {
            return Err(JournalError("disk full".into()));
        }
        self.sending.lock().unwrap().push(row);
        self.attempts.fetch_add(1, Ordering::Relaxed);
        Ok(AttemptKey(row.0))
    }

    async fn finish(&self, end: AttemptEnd) -> Result<RowState, JournalError> {
        let AttemptEnd { row, outcome, .. } = end;
        self.sending
            .lock()
            .unwrap()
            .retain(|sending| *sending != row);
        self.states.lock().unwrap().insert(row, outcome.row.clone());
        Ok(outcome.row)
    }

    async fn postpone(
        &self,
        row: RowKey,
        outcome: AttemptOutcome,
        _: Timestamp,
    ) -> Result<(), JournalError> {
        self.states.lock().unwrap().insert(row, outcome.row);
        Ok(())
    }

    async fn interrupt(
        &self,
        row: Option<RowKey>,
        _text: &'static str,
        _at: Timestamp,
    ) -> Result<u64, JournalError> {
        let mut sending = self.sending.lock().unwrap();
        let gone: Vec<RowKey> = sending
            .iter()
            .copied()
            .filter(|key| row.is_none_or(|row| row == *key))
            .collect();
        sending.retain(|key| !gone.contains(key));
        let mut states = self.states.lock().unwrap();
        states.extend(gone.iter().map(|key| (*key, RowState::Uncertain)));
        Ok(gone.len() as u64)
    }

    async fn claim_uncertain(
        &self,
        limit: usize,
    ) -> Result<Vec<Result<UncertainJob, InvalidRow>>, JournalError> {
        let mut found = self.uncertain.lock().unwrap();
        let limit = limit.min(found.len());
        let jobs: Vec<Job> = found.drain(..limit).collect();
        let mut states = self.states.lock().unwrap();
        states.extend(jobs.iter().map(|job| (job.key, RowState::Uncertain)));
        let presence = match self.is_manifest_replaced {
            true => ManifestPresence::Gone,
            false => ManifestPresence::Wanted,
        };
        let is_reported = self.is_reported;
        if is_reported {
            self.claimed.lock().unwrap().extend(jobs.iter().cloned());
        }
        let found = jobs.into_iter().map(|job| {
            Ok(UncertainJob {
                job,
                presence: presence.clone(),
                is_reported,
            })
        });
        Ok(found.collect())
    }

    async fn send_history(&self, _row: RowKey) -> Result<SendHistory, JournalError> {
        Ok(SendHistory {
            first_sent_at: Some(Timestamp::UNIX_EPOCH),
            attempt: None,
            ended_after: None,
            is_shared: self.is_shared,
        })
    }

    async fn owned_by_others(
        &self,
        row: RowKey,
        sessions: Vec<SessionId>,
    ) -> Result<Vec<SessionId>, JournalError> {
        let states = self.states.lock().unwrap();
        let is_owned = |id: &SessionId| {
            let owner =
                |(key, state): (&RowKey, &RowState)| *key != row && *state == RowState::Copied(*id);
            states.iter().any(owner)
        };
        Ok(sessions.into_iter().filter(is_owned).collect())
    }

    async fn known_copies(
        &self,
        _source: SessionId,
        _trace: SendHistory,
    ) -> Result<Vec<KnownCopy>, JournalError> {
        let states = self.states.lock().unwrap();
        let mut copied: Vec<KnownCopy> = states
            .iter()
            .filter_map(|(key, state)| match state {
                RowState::Copied(session) => Some(KnownCopy {
                    transaction_id: TransactionId::parse(&format!("t{}", key.0)).unwrap(),
                    session: *session,
                }),
                _ => None,
            })
            .collect();
        copied.truncate(3);
        Ok(copied)
    }

    async fn is_proven(&self, _username: String, _: SessionId) -> Result<bool, JournalError> {
        Ok(*self.is_proven.lock().unwrap())
    }

    async fn prove(
        &self,
        _username: String,
        _source: SessionId,
        _copy: SessionId,
        _at: Timestamp,
    ) -> Result<(), JournalError> {
        *self.is_proven.lock().unwrap() = true;
        Ok(())
    }

    async fn settle(
        &self,
        row: RowKey,
        settled: Settlement,
        _at: Timestamp,
    ) -> Result<RowState, JournalError> {
        let mut states = self.states.lock().unwrap();
        let before = states.insert(row, settled.row.clone());
        assert_eq!(
            before,
            Some(RowState::Uncertain),
            "only uncertain rows are settled"
        );
        Ok(settled.row)
    }

    async fn confirm_absent(&self, row: RowKey, _at: Timestamp) -> Result<(), JournalError> {
        let pending = RowState::Pending(ErrorClass::Refused);
        let before = self.states.lock().unwrap().insert(row, pending);
        assert_eq!(before, Some(RowState::Uncertain));
        let claimed = self.claimed.lock().unwrap();
        let job = claimed.iter().find(|job| job.key == row).unwrap();
        self.pending.lock().unwrap().push_back(job.clone());
        Ok(())
    }
}
