//! The queue of uncertain rows, and when each is looked up.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::uncertain_row::{MAX_LATE_LOOK_UPS, UncertainRow};
use crate::executor::RowKey;
use crate::job::SessionId;

/// Look-ups come so long after the attempt's end, then every [`EVERY`].
const FIRST: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
];
/// See [`FIRST`].
const EVERY: Duration = Duration::from_secs(15);
/// At most so many rows wait for a proof; what is beyond stays uncertain for this run.
const MAX_AWAITING_PROOF: usize = 1024;

/// The queue of uncertain rows. A row in it holds no slot.
#[derive(Debug, Default)]
pub(in crate::executor) struct Queue {
    due: BTreeMap<(Instant, RowKey), UncertainRow>,
    /// Absent as far as can be seen, but nothing proves that look-ups see such rows.
    awaiting_proof: Vec<(Instant, UncertainRow)>,
}

impl Queue {
    /// Puts a row in, to be looked up at the next time of the schedule.
    pub(in crate::executor) fn push(&mut self, row: UncertainRow) {
        let due = next_look_up(row.since, Instant::now());
        self.due.insert((due, row.job.key), row);
    }

    /// Puts a row aside until there is something that could prove its absence.
    pub(in crate::executor) fn await_proof(&mut self, mut row: UncertainRow) {
        row.late_look_ups += 1;
        self.awaiting_proof.push((Instant::now(), row));
    }

    /// A copy of `source` was made, which look-ups should find: rows that wait for such a proof
    /// are looked up once more, at first soon.
    pub(in crate::executor) fn proof_may_exist(&mut self, source: SessionId) {
        let now = Instant::now();
        let is_of_source = |(_, row): &mut (Instant, UncertainRow)| {
            row.job.request.source == source && row.late_look_ups < MAX_LATE_LOOK_UPS
        };
        for (since, row) in self.awaiting_proof.extract_if(.., is_of_source) {
            let soon = now + FIRST[0];
            let due = if row.late_look_ups > 1 {
                soon.max(since + EVERY)
            } else {
                soon
            };
            self.due.insert((due, row.job.key), row);
        }
    }

    /// When the next look-up is due.
    pub(in crate::executor) fn next_due(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((due, _), _)| *due)
    }

    /// A row whose look-up is due.
    pub(in crate::executor) fn take_due(&mut self) -> Option<UncertainRow> {
        let first = self.due.first_entry()?;
        (first.key().0 <= Instant::now()).then(|| first.remove())
    }

    /// The rows that nothing more can be found out about in this run.
    pub(in crate::executor) fn take_awaiting_proof(&mut self) -> Vec<UncertainRow> {
        let awaiting_proof = std::mem::take(&mut self.awaiting_proof).into_iter();
        awaiting_proof.map(|(_, row)| row).collect()
    }

    /// How many rows of this run wait for a proof.
    pub(in crate::executor) fn awaiting_proof_of_this_run(&self) -> u64 {
        let awaiting_proof = self.awaiting_proof.iter().filter(|(_, row)| row.is_ours);
        awaiting_proof.count() as u64
    }

    /// How many rows wait for a look-up.
    pub(in crate::executor) fn len(&self) -> usize {
        self.due.len()
    }

    /// Whether no row waits for anything.
    pub(in crate::executor) fn is_empty(&self) -> bool {
        self.due.is_empty() && self.awaiting_proof.is_empty()
    }

    /// Whether no more rows should wait for a proof, so that memory stays bounded.
    pub(in crate::executor) fn is_full(&self) -> bool {
        self.awaiting_proof.len() >= MAX_AWAITING_PROOF
    }
}

/// The next time of the schedule after `now`, for what began at `since`.
pub(in crate::executor) fn next_look_up(since: Instant, now: Instant) -> Instant {
    let later = (2..).map(|number| EVERY * number);
    let mut times = FIRST.into_iter().chain(later).map(|delay| since + delay);
    times
        .find(|time| *time > now)
        .expect("there is no last one")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::{Job, ManifestPresence, UncertainJob};
    use crate::job::{Column, CopyRequest, Fields, RowId, TransactionId};

    const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";
    const OTHER: &str = "3f0c6c1e-0000-4000-8000-000000000002";

    fn row(number: i64, source: &str) -> UncertainRow {
        let mut fields = Fields::default();
        fields.set(Column::SourceSessionId, source);
        let job = Job {
            key: RowKey(number),
            row_id: RowId::parse(&number.to_string()).unwrap(),
            name: format!("row {number}"),
            request: CopyRequest::from_fields(&fields).unwrap(),
            transaction_id: TransactionId::parse("t").unwrap(),
        };
        let presence = ManifestPresence::Wanted;
        UncertainRow::of_earlier_run(UncertainJob {
            job,
            presence,
            is_reported: false,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn copies_of_its_source_bring_a_parked_row_back_three_times() {
        let mut queue = Queue::default();
        queue.await_proof(row(1, SOURCE));
        queue.await_proof(row(2, OTHER));
        let mut waits = Vec::new();
        for _ in 0..3 {
            queue.proof_may_exist(SessionId::parse(SOURCE).unwrap());
            assert!(queue.take_due().is_none());
            assert_eq!(queue.len(), 1);
            let due = queue.next_due().unwrap();
            waits.push((due - Instant::now()).as_secs());
            tokio::time::sleep_until(due).await;
            let back = queue.take_due().unwrap();
            assert_eq!(back.job.key, RowKey(1));
            assert_eq!((queue.len(), queue.next_due()), (0, None));
            assert!(!queue.is_empty());
            queue.await_proof(back);
        }
        assert_eq!(waits, [1, 15, 15]);
        queue.proof_may_exist(SessionId::parse(SOURCE).unwrap());
        assert_eq!(queue.next_due(), None);
        assert_eq!(queue.take_awaiting_proof().len(), 2);
        assert!(queue.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn look_ups_come_after_1_2_5_and_15_seconds_then_every_15() {
        let since = Instant::now();
        let mut now = since;
        let mut seconds = Vec::new();
        for _ in 0..7 {
            now = next_look_up(since, now);
            seconds.push((now - since).as_secs());
        }
        assert_eq!(seconds, [1, 2, 5, 15, 30, 45, 60]);
        let late = since + Duration::from_millis(31_500);
        assert_eq!((next_look_up(since, late) - since).as_secs(), 45);
    }
}
