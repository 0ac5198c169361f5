//! A reply as hyper takes it: whole, cut off in the middle, or a connection closed.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Response;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};

use super::answer::Answer;
use super::spoil::Reply;

/// How long the first half may take to reach the wire before the connection closes.
const HALF_PAUSE: Duration = Duration::from_millis(20);

/// Closes the connection: hyper writes nothing of an answer whose service fails.
#[derive(Debug)]
pub(in crate::sandbox) struct Hangup;

impl fmt::Display for Hangup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the sandbox closed the connection on purpose")
    }
}

impl std::error::Error for Hangup {}

/// A body: some bytes, and whether the connection breaks behind them.
pub(in crate::sandbox) struct Payload {
    bytes: Option<Bytes>,
    /// The length the head announces.
    announced: u64,
    breaks: Option<Pin<Box<tokio::time::Sleep>>>,
}

/// Turns a reply into hyper's terms.
pub(in crate::sandbox) fn respond(reply: Reply) -> Result<Response<Payload>, Hangup> {
    match reply {
        Reply::Hangup => Err(Hangup),
        Reply::Whole(answer) => response(answer, false),
        Reply::Half(answer) => response(answer, true),
    }
}

fn response(answer: Answer, half: bool) -> Result<Response<Payload>, Hangup> {
    let announced = answer.body.len() as u64;
    let mut bytes = Bytes::from(answer.body);
    if half {
        bytes.truncate(bytes.len() / 2);
    }
    let breaks = half.then(|| Box::pin(tokio::time::sleep(HALF_PAUSE)));
    let mut response = Response::new(Payload {
        bytes: Some(bytes),
        announced,
        breaks,
    });
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).map_err(|_| Hangup)?;
    let headers = response.headers_mut();
    if let Some(content_type) = answer.content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in answer.headers {
        let name = if name == "location" {
            LOCATION
        } else {
            RETRY_AFTER
        };
        headers.insert(name, HeaderValue::try_from(value).map_err(|_| Hangup)?);
    }
    Ok(response)
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Hangup;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Hangup>>> {
        if let Some(bytes) = self.bytes.take()
            && !bytes.is_empty()
        {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let Some(breaks) = &mut self.breaks else {
            return Poll::Ready(None);
        };
        // Failing at once, hyper would drop the half it has not flushed yet.
        match breaks.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => Poll::Ready(Some(Err(Hangup))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.announced == 0 && self.breaks.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
