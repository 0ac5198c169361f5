//! How an import treats what it finds.

use std::sync::Arc;

use crate::job::Exclusion;

/// How an import treats what it finds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Rows that two records name are sent once, instead of refusing the manifest.
    pub skip_duplicates: bool,
    /// Rows whose expiry is out of range today become failed, instead of refusing the manifest.
    pub skip_invalid: bool,
    /// Changes that could copy somebody twice are accepted.
    pub accept_changes: bool,
    /// Rows may name no signer, and keep their source's.
    pub keep_source_signers: bool,
    /// What a place is called, where it is not a line.
    pub place: Option<&'static str>,
    /// Whose addresses get no copy from now on; none: those stay who got none so far.
    pub exclusion: Option<Arc<Exclusion>>,
    /// At most so many copies go to one address.
    pub max_per_address: Option<u64>,
}

impl ImportOptions {
    /// What a place is called.
    pub fn place(&self) -> &'static str {
        self.place.unwrap_or("line")
    }
}
