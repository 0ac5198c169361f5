//! How many rows stand at each status.

use std::fmt;
use std::ops::AddAssign;

use super::Status;
use crate::support::counted;

/// Rows by status. Its `Display` is one line: `40 rows: 37 copied, 2 failed, 1 uncertain, 0 pending`, and
/// how many of the failed ones are excluded, if any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Rows that are copied.
    pub copied: u64,
    /// Rows that failed.
    pub failed: u64,
    /// Rows that are uncertain, with those that the manifest no longer has.
    pub uncertain: u64,
    /// Rows that are pending.
    pub pending: u64,
    /// How many of the uncertain ones the manifest no longer has: `run` does not look them up.
    pub uncertain_gone: u64,
    /// How many of the failed ones are excluded: nobody is to correct them.
    pub excluded: u64,
}

impl RowCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.copied + self.failed + self.uncertain + self.pending
    }

    /// The failed rows that somebody is to correct.
    pub fn to_correct(&self) -> u64 {
        self.failed - self.excluded
    }

    /// Whether each row is copied or excluded.
    pub fn are_done(&self) -> bool {
        self.copied + self.excluded == self.total()
    }

    /// The count of one status.
    pub fn of(mut self, status: Status) -> u64 {
        *self.of_mut(status)
    }

    /// The count of one status, to be changed.
    pub fn of_mut(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Copied => &mut self.copied,
            Status::Failed => &mut self.failed,
            Status::Uncertain => &mut self.uncertain,
            Status::Pending => &mut self.pending,
        }
    }
}

impl AddAssign for RowCounts {
    fn add_assign(&mut self, other: Self) {
        for status in Status::ALL {
            *self.of_mut(status) += other.of(status);
        }
        self.uncertain_gone += other.uncertain_gone;
        self.excluded += other.excluded;
    }
}

impl fmt::Display for RowCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = Status::ALL.map(|status| format!("{} {status}", self.of(status)));
        write!(f, "{}: {}", counted(self.total(), "row"), counts.join(", "))?;
        match self.excluded {
            0 => Ok(()),
            1 => write!(f, " (1 of the failed rows is excluded)"),
            excluded => write!(f, " ({excluded} of the failed rows are excluded)"),
        }
    }
}
