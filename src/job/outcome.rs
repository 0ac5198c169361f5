use std::fmt;
use std::str::FromStr;

use super::SessionId;

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// The service made the copy and gave its session id.
    Copied,
    /// Surely no copy, and not tried again by itself.
    Failed,
    /// A copy may exist.
    Uncertain,
    /// Surely no copy, still to do.
    Pending,
}

impl Status {
    /// Every status, in the order counts are told.
    pub const ALL: [Self; 4] = [Self::Copied, Self::Failed, Self::Uncertain, Self::Pending];

    /// The word used in ledger, report and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
            Self::Pending => "pending",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == text);
        known.ok_or_else(|| format!("'{text}' is not a status"))
    }
}

/// Why a row has no copy, or none that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The service said no.
    Refused,
    /// Proof that no byte reached the service.
    NotSent,
    /// Anything else: a copy may exist, or may have existed.
    Unknown,
    /// The manifest's values are wrong; nothing was sent.
    Invalid,
}

impl ErrorClass {
    /// The word used in ledger and report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Invalid => "invalid",
        }
    }
}

impl FromStr for ErrorClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Refused, Self::NotSent, Self::Unknown, Self::Invalid]
            .into_iter()
            .find(|class| class.as_str() == text)
            .ok_or_else(|| format!("'{text}' is not an error class"))
    }
}

/// How one attempt ended, as the ledger keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptClass {
    /// With one new session id.
    Copied,
    /// The service said no.
    Refused,
    /// Proof that no byte reached the service.
    NotSent,
    /// Anything else.
    Unknown,
}

impl AttemptClass {
    /// The word used in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Refused => "refused",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

/// What a row becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowState {
    /// Copied, under this session id.
    Copied(SessionId),
    /// Surely no copy; only the user can say that it should be tried again.
    Failed(ErrorClass),
    /// A copy may exist.
    Uncertain,
    /// Surely no copy; the class is that of its last try.
    Pending(ErrorClass),
}

/// The end of one attempt, with what becomes of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// How the attempt ended.
    pub class: AttemptClass,
    /// The HTTP status of the answer, if one came.
    pub http_status: Option<u16>,
    /// The service's words or the error, for people. Empty for a copy.
    pub text: String,
    /// What the row becomes.
    pub row: RowState,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_back_and_nothing_else_is() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert!("Copied".parse::<Status>().is_err());
    }
}
