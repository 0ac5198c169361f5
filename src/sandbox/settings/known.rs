//! Sources that are known beforehand, and the states of sessions.

use std::str::FromStr;

use super::shape::named;
use crate::sandbox::error::SettingError;
use crate::sandbox::guid::Guid;

/// A session that may be copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownSource {
    /// Its id.
    pub id: Guid,
    /// Its state; purged and deleted ones refuse copies. (I, assumption 34)
    pub state: SessionState,
    /// Its title; `None` makes one up.
    pub title: Option<String>,
    /// Its transaction id; `None` makes one up.
    pub transaction_id: Option<String>,
    /// Its signers; empty makes some up. Several may share an address. (R, assumption 9)
    pub signers: Vec<KnownSigner>,
}

/// A signer of a known source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownSigner {
    /// The id; `None` makes one up, the same each time.
    pub id: Option<Guid>,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// E-mail address.
    pub email: String,
    /// Role.
    pub role: String,
}

impl FromStr for KnownSource {
    type Err = SettingError;

    /// Reads `GUID` or `GUID=state`, as in `3f0c6c1e-0000-4000-8000-000000000001=purged`.
    fn from_str(text: &str) -> Result<Self, SettingError> {
        let (id, state) = match text.split_once('=') {
            Some((id, state)) => (id, state.parse()?),
            None => (text, SessionState::default()),
        };
        let id: Guid = id.parse()?;
        if id.is_zero() {
            return Err(SettingError::new(
                "the empty GUID can't be a source: use another",
            ));
        }
        Ok(Self {
            id,
            state,
            ..Self::default()
        })
    }
}

named! {
    /// A session's state, after the codes published for the webhook. (D, I)
    SessionState {
        /// Code 2: the state of a session that is out for signing.
        #[default]
        InSent = "sent",
        /// Code 1.
        InDraft = "draft",
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

impl SessionState {
    /// The published code, 1 to 9.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::InDraft => 1,
            Self::InSent => 2,
            Self::Completed => 3,
            Self::Cancelled => 4,
            Self::Deleted => 5,
            Self::InPaused => 6,
            Self::Expired => 7,
            Self::Purged => 8,
            Self::Archived => 9,
        }
    }

    /// The state of a code.
    pub(in crate::sandbox) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.code() == code)
    }
}
