//! How many requests a run makes, counted where they are sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::executor::Transport;
use crate::request::{Exchange, HttpRequest, Operation};

/// How many requests of each kind a run has made.
#[derive(Debug, Clone, Default)]
pub struct RequestCounts(Arc<[AtomicU64; Operation::ALL.len()]>);

impl RequestCounts {
    /// The count of one kind.
    pub fn of(&self, operation: Operation) -> u64 {
        self.0[operation as usize].load(Ordering::Relaxed)
    }
}

/// A transport whose requests are counted.
#[derive(Debug, Clone)]
pub struct CountingTransport<T> {
    inner: T,
    requests: RequestCounts,
}

impl<T> CountingTransport<T> {
    /// Counts what goes through `inner`.
    pub fn new(inner: T, requests: RequestCounts) -> Self {
        Self { inner, requests }
    }
}

impl<T: Transport> Transport for CountingTransport<T> {
    async fn send(&self, request: HttpRequest) -> Exchange {
        self.requests.0[request.operation as usize].fetch_add(1, Ordering::Relaxed);
        self.inner.send(request).await
    }
}
