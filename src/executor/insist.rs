//! Reads outside of a run: each is tried a few times.

use std::sync::Arc;
use std::time::Duration;

use super::health::{Health, MaxFailures};
use super::link::Link;
use super::{Credentials, LinkSettings, StopSwitch, Transport};
use crate::request::Unread;

/// Waits before each try.
const TRIES: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(4),
];

/// A way to the service that nobody watches.
pub(super) fn link<T: Transport>(
    transport: T,
    credentials: Credentials,
    settings: &LinkSettings,
) -> Link<T> {
    let (health, stop) = (Health::new(MaxFailures::None, None), StopSwitch::default());
    let observer = Arc::new(|_| {});
    Link::new(transport, credentials, settings, health, stop, observer)
}

/// Reads until there is an answer, if only a no, or the tries are used up.
///
/// # Errors
/// The words of the last try.
pub(super) async fn insist<T: Transport, R>(
    link: &Link<T>,
    read: impl AsyncFn() -> Result<R, Unread>,
) -> Result<R, String> {
    let mut last = String::new();
    for wait in TRIES {
        tokio::time::sleep(wait).await;
        let Some(read) = link.contact.unless_stopped(read()).await else {
            break;
        };
        match read {
            Ok(value) => {
                link.contact.health.connected();
                return Ok(value);
            }
            Err(unread) => {
                let is_no = matches!(unread, Unread::Refused(_));
                last = link.unread(&unread);
                if is_no {
                    break;
                }
            }
        }
    }
    Err(last)
}
