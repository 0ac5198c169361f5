//! What happened to a run that its user must know of.

use std::str::FromStr;

/// What happened to a run that its user must know of before the next command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopKind {
    /// The first copy is not what was asked for.
    Canary,
    /// The first rows were all refused.
    RefusedFirst,
    /// Too many rows failed, or were refused alike.
    Failures,
    /// The service refuses the credentials.
    Credentials,
    /// The service knows no owner of the username.
    Username,
}

impl StopKind {
    const ALL: [Self; 5] = [
        Self::Canary,
        Self::RefusedFirst,
        Self::Failures,
        Self::Credentials,
        Self::Username,
    ];

    /// The word that the ledger keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::RefusedFirst => "refused_first",
            Self::Failures => "failures",
            Self::Credentials => "credentials",
            Self::Username => "username",
        }
    }
}

impl FromStr for StopKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|trouble| trouble.as_str() == text)
            .ok_or_else(|| format!("'{text}' is no trouble of a run"))
    }
}
