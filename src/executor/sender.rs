//! The one way out: every request waits here for the run's pause and for its slot.

use std::sync::Arc;

use super::limiter::Priority;
use super::run_control::RunControl;
use super::{Limiter, Transport};
use crate::request::{Exchange, HttpRequest};

/// The one way out: pause, limiter and transport.
#[derive(Clone)]
pub(super) struct Sender<T> {
    transport: T,
    limiter: Arc<Limiter>,
    control: Arc<RunControl>,
}

impl<T: Transport> Sender<T> {
    pub(super) fn new(transport: T, limiter: Limiter, control: &Arc<RunControl>) -> Self {
        Self {
            transport,
            limiter: Arc::new(limiter),
            control: Arc::clone(control),
        }
    }

    /// Waits for a slot while no pause is on.
    pub(super) async fn slot(&self, priority: Priority) {
        loop {
            self.control.pause.wait().await;
            if self.slot_unless_paused(priority).await {
                return;
            }
        }
    }

    /// Waits for a slot. It is lost if a pause began meanwhile.
    pub(super) async fn slot_unless_paused(&self, priority: Priority) -> bool {
        self.limiter.slot(priority).await;
        self.control.pause.deadline().is_none()
    }

    /// Sends a request that has its slot.
    pub(super) async fn send(&self, request: HttpRequest) -> Exchange {
        self.limiter.wire().await;
        self.transport.send(request).await
    }
}
