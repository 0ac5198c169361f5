//! A request to the service, and what came of sending it.

use std::fmt;

use secrecy::SecretString;

use super::assumptions::ANSWER_LIMIT_BYTES;

/// What is asked of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// GetToken.
    Token,
    /// CopySigningSession: never repeated without proof, because it has no idempotency key.
    Copy,
    /// GetSessionsLiteByTransactionId.
    LookUp,
    /// GetSession.
    Read,
}

impl Operation {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Token, Self::Copy, Self::LookUp, Self::Read];
}

/// A request to the service, without the service's address.
pub struct HttpRequest {
    /// What is asked; tells the verb too.
    pub operation: Operation,
    /// The path below the base URL, percent-encoded. It may hold a salt: never show it.
    pub path: SecretString,
    /// The raw `Authorization` header (`docs/service.md`, "Addresses and headers": no scheme word).
    pub authorization: SecretString,
    /// The JSON body of a POST.
    pub body: Vec<u8>,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} with {} bytes", self.operation, self.body.len())
    }
}

/// What came of sending a request.
pub type Exchange = Result<Answer, Failure>;

/// An answer whose head was read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `Retry-After` header as it came.
    pub retry_after: Option<String>,
    /// The `Date` header as it came.
    pub date: Option<String>,
    /// What was read of the body.
    pub body: Body,
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub enum Body {
    /// All of it, by its announced length.
    Whole(Vec<u8>),
    /// What came before the connection closed, with no length announced: perhaps not all.
    Open(Vec<u8>),
    /// More than [`ANSWER_LIMIT_BYTES`].
    TooLong,
    /// It broke off, with the reason.
    Cut(String),
}

impl Body {
    /// What was read of it.
    ///
    /// # Errors
    /// Why that is no usable answer.
    pub(super) fn bytes(&self) -> Result<&[u8], String> {
        match self {
            Self::Whole(bytes) | Self::Open(bytes) => Ok(bytes),
            Self::TooLong => Err(format!("the answer is over {ANSWER_LIMIT_BYTES} bytes")),
            Self::Cut(text) => Err(format!("the answer was cut off: {text}")),
        }
    }
}

/// What is said of a connection that ended before its answer.
pub const CONNECTION_LOST: &str = "the connection was closed before an answer came";

/// No answer came. The texts name the cause for people and hold no URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No connection could be made: proof that no byte left.
    NotConnected(String),
    /// The certificate of whoever answers is not trusted: proof that no byte left. To try again
    /// changes nothing.
    NotTrusted(String),
    /// The request was given up before its first byte was written: proof that no byte left.
    NeverWritten(String),
    /// Bytes may have left, and nothing tells what became of them.
    Unknown(String),
}
