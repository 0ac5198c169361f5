//! The last requests and the last invites, for people and tests to look at.

use std::collections::VecDeque;
use std::time::Instant;

use serde::Serialize;

use super::faults::fault::Fault;
use super::guid::Guid;

/// How many entries are kept.
const KEPT: usize = 1000;

/// A bounded log whose entries are numbered from 1.
pub(super) struct Log<T> {
    entries: VecDeque<T>,
    count: u64,
}

/// One request.
pub(super) struct Entry {
    pub(super) at: Instant,
    pub(super) method: hyper::Method,
    pub(super) path: String,
    /// `None`: no answer yet, or the connection was closed without one.
    pub(super) status: Option<u16>,
    pub(super) fault: Option<Fault>,
}

/// One invite that would have left.
#[derive(Clone, Serialize)]
pub(super) struct Mail {
    pub(super) session_id: Guid,
    pub(super) email: String,
}

impl<T> Log<T> {
    pub(super) fn new() -> Self {
        Self {
            entries: VecDeque::with_capacity(KEPT),
            count: 0,
        }
    }

    /// Appends an entry and gives its number.
    pub(super) fn push(&mut self, entry: T) -> u64 {
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.count += 1;
        self.count
    }

    /// The entry of that number, while it is kept.
    pub(super) fn entry(&mut self, number: u64) -> Option<&mut T> {
        let oldest = self.oldest();
        self.entries
            .get_mut(usize::try_from(number.checked_sub(oldest)?).ok()?)
    }

    /// The entries with their numbers, those above `after`.
    pub(super) fn after(&self, after: u64) -> impl Iterator<Item = (u64, &T)> {
        (self.oldest()..)
            .zip(&self.entries)
            .filter(move |(number, _)| *number > after)
    }

    /// How many there have been.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    fn oldest(&self) -> u64 {
        self.count + 1 - self.entries.len() as u64
    }
}

#[derive(Serialize)]
struct ShownRequest<'a> {
    number: u64,
    method: &'a str,
    path: &'a str,
    /// Milliseconds since the sandbox started.
    at_ms: u64,
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

/// The requests above `after` as JSON.
pub(super) fn show_requests(log: &Log<Entry>, after: u64, started: Instant) -> Vec<u8> {
    let shown = log.after(after).map(|(number, entry)| ShownRequest {
        number,
        method: entry.method.as_str(),
        path: &entry.path,
        at_ms: u64::try_from((entry.at - started).as_millis()).unwrap_or(u64::MAX),
        status: entry.status,
        fault: entry.fault.map(|fault| fault.to_string()),
    });
    let shown: Vec<_> = shown.collect();
    let all = serde_json::json!({ "last": log.count(), "requests": shown });
    all.to_string().into_bytes()
}

/// The last invites as JSON.
pub(super) fn show_mails(log: &Log<Mail>) -> Vec<u8> {
    let mails: Vec<_> = log.after(0).map(|(_, mail)| mail).collect();
    serde_json::json!({ "count": log.count(), "mails": mails })
        .to_string()
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_forgets_its_oldest_entries() {
        let mut log = Log::new();
        let numbers: Vec<_> = (0..1500).map(|value| log.push(value)).collect();
        assert_eq!((numbers[0], log.count()), (1, 1500));
        assert_eq!(log.entry(1500), Some(&mut 1499));
        assert_eq!(log.entry(500), None);
        assert_eq!(
            log.after(1498).collect::<Vec<_>>(),
            [(1499, &1498), (1500, &1499)]
        );
    }
}
