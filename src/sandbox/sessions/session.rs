//! A session and its signers, and the sources made up at first sight.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::sandbox::settings::source::SessionState;

/// A source or a committed copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::sandbox) struct Session {
    pub(in crate::sandbox) id: Uuid,
    pub(in crate::sandbox) source: Uuid,
    /// The transaction id the request named. Empty: none.
    pub(in crate::sandbox) transaction_id: String,
    /// The copy lost its transaction id: it counts for the request, but look-ups don't find it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(in crate::sandbox) transaction_lost: bool,
    pub(in crate::sandbox) title: String,
    pub(in crate::sandbox) created_ms: i64,
    pub(in crate::sandbox) status: SessionState,
    pub(in crate::sandbox) invites: bool,
    /// `None`: those of the made-up source, which take no room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::sandbox) signers: Option<Vec<Signer>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(in crate::sandbox) extras: Extras,
}

/// A signer of a session. Its id follows from the session's id and its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sandbox) struct Signer {
    pub(in crate::sandbox) first_name: String,
    pub(in crate::sandbox) last_name: String,
    pub(in crate::sandbox) email: String,
    pub(in crate::sandbox) role: String,
    pub(in crate::sandbox) sequence: u8,
    /// Merge fields as `Key`, `Value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::sandbox) merge_fields: Vec<(String, String)>,
}

/// Session members most copies don't set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::sandbox) struct Extras {
    pub(in crate::sandbox) description: Option<String>,
    pub(in crate::sandbox) copy_to: Option<String>,
    pub(in crate::sandbox) return_url: Option<String>,
    pub(in crate::sandbox) expires_ms: Option<i64>,
    pub(in crate::sandbox) reminder_days: Option<i64>,
    pub(in crate::sandbox) use_sequence: Option<i64>,
    pub(in crate::sandbox) allow_delegation: Option<bool>,
    pub(in crate::sandbox) email_options: Option<i64>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Session {
    /// A new random id.
    pub(in crate::sandbox) fn new_id() -> Uuid {
        Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid()
    }

    /// The source made up for an id that nobody has described: with four signers.
    pub(in crate::sandbox) fn made_up(id: Uuid, status: SessionState) -> Self {
        let short = &id.to_string()[..8];
        Self {
            id,
            source: id,
            transaction_id: format!("source-{short}"),
            transaction_lost: false,
            title: format!("Session {short}"),
            // Before any run of today: a copy of it is always younger.
            created_ms: 1_735_689_600_000,
            status,
            invites: true,
            signers: None,
            extras: Extras::default(),
        }
    }

    pub(in crate::sandbox) fn signers(&self) -> Cow<'_, [Signer]> {
        match &self.signers {
            Some(signers) => Cow::Borrowed(signers),
            None => Cow::Owned(made_up_signers()),
        }
    }

    /// The id of the signer at that place: it follows from the session's, so that it takes no
    /// room and survives a restart.
    pub(in crate::sandbox) fn signer_id(&self, place: usize) -> Uuid {
        let seed = (place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (high, low) = self.id.as_u64_pair();
        let high = mix(high ^ seed);
        let low = mix(low ^ high);
        let random = Uuid::from_u64_pair(mix(high ^ low), low);
        Builder::from_random_bytes(random.into_bytes()).into_uuid()
    }

    /// Whether the session's documents are still there to be copied. (I, assumption 34)
    pub(in crate::sandbox) fn is_copyable(&self) -> bool {
        !matches!(self.status, SessionState::Deleted | SessionState::Purged)
    }
}

/// The last step of splitmix64.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The four signers every made-up source has.
pub(in crate::sandbox) fn made_up_signers() -> Vec<Signer> {
    let people = [
        ("Ada", "Byron", "ada.byron@example.com", "Buyer 1"),
        ("Ben", "Carter", "ben.carter@example.com", "Seller 1"),
        ("Cleo", "Diaz", "cleo.diaz@example.com", "Tenant 1"),
        ("Dan", "Evans", "dan.evans@example.com", "Tenant 2"),
    ];
    let signer = |((first, last, email, role), sequence): ((&str, &str, &str, &str), u8)| Signer {
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        email: email.to_owned(),
        role: role.to_owned(),
        sequence,
        merge_fields: Vec::new(),
    };
    people.into_iter().zip(1..).map(signer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signer_ids_are_stable_and_distinct() {
        let session = Session::made_up(Session::new_id(), SessionState::InSent);
        assert_eq!(session.signer_id(1), session.signer_id(1));
        assert_ne!(session.signer_id(1), session.signer_id(2));
        assert_eq!(session.signer_id(1).get_version_num(), 4);
    }
}
