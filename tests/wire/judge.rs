//! The server's truth beside the report and the ledger.

use std::collections::{BTreeMap, BTreeSet};

use crate::job::Job;
use crate::truth::Truth;

/// What a comparison counted, for the eye and for further assertions.
#[derive(Debug, Default)]
pub struct Figures {
    pub rows: u64,
    pub statuses: BTreeMap<String, u64>,
    pub classes: BTreeMap<String, u64>,
    pub begun: u64,
    pub committed: u64,
}

impl Figures {
    /// Attempts that may have left.
    pub fn may_have_left(&self) -> u64 {
        let of = |class: &str| self.classes.get(class).copied().unwrap_or(0);
        self.classes.values().sum::<u64>() - of("not_sent")
    }

    pub fn status(&self, name: &str) -> u64 {
        self.statuses.get(name).copied().unwrap_or(0)
    }

    pub fn class(&self, name: &str) -> u64 {
        self.classes.get(name).copied().unwrap_or(0)
    }
}

/// Holds the promise against what the server knows. Everything in here must hold whatever the
/// server did.
#[track_caller]
pub fn judge(name: &str, job: &Job, truth: &Truth) -> Figures {
    let lines = job.report();
    let attempts = job.attempts();
    let mut figures = Figures {
        rows: lines.len() as u64,
        statuses: job.statuses(),
        begun: truth.begun,
        committed: truth.committed(),
        ..Figures::default()
    };
    let mut may_be_copied: BTreeMap<&str, usize> = BTreeMap::new();
    for attempt in &attempts {
        *figures.classes.entry(attempt.class.clone()).or_default() += 1;
        if ["copied", "unknown"].contains(&attempt.class.as_str()) {
            *may_be_copied.entry(&attempt.transaction_id).or_default() += 1;
        }
    }
    for (transaction_id, ids) in &truth.commits {
        assert_eq!(ids.len(), 1, "{name}: {transaction_id} was copied twice");
        let admitted = may_be_copied.get(transaction_id.as_str());
        assert!(
            admitted.is_some_and(|count| *count >= ids.len()),
            "{name}: {transaction_id} was committed, and the ledger says not sent or refused: \
             {attempts:?}"
        );
    }
    assert!(
        truth.begun <= figures.may_have_left(),
        "{name}: the server saw {} requests, the ledger {} attempts",
        truth.begun,
        figures.may_have_left()
    );
    assert_eq!(
        figures.statuses.values().sum::<u64>(),
        figures.rows,
        "{name}"
    );
    let known = BTreeSet::from(["copied", "failed", "uncertain", "pending"]);
    for line in &lines {
        let (id, status) = (&line["transaction_id"], line["status"].as_str());
        assert!(known.contains(status), "{name}: {line:?}");
        let is_whole = truth.whole.contains_key(id);
        if status == "copied" {
            assert!(is_whole, "{name}: copied by half an answer: {line:?}");
            assert_eq!(line["new_session_id"], truth.commits[id][0], "{name}");
        } else if truth.commits.contains_key(id) {
            assert_eq!(status, "uncertain", "{name}: a copy was lost: {line:?}");
        }
    }
    println!(
        "{name}: {} rows {:?}, {} requests at the server, {} committed, attempts {:?}; \
         false not sent 0",
        figures.rows, figures.statuses, figures.begun, figures.committed, figures.classes
    );
    figures
}

/// Where nothing strays between server and client: each good answer is a copied row.
#[track_caller]
pub fn judge_exactly(name: &str, job: &Job, truth: &Truth) -> Figures {
    let figures = judge(name, job, truth);
    assert_eq!(figures.status("copied"), truth.whole.len() as u64, "{name}");
    assert_eq!(figures.begun, figures.may_have_left(), "{name}");
    figures
}
