//! A session and its signers, and the sources made up at first sight.

use serde::{Deserialize, Serialize};

use crate::sandbox::guid::Guid;
use crate::sandbox::settings::known::{KnownSource, SessionState};

/// A committed copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::sandbox) struct Session {
    pub(in crate::sandbox) id: Guid,
    pub(in crate::sandbox) source: Guid,
    /// The transaction id the request named. Empty: none.
    pub(in crate::sandbox) transaction_id: String,
    /// The copy lost its transaction id: it counts for the request, but look-ups don't find it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(in crate::sandbox) transaction_lost: bool,
    pub(in crate::sandbox) title: String,
    pub(in crate::sandbox) created_ms: i64,
    /// The published code, 1 to 9.
    pub(in crate::sandbox) status: u8,
    pub(in crate::sandbox) invites: bool,
    /// `None`: those of the made-up source, which needs no memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::sandbox) signers: Option<Vec<Signer>>,
    #[serde(default, skip_serializing_if = "Extras::is_empty")]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::sandbox) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::sandbox) copy_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::sandbox) return_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::sandbox) expires_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::sandbox) reminder_days: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::sandbox) use_sequence: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::sandbox) allow_delegation: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::sandbox) email_options: Option<i64>,
}

impl Extras {
    pub(in crate::sandbox) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Session {
    /// The id of the signer at that place, from 0.
    pub(in crate::sandbox) fn signer_id(session: Guid, place: usize) -> Guid {
        session.derive(place as u64 + 1)
    }
}

/// A session that can be copied: a known one, a made-up one, or an earlier copy.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Source {
    pub(in crate::sandbox) session: Session,
    /// Ids beside `session.signers`, which is always filled here.
    pub(in crate::sandbox) signer_ids: Vec<Guid>,
}

impl Source {
    /// The session made up for a GUID nobody has described: sent, with four signers.
    pub(in crate::sandbox) fn made_up(id: Guid) -> Self {
        Self::known(&KnownSource {
            id,
            ..KnownSource::default()
        })
    }

    /// A described session, its gaps filled like a made-up one.
    pub(in crate::sandbox) fn known(known: &KnownSource) -> Self {
        let id = known.id;
        let short = &id.to_string()[..8];
        let title = known
            .title
            .clone()
            .unwrap_or_else(|| format!("Session {short}"));
        let transaction_id = known
            .transaction_id
            .clone()
            .unwrap_or_else(|| format!("source-{short}"));
        let signers: Vec<Signer> = if known.signers.is_empty() {
            made_up_signers()
        } else {
            let signers = known.signers.iter().zip(1..);
            signers
                .map(|(signer, sequence)| described(signer, sequence))
                .collect()
        };
        let signer_ids = (0..signers.len()).map(|place| {
            let given = known.signers.get(place).and_then(|signer| signer.id);
            given.unwrap_or_else(|| Session::signer_id(id, place))
        });
        let signer_ids = signer_ids.collect();
        let session = Session {
            id,
            source: id,
            transaction_id,
            transaction_lost: false,
            title,
            // Before any run of today: a copy of it is always younger.
            created_ms: 1_735_689_600_000,
            status: known.state.code(),
            invites: true,
            signers: Some(signers),
            extras: Extras::default(),
        };
        Self {
            session,
            signer_ids,
        }
    }

    /// An earlier copy.
    pub(in crate::sandbox) fn copy(mut session: Session) -> Self {
        let signers = session.signers.take().unwrap_or_else(made_up_signers);
        let places = 0..signers.len();
        let signer_ids = places
            .map(|place| Session::signer_id(session.id, place))
            .collect();
        session.signers = Some(signers);
        Self {
            session,
            signer_ids,
        }
    }

    pub(in crate::sandbox) fn signers(&self) -> &[Signer] {
        self.session.signers.as_deref().unwrap_or_default()
    }

    /// Whether the session's documents are still there to be copied. (I, assumption 34)
    pub(in crate::sandbox) fn is_copyable(&self) -> bool {
        let gone = [SessionState::Deleted.code(), SessionState::Purged.code()];
        !gone.contains(&self.session.status)
    }
}

fn described(signer: &crate::sandbox::settings::known::KnownSigner, sequence: u8) -> Signer {
    Signer {
        first_name: signer.first_name.clone(),
        last_name: signer.last_name.clone(),
        email: signer.email.clone(),
        role: signer.role.clone(),
        sequence,
        merge_fields: Vec::new(),
    }
}

/// The four signers every made-up source has.
pub(in crate::sandbox) fn made_up_signers() -> Vec<Signer> {
    let people = [
        ("Ada", "Byron", "ada.byron@example.com", "Buyer 1"),
        ("Ben", "Carter", "ben.carter@example.com", "Seller 1"),
        ("Cleo", "Diaz", "cleo.diaz@example.com", "Tenant 1"),
        ("Dan", "Evans", "dan.evans@example.com", "Tenant 2"),
    ];
    let signers = people
        .into_iter()
        .zip(1..)
        .map(|((first, last, email, role), sequence)| Signer {
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            email: email.to_owned(),
            role: role.to_owned(),
            sequence,
            merge_fields: Vec::new(),
        });
    signers.collect()
}
