//! The last requests and the last invites, for people and tests to look at.

use std::collections::VecDeque;

use serde::Serialize;
use uuid::Uuid;

/// How many entries are kept.
const KEPT: usize = 1000;

/// A bounded log whose entries are numbered from 1.
pub(super) struct Log<T> {
    entries: VecDeque<T>,
    count: u64,
}

/// One request.
#[derive(Serialize)]
pub(super) struct LoggedRequest {
    pub(super) number: u64,
    pub(super) method: String,
    pub(super) path: String,
    /// Milliseconds since the sandbox started.
    pub(super) at_ms: u64,
    /// `None`: no answer yet, or the connection was closed without one.
    pub(super) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
}

/// One invite that would have left.
#[derive(Serialize)]
pub(super) struct Mail {
    pub(super) session_id: Uuid,
    pub(super) email: String,
}

impl<T> Log<T> {
    pub(super) fn new() -> Self {
        Self {
            entries: VecDeque::with_capacity(KEPT),
            count: 0,
        }
    }

    /// Appends an entry that is made with its number, and gives the number.
    pub(super) fn push(&mut self, entry: impl FnOnce(u64) -> T) -> u64 {
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.count += 1;
        self.entries.push_back(entry(self.count));
        self.count
    }

    /// The entry of that number, while it is kept.
    pub(super) fn entry(&mut self, number: u64) -> Option<&mut T> {
        let place = number.checked_sub(self.oldest())?;
        self.entries.get_mut(usize::try_from(place).ok()?)
    }

    /// The entries behind that number.
    pub(super) fn after(&self, number: u64) -> Vec<&T> {
        let known = (number + 1).saturating_sub(self.oldest());
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        self.entries.iter().skip(known).collect()
    }

    /// How many there have been.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    fn oldest(&self) -> u64 {
        self.count + 1 - self.entries.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_forgets_its_oldest_entries() {
        let mut log = Log::new();
        let numbers: Vec<_> = (0..1500).map(|_| log.push(|number| number)).collect();
        assert_eq!((numbers[0], log.count()), (1, 1500));
        assert_eq!(log.entry(1500), Some(&mut 1500));
        assert_eq!(log.entry(500), None);
        assert_eq!(log.after(1498), [&1499, &1500]);
        assert_eq!(log.after(0).len(), KEPT);
    }
}
