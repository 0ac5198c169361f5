//! The one error of everything a user may write into the settings.

use std::fmt;

/// What is wrong with a setting: where, what, and what to write instead. One line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingError(String);

impl SettingError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The same error, with the place where it is.
    pub(super) fn at(self, place: impl fmt::Display) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

impl From<SettingError> for std::io::Error {
    fn from(error: SettingError) -> Self {
        Self::new(std::io::ErrorKind::InvalidInput, error)
    }
}
