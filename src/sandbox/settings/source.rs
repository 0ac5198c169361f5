//! Sources that are known beforehand, and the states of sessions.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sandbox::error::SettingError;
use crate::sandbox::named::named;

/// A session that may be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSource {
    /// Its id.
    pub id: Uuid,
    /// Its state; purged and deleted ones refuse copies. (I, assumption 34)
    pub state: SessionState,
}

impl FromStr for KnownSource {
    type Err = SettingError;

    /// Reads `GUID` or `GUID=state`, as in `3f0c6c1e-0000-4000-8000-000000000001=purged`.
    fn from_str(text: &str) -> Result<Self, SettingError> {
        let (id, state) = match text.split_once('=') {
            Some((id, state)) => (id, state.parse()?),
            None => (text, SessionState::InSent),
        };
        let wrong = || SettingError::new(format!("'{id}' can't be the id of a source"));
        let id = read_id(id).ok_or_else(wrong)?;
        Ok(Self { id, state })
    }
}

/// An id as WCF reads it: in any letter case, with or without braces. The empty GUID, what .NET
/// has where nothing was set, is none. (W)
pub(in crate::sandbox) fn read_id(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    let is_urn = text.contains(':');
    (!is_urn && !id.is_nil()).then_some(id)
}

named! {
    /// A session's state, in the order of the codes published for the webhook. (D, I)
    #[derive(Serialize, Deserialize)]
    #[serde(into = "u8", try_from = "u8")]
    SessionState {
        /// Code 1.
        InDraft = "draft",
        /// Code 2: out for signing.
        InSent = "sent",
        /// Code 3.
        Completed = "completed",
        /// Code 4.
        Cancelled = "cancelled",
        /// Code 5.
        Deleted = "deleted",
        /// Code 6.
        InPaused = "paused",
        /// Code 7.
        Expired = "expired",
        /// Code 8.
        Purged = "purged",
        /// Code 9.
        Archived = "archived",
    }
}

impl From<SessionState> for u8 {
    fn from(state: SessionState) -> Self {
        state as Self + 1
    }
}

impl TryFrom<u8> for SessionState {
    type Error = SettingError;

    fn try_from(code: u8) -> Result<Self, SettingError> {
        let state = Self::ALL.iter().find(|state| u8::from(**state) == code);
        let wrong = || SettingError::new(format!("no session's state has the code {code}"));
        state.copied().ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_any_case_and_written_in_lower_case() {
        let id = read_id("{3F0C6C1E-0000-4000-8000-00000000000A}").expect("an id");
        assert_eq!(id.to_string(), "3f0c6c1e-0000-4000-8000-00000000000a");
        for none in [
            "3f0c6c1e",
            "",
            "00000000-0000-0000-0000-000000000000",
            "urn:uuid:3f0c6c1e-0000-4000-8000-00000000000a",
        ] {
            assert_eq!(read_id(none), None, "{none}");
        }
    }
}
