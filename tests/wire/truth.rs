//! What the server knows: the other side of every comparison.

use std::collections::BTreeMap;
use std::time::Instant;

/// What came to the server and what it did.
#[derive(Debug, Default, Clone)]
pub struct Truth {
    /// Connections accepted.
    pub connections: u64,
    /// Copy requests of which at least one byte arrived.
    pub begun: u64,
    /// Copy requests read to their last byte.
    pub read: u64,
    /// Session ids that were made, for each transaction id.
    pub commits: BTreeMap<String, Vec<String>>,
    /// The session id of each good answer whose last byte was handed to the network.
    pub whole: BTreeMap<String, String>,
    /// When each request was read.
    pub read_at: Vec<Instant>,
    /// The bodies of the requests read, in their order.
    pub bodies: Vec<String>,
    /// The bodies of those that were committed, in their order.
    pub committed_bodies: Vec<String>,
}

impl Truth {
    /// Makes a session, and returns its id.
    pub fn commit(&mut self, transaction_id: &str, body: &str) -> String {
        let number = self.committed() + 1;
        let id = format!("{number:08x}-0000-4000-8000-{number:012x}");
        let ids = self.commits.entry(transaction_id.to_owned()).or_default();
        ids.push(id.clone());
        self.committed_bodies.push(body.to_owned());
        id
    }

    /// How many sessions were made.
    pub fn committed(&self) -> u64 {
        self.commits.values().map(|ids| ids.len() as u64).sum()
    }
}

/// The transaction id in a copy request's body.
pub fn transaction_id(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).expect("a copy request is JSON");
    let id = &body["session"]["SessionInfo"]["TransactionId"];
    id.as_str().expect("it has a transaction id").to_owned()
}

/// The e-mail of the first signer in a copy request's body.
pub fn email(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).expect("a copy request is JSON");
    let email = &body["session"]["Signers"][0]["EmailAddress"];
    email.as_str().expect("it has a signer").to_owned()
}
