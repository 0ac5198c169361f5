//! A session and its signers, and the sources made up at first sight.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sandbox::choice::choice;
use crate::sandbox::error::SettingError;
use crate::sandbox::ids;

/// A source or a committed copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub id: Uuid,
    pub source: Uuid,
    /// The transaction id the request named. Empty: none.
    pub transaction_id: String,
    /// The copy lost its transaction id: it counts for the request, but look-ups don't find it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub transaction_lost: bool,
    pub title: String,
    pub created_ms: i64,
    pub status: SessionState,
    pub invites: bool,
    /// `None`: those of the made-up source, which take no room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signers: Option<Vec<Signer>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub extras: Extras,
}

/// A signer of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// The id; `None`: it follows from the session's id and the signer's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// E-mail address.
    pub email: String,
    /// Role.
    pub role: String,
    /// When it is asked to sign, from 1.
    pub sequence: u8,
    /// Merge fields as `Key`, `Value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merge_fields: Vec<(String, String)>,
}

/// Session members most copies don't set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extras {
    pub description: Option<String>,
    pub copy_to: Option<String>,
    pub return_url: Option<String>,
    pub expires_ms: Option<i64>,
    pub reminder_days: Option<i64>,
    pub use_sequence: Option<i64>,
    pub allow_delegation: Option<bool>,
    pub email_options: Option<i64>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Session {
    pub fn signers(&self) -> Cow<'_, [Signer]> {
        match &self.signers {
            Some(signers) => Cow::Borrowed(signers),
            None => Cow::Owned(made_up_signers()),
        }
    }

    /// The id of the signer at that place, from 0.
    pub fn signer_id(&self, place: usize) -> Uuid {
        let given = self.signers.as_ref().and_then(|signers| signers[place].id);
        given.unwrap_or_else(|| ids::signer_id(self.id, place))
    }

    /// Whether the session's documents are still there to be copied. (I, assumption 34)
    pub fn is_copyable(&self) -> bool {
        !matches!(self.status, SessionState::Deleted | SessionState::Purged)
    }
}

/// The four signers every made-up source has.
pub fn made_up_signers() -> Vec<Signer> {
    let people = [
        ("Ada", "Byron", "ada.byron@example.com", "Buyer 1"),
        ("Ben", "Carter", "ben.carter@example.com", "Seller 1"),
        ("Cleo", "Diaz", "cleo.diaz@example.com", "Tenant 1"),
        ("Dan", "Evans", "dan.evans@example.com", "Tenant 2"),
    ];
    let signer = |((first, last, email, role), sequence): ((&str, &str, &str, &str), u8)| Signer {
        id: None,
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        email: email.to_owned(),
        role: role.to_owned(),
        sequence,
        merge_fields: Vec::new(),
    };
    people.into_iter().zip(1..).map(signer).collect()
}

choice! {
    /// A session's state, after the codes published for the webhook. (D, I)
    #[derive(Serialize, Deserialize)]
    #[serde(into = "u8", try_from = "u8")]
    SessionState {
        /// Code 2: the state of a session that is out for signing.
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

impl From<SessionState> for u8 {
    fn from(state: SessionState) -> Self {
        match state {
            SessionState::InDraft => 1,
            SessionState::InSent => 2,
            // From here on the codes are in order.
            later => later as Self + 1,
        }
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
    fn states_have_their_published_codes() {
        let states = [
            "draft",
            "sent",
            "completed",
            "cancelled",
            "deleted",
            "paused",
        ];
        let states = states.iter().chain(&["expired", "purged", "archived"]);
        for (state, code) in states.zip(1..) {
            let state: SessionState = state.parse().expect("a state");
            assert_eq!((u8::from(state), code.try_into()), (code, Ok(state)));
        }
        assert!(SessionState::try_from(10).is_err());
    }
}
