//! A job as an HTTP request, an HTTP answer as a verdict. Pure: nothing here sends or waits.
//!
//! What the service's documents leave open stands in [`assumptions`] and nowhere else.

pub mod assumptions;

mod answer;
mod build;
mod classify;
mod exchange;
mod read;
mod remote_session;
mod retry_after;
mod unique_members;

pub use build::{copy_body, copy_session, read_session, session_token, sessions_of_transaction};
pub use classify::{TokenVerdict, Verdict, classify_copy, classify_token, is_null};
pub use exchange::{Answer, Body, CONNECTION_LOST, Exchange, Failure, HttpRequest, Operation};
pub use read::{Page, ReadError, classify_page, classify_session};
pub use remote_session::{RemoteSession, RemoteSigner};
pub use retry_after::{RetryAfter, retry_after};
