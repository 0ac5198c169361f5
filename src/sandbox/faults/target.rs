//! What a rule is about.

use std::fmt;
use std::str::FromStr;

use crate::sandbox::error::SettingError;

/// Which requests a rule is about.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// `POST sessions/copy`.
    #[default]
    Copy,
    /// `GET gettoken`.
    Token,
    /// One session: get, start, cancel, delete.
    Session,
    /// Lists: by transaction id, by state.
    Lookup,
}

impl FromStr for Target {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        Ok(match text {
            "copy" => Self::Copy,
            "token" => Self::Token,
            "session" => Self::Session,
            "lookup" => Self::Lookup,
            _ => {
                return Err(SettingError::new(format!(
                    "no target '{text}': write copy, token, session or lookup"
                )));
            }
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Copy => "copy",
            Self::Token => "token",
            Self::Session => "session",
            Self::Lookup => "lookup",
        })
    }
}
