//! What the sandbox has counted: the oracle of tests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Counts since the start. `GET /sandbox/stats` shows the same as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Requests received, by the method's name in the service's documents. A request counts once
    /// its head has arrived; paths and methods that don't exist count as `refused`.
    pub requests: BTreeMap<String, u64>,
    /// Readable copy requests received, whatever became of them: a rejected token and a dropped
    /// connection count too.
    pub copies_received: u64,
    /// Copies made since the start.
    pub copies_committed: u64,
    /// Invites that would have left.
    pub mails: u64,
    /// Faults committed, by name (with their parameter).
    pub faults: BTreeMap<String, u64>,
    /// Per transaction id as the request named it; without one: the empty text.
    pub transactions: BTreeMap<String, TransactionStats>,
}

/// What happened under one transaction id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionStats {
    /// Copy requests received since the start.
    pub received: u32,
    /// Copies that exist for them, those of earlier starts and deleted ones included.
    pub committed: u32,
    /// Their ids, in the order of their commits.
    pub session_ids: Vec<Uuid>,
}
