//! Sources that are known beforehand.

use std::str::FromStr;

use uuid::Uuid;

use crate::sandbox::error::SettingError;
use crate::sandbox::ids::read_id;
use crate::sandbox::sessions::session::{Extras, Session, SessionState, Signer};

/// A session that may be copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownSource {
    /// Its id.
    pub id: Uuid,
    /// Its state; purged and deleted ones refuse copies. (I, assumption 34)
    pub state: SessionState,
    /// Its title; `None` makes one up.
    pub title: Option<String>,
    /// Its transaction id; `None` makes one up.
    pub transaction_id: Option<String>,
    /// Its signers; empty makes some up. Several may share an address. (R, assumption 9)
    pub signers: Vec<Signer>,
}

impl KnownSource {
    /// The session that is described, its gaps filled.
    pub(in crate::sandbox) fn session(&self) -> Session {
        let short = &self.id.to_string()[..8];
        let title = self.title.clone();
        let transaction_id = self.transaction_id.clone();
        let is_made_up = self.signers.is_empty();
        Session {
            id: self.id,
            source: self.id,
            transaction_id: transaction_id.unwrap_or_else(|| format!("source-{short}")),
            transaction_lost: false,
            title: title.unwrap_or_else(|| format!("Session {short}")),
            // Before any run of today: a copy of it is always younger.
            created_ms: 1_735_689_600_000,
            status: self.state,
            invites: true,
            signers: (!is_made_up).then(|| self.signers.clone()),
            extras: Extras::default(),
        }
    }
}

/// The session made up for an id that nobody has described: sent, with four signers.
pub(in crate::sandbox) fn made_up(id: Uuid) -> Session {
    let source = KnownSource {
        id,
        ..KnownSource::default()
    };
    source.session()
}

impl FromStr for KnownSource {
    type Err = SettingError;

    /// Reads `GUID` or `GUID=state`, as in `3f0c6c1e-0000-4000-8000-000000000001=purged`.
    fn from_str(text: &str) -> Result<Self, SettingError> {
        let (id, state) = match text.split_once('=') {
            Some((id, state)) => (id, state.parse()?),
            None => (text, SessionState::default()),
        };
        let id = read_id(id)?;
        if id.is_nil() {
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
