//! How rows and attempts end, and the words by which ledger, report and messages say so.

use std::fmt;
use std::str::FromStr;

use super::SessionId;

/// An enum each of whose values is one stored word: its line says both.
macro_rules! stored_words {
    (
        $(#[$doc:meta])+ $name:ident, $what:literal;
        $($(#[$value_doc:meta])+ $value:ident = $word:literal;)+
    ) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$value_doc])+ $value,)+
        }

        impl $name {
            /// Every one, in the order in which they are listed.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$value),+];

            /// The stored word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let known = Self::ALL.into_iter().find(|one| one.as_str() == text);
                known.ok_or_else(|| format!("'{text}' is {}", $what))
            }
        }
    };
}

stored_words! {
    /// How a row stands.
    Status, "not a status";
    /// The service made the copy and gave its session id.
    Copied = "copied";
    /// No copy was made, and the row is not tried again by itself.
    Failed = "failed";
    /// A copy may exist.
    Uncertain = "uncertain";
    /// No copy was made, and the row is still to do.
    Pending = "pending";
}

stored_words! {
    /// Why a row has no copy, or none that is known.
    ErrorClass, "not an error class";
    /// The service said no.
    Refused = "refused";
    /// Proof that no byte reached the service.
    NotSent = "not_sent";
    /// Anything else: a copy may exist, or may have existed.
    Unknown = "unknown";
    /// The manifest's values are wrong; nothing was sent.
    Invalid = "invalid";
    /// One of its people is to get no copy; nothing was sent.
    Excluded = "excluded";
}

stored_words! {
    /// How one attempt ended.
    AttemptClass, "not the class of an attempt";
    /// With one new session id.
    Copied = "copied";
    /// The service said no.
    Refused = "refused";
    /// Proof that no byte reached the service.
    NotSent = "not_sent";
    /// Anything else.
    Unknown = "unknown";
}

stored_words! {
    /// What happened to a run that its user must know of before the next command.
    StopKind, "no trouble of a run";
    /// The first copy is not what was asked for.
    Canary = "canary";
    /// The first rows were all refused.
    RefusedFirst = "refused_first";
    /// Too many rows failed, or were refused alike.
    Failures = "failures";
    /// The service refuses the credentials.
    Credentials = "credentials";
    /// The service knows no owner of the username.
    Username = "username";
}

/// What a row becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowState {
    /// Copied, under this session id.
    Copied(SessionId),
    /// No copy was made; only the user can say that it should be tried again.
    Failed(ErrorClass),
    /// A copy may exist.
    Uncertain,
    /// No copy was made; the class is that of its last try.
    Pending(ErrorClass),
}

impl RowState {
    /// The status of such a row.
    pub fn status(&self) -> Status {
        match self {
            Self::Copied(_) => Status::Copied,
            Self::Failed(_) => Status::Failed,
            Self::Uncertain => Status::Uncertain,
            Self::Pending(_) => Status::Pending,
        }
    }
}

/// The end of one attempt, with what becomes of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptOutcome {
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
