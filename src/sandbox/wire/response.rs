//! A reply as hyper takes it: whole, cut off in the middle, or a connection closed.

use std::time::Duration;

use futures::stream::{StreamExt, iter, once};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::Response;
use hyper::body::{Bytes, Frame};
use hyper::header::CONTENT_LENGTH;

use super::fault_effects::Reply;

/// How long the first half may take to reach the wire before the connection closes.
const HALF_PAUSE: Duration = Duration::from_millis(20);

/// Closes the connection: hyper writes nothing of an answer whose service fails.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox closed the connection on purpose")]
pub struct Hangup;

/// A body: some bytes, and perhaps an error that breaks the connection behind them.
pub type Payload = UnsyncBoxBody<Bytes, Hangup>;

/// Turns a reply into hyper's terms.
pub fn respond(reply: Reply) -> Result<Response<Payload>, Hangup> {
    match reply {
        Reply::Hangup => Err(Hangup),
        Reply::Whole(answer) => Ok(answer.map(|body| {
            let body = Full::from(body).map_err(|never| match never {});
            body.boxed_unsync()
        })),
        Reply::Half(mut answer) => {
            let announced = answer.body().len().into();
            answer.headers_mut().insert(CONTENT_LENGTH, announced);
            Ok(answer.map(half))
        }
    }
}

fn half(mut body: Vec<u8>) -> Payload {
    body.truncate(body.len() / 2);
    let half = iter([Ok(Frame::data(Bytes::from(body)))]);
    // Failing at once, hyper would drop the half it has not flushed yet.
    let breaks = once(async {
        tokio::time::sleep(HALF_PAUSE).await;
        Err(Hangup)
    });
    StreamBody::new(half.chain(breaks)).boxed_unsync()
}
