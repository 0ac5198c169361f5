//! What an error of the HTTP client proves about its request.

use std::error::Error;

use crate::request::{CONNECTION_LOST, Failure};

/// Sorts an error by what it proves. Three things prove that no byte left: the request could
/// not be built, no connection was made, or hyper gave the request up before writing it.
/// Everything else proves nothing, and messages are never looked at.
pub(super) fn of(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let text = told(&error);
    if error.is_connect() {
        return match has_bad_certificate(&error) {
            true => Failure::NotTrusted(text),
            false => Failure::NotConnected(text),
        };
    }
    if error.is_builder() || was_canceled(&error) {
        return Failure::NeverWritten(text);
    }
    if error.is_timeout() {
        return Failure::Unknown("no answer in time".into());
    }
    if has_lost_connection(&error) {
        return Failure::Unknown(CONNECTION_LOST.into());
    }
    Failure::Unknown(text)
}

/// Whether the other side closed the connection. It only changes the words.
fn has_lost_connection(error: &dyn Error) -> bool {
    let mut next = error.source();
    while let Some(error) = next {
        let is_cut = error
            .downcast_ref()
            .is_some_and(hyper::Error::is_incomplete_message);
        let is_reset = error.downcast_ref().is_some_and(|error: &std::io::Error| {
            use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
            matches!(
                error.kind(),
                BrokenPipe | ConnectionAborted | ConnectionReset
            )
        });
        if is_cut || is_reset {
            return true;
        }
        next = error.source();
    }
    false
}

/// Whether hyper took the request back out of its queue. If reqwest ever uses another hyper
/// than ours, the downcast fails and the outcome is unknown: the safe side.
fn was_canceled(error: &dyn Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if error
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_canceled)
        {
            return true;
        }
        source = error.source();
    }
    false
}

/// Whether the connection failed for the certificate that the other side showed. If reqwest ever
/// uses another rustls than ours, it is a failed connection like any other.
fn has_bad_certificate(error: &dyn Error) -> bool {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return true;
        }
        // An I/O error names as its source that of the error within it.
        let within = error.downcast_ref().and_then(std::io::Error::get_ref);
        next = match within {
            Some(within) => Some(within),
            None => error.source(),
        };
    }
    false
}

/// The innermost cause in words, which says what happened rather than what failed because of it.
pub(super) fn told(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::Client;
    use tokio::net::TcpListener;

    use super::*;

    async fn failure(url: &str) -> Failure {
        // What a client needs that no transport has made before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().http1_only();
        let client = client.timeout(Duration::from_millis(500)).build().unwrap();
        of(client.post(url).body("a copy").send().await.unwrap_err())
    }

    #[tokio::test]
    async fn only_what_never_left_is_told_as_not_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        // Read, and then closed without an answer: the copy may be made.
        let closing = async {
            let (stream, _) = listener.accept().await.unwrap();
            while stream.try_read(&mut [0; 1024]).is_err() {
                stream.readable().await.unwrap();
            }
        };
        let (closed, ()) = tokio::join!(failure(&url), closing);
        let Failure::Unknown(text) = closed else {
            panic!("{closed:?}");
        };
        assert!(!text.is_empty() && !text.contains("127.0.0.1"), "{text}");
        // Accepted by the listener's queue, and never answered.
        let late = Failure::Unknown("no answer in time".into());
        assert_eq!(failure(&url).await, late);
        drop(listener);
        let gone = failure(&url).await;
        assert!(matches!(gone, Failure::NotConnected(_)), "{gone:?}");
        let unbuilt = failure("no url").await;
        assert!(matches!(unbuilt, Failure::NeverWritten(_)), "{unbuilt:?}");
    }
}
