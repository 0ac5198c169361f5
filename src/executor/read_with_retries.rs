//! Reads outside of a run: each is tried a few times.

use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};

use super::health::{Health, MaxFailures};
use super::service_client::ServiceClient;
use super::{ClientSettings, Credentials, Stop, StopSwitch, Transport};
use crate::request::ReadError;

/// Waits before each try.
const TRIES: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(4),
];

/// A client outside of a run: nothing watches how it goes.
pub(super) fn standalone_client<T: Transport>(
    transport: T,
    credentials: Credentials,
    settings: &ClientSettings,
) -> ServiceClient<T> {
    let (health, stop) = (Health::new(MaxFailures::None, None), StopSwitch::default());
    let observer = Arc::new(|_| {});
    ServiceClient::new(transport, credentials, settings, health, stop, observer)
}

/// Makes reads, so many at once, and gives to `take` what each brought.
///
/// # Errors
/// What stopped them before their end.
pub(super) async fn take_all<T: Transport, R>(
    service: &ServiceClient<T>,
    concurrency: usize,
    reads: impl Stream<Item = impl Future<Output = R>>,
    mut take: impl FnMut(R),
) -> Result<(), Stop> {
    let mut reads = std::pin::pin!(reads.buffer_unordered(concurrency));
    while let Some(read) = reads.next().await {
        match service.control.switch.reason() {
            Some(stop) => return Err(stop),
            None => take(read),
        }
    }
    Ok(())
}

/// Reads until there is an answer, if only a no, or the tries are used up.
///
/// # Errors
/// The words of the last try.
pub(super) async fn read_with_retries<T: Transport, R>(
    service: &ServiceClient<T>,
    read: impl AsyncFn() -> Result<R, ReadError>,
) -> Result<R, String> {
    let mut last = String::new();
    for wait in TRIES {
        tokio::time::sleep(wait).await;
        let Some(read) = service.control.unless_stopped(read()).await else {
            break;
        };
        match read {
            Ok(value) => {
                service.control.health.record_answer();
                return Ok(value);
            }
            Err(error) => {
                let is_no = matches!(error, ReadError::Refused(_));
                last = service.note_read_error(&error);
                if is_no {
                    break;
                }
            }
        }
    }
    Err(last)
}
