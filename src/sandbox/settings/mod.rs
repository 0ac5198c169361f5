//! Everything about a sandbox that can be chosen.

pub(super) mod answer_style;
pub(super) mod source;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::sandbox::choice::choice;
use crate::sandbox::error::SettingError;
use crate::sandbox::faults::rules::{Rate, Script, check_rates};
use crate::sandbox::sessions::session::SessionState;
use crate::sandbox::tokens::secret;
use answer_style::AnswerStyle;
use source::KnownSource;

/// The settings of one sandbox. The default serves an honest service on a free port.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen: loopback only. Port 0 takes a free one.
    pub address: SocketAddr,
    /// The e-mail address that owns every session, and that look-ups must name.
    pub owner: String,
    /// Whether look-ups accept any username as the owner's.
    pub any_username: bool,
    /// The clear-text API key that `EncryptString` is asked to encrypt. A random one by default.
    pub api_key: String,
    /// The salt a client is told to use; `None` makes a random one. Any salt works.
    pub salt: Option<String>,
    /// How long a token lives. (A, assumption 15)
    pub token_life: Duration,
    /// Whether a token is good for one call only. (A, assumption 15)
    pub token_single_use: bool,
    /// The sources that may be copied; `None` makes one up for every GUID at first sight.
    pub known_sources: Option<Vec<KnownSource>>,
    /// Which member of a copy request names the title. (A, assumption 3)
    pub title_field: TitleField,
    /// Which member of a signer names its id. (A, assumption 4)
    pub signer_id_field: SignerIdField,
    /// How signers of the request and of the source come together. (I, assumption 8)
    pub signer_mode: SignerMode,
    /// What happens to a signer id the source doesn't have. (A, assumption 35)
    pub unknown_signer: UnknownSigner,
    /// The state of a copy. (I, assumption 18)
    pub copy_state: CopyState,
    /// What happens to an expiry more than 90 days ahead. (A, assumption 26)
    pub late_expiry: LateExpiry,
    /// How long look-ups don't show a new copy. (A, assumption 21)
    pub visibility_delay: Duration,
    /// Session states that look-ups leave out. (A, assumption 22)
    pub lookup_excludes: Vec<SessionState>,
    /// What `pageNum` counts. (A, assumption 24)
    pub page_number: PageNumber,
    /// What happens to a `pageSize` above 50. (A, assumption 25)
    pub large_page: LargePage,
    /// How long every answer to a copy takes beyond its work. (A, assumption 32)
    pub latency: Duration,
    /// How answers look.
    pub answer_style: AnswerStyle,
    /// Faults by script.
    pub script: Script,
    /// Faults by rate.
    pub rates: Vec<Rate>,
    /// The seed of the rates' draws: the n-th copy meets the same fault for the same seed.
    pub seed: u64,
    /// The file that keeps the sessions over a restart.
    pub state: Option<PathBuf>,
}

/// The sessions' owner, unless another is said.
pub const DEFAULT_OWNER: &str = "owner@example.com";

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            owner: DEFAULT_OWNER.to_owned(),
            any_username: false,
            api_key: secret(),
            salt: None,
            token_life: Duration::from_secs(60),
            token_single_use: false,
            known_sources: None,
            title_field: TitleField::default(),
            signer_id_field: SignerIdField::default(),
            signer_mode: SignerMode::default(),
            unknown_signer: UnknownSigner::default(),
            copy_state: CopyState::default(),
            late_expiry: LateExpiry::default(),
            visibility_delay: Duration::ZERO,
            lookup_excludes: vec![SessionState::Deleted],
            page_number: PageNumber::default(),
            large_page: LargePage::default(),
            latency: Duration::ZERO,
            answer_style: AnswerStyle::default(),
            script: Script::default(),
            rates: Vec::new(),
            seed: 0,
            state: None,
        }
    }
}

impl Settings {
    /// Refuses what could never work: another address than loopback, rates above 100 % in all, a
    /// salt the service would refuse, an owner that is no address.
    pub(in crate::sandbox) fn check(&self) -> Result<(), SettingError> {
        if !self.address.ip().is_loopback() {
            return Err(SettingError::new(format!(
                "{}: the sandbox listens on loopback only: use 127.0.0.1",
                self.address
            )));
        }
        if !self.owner.contains('@') || self.owner.contains('/') {
            return Err(SettingError::new(format!(
                "owner '{}' is not an e-mail address: write one like owner@example.com",
                self.owner
            )));
        }
        if let Some(salt) = &self.salt
            && (salt.is_empty() || !salt.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        {
            return Err(SettingError::new(
                "the salt may hold letters and digits only",
            ));
        }
        check_rates(&self.rates)
    }
}

choice! {
    /// Which member of a copy request names the title.
    TitleField {
        /// `Title`, else `TransactionTitle`.
        Either = "either",
        /// `Title` only.
        Title = "Title",
        /// `TransactionTitle` only.
        TransactionTitle = "TransactionTitle",
    }
}

choice! {
    /// Which member of a signer names its id.
    SignerIdField {
        /// `SignerId`, as in every sample.
        SignerId = "SignerId",
        /// `SignerID`, as in the class table.
        SignerIdUpper = "SignerID",
        /// Either of them.
        Either = "either",
    }
}

choice! {
    /// How signers of the request and of the source come together. A request without signers
    /// takes the source's over in every mode.
    SignerMode {
        /// The request's list is final; a known id fills gaps from the source.
        Replace = "replace",
        /// Source signers that are not listed stay.
        Merge = "merge",
        /// The list is final, and signers without id are matched by address.
        ByEmail = "by_email",
    }
}

choice! {
    /// What happens to a signer id the source doesn't have.
    UnknownSigner {
        /// It is a new signer. The default: made-up sources can't know a user's own ids.
        Add = "add",
        /// It is left out without a word.
        Drop = "drop",
        /// The copy is refused.
        Error = "error",
    }
}

choice! {
    /// The state of a copy.
    CopyState {
        /// A draft, status code 1.
        Draft = "draft",
        /// Out for signing at once, status code 2; invites leave.
        Sent = "sent",
    }
}

choice! {
    /// What happens to an expiry more than 90 days ahead.
    LateExpiry {
        /// The copy is refused.
        Error = "error",
        /// It becomes 90 days.
        Clamp = "clamp",
    }
}

choice! {
    /// What `pageNum` counts.
    PageNumber {
        /// Pages, from 0.
        Page = "page",
        /// Records, from 0.
        Offset = "offset",
    }
}

choice! {
    /// What happens to a `pageSize` above 50.
    LargePage {
        /// It becomes 50.
        Clamp = "clamp",
        /// The look-up is refused.
        Error = "error",
    }
}
