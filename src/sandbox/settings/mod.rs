//! Everything about a sandbox that can be chosen.

pub(super) mod shape;
pub(super) mod source;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::sandbox::error::SettingError;
use crate::sandbox::faults::rules::{Rate, Script, check_rates};
use crate::sandbox::named::named;
use crate::sandbox::tokens::secret;
use shape::Shape;
use source::KnownSource;

/// The settings of one sandbox. The default serves an honest service on a free port.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen: loopback only. Port 0 takes a free one.
    pub address: SocketAddr,
    /// The e-mail address that owns every session, and that look-ups must name.
    pub owner: String,
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
    /// How signers of the request and of the source come together. (I, assumption 8)
    pub signer_mode: SignerMode,
    /// How long look-ups don't show a new copy. (A, assumption 21)
    pub visibility_delay: Duration,
    /// How long every answer to a copy takes beyond its work. (A, assumption 32)
    pub latency: Duration,
    /// How answers look.
    pub shape: Shape,
    /// Faults by script.
    pub script: Script,
    /// Faults by rate.
    pub rates: Vec<Rate>,
    /// The seed of the rates' draws: the n-th copy meets the same fault for the same seed.
    pub seed: u64,
    /// The file that keeps the sessions over a restart.
    pub state: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            owner: "owner@example.com".to_owned(),
            api_key: secret(),
            salt: None,
            token_life: Duration::from_secs(60),
            token_single_use: false,
            known_sources: None,
            title_field: TitleField::default(),
            signer_mode: SignerMode::default(),
            visibility_delay: Duration::ZERO,
            latency: Duration::ZERO,
            shape: Shape::default(),
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

named! {
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

named! {
    /// How signers of the request and of the source come together. A request without signers
    /// takes the source's over in every mode.
    SignerMode {
        /// The request's list is final; a known id fills gaps from the source.
        Replace = "replace",
        /// Source signers that are not listed stay.
        Merge = "merge",
    }
}
