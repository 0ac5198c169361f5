//! How an import treats what it finds.

/// How an import treats what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Rows that two records name are sent once, instead of refusing the manifest.
    pub skip_duplicates: bool,
    /// Rows whose expiry is out of range today become failed, instead of refusing the manifest.
    pub skip_invalid: bool,
    /// Changes that could copy somebody twice are accepted.
    pub accept_changes: bool,
    /// Rows may name no signer, and keep their source's.
    pub keep_source_signers: bool,
    /// Places are the numbers of records, as in JSON, and not lines.
    pub counts_records: bool,
}

impl ImportOptions {
    /// What a place is called.
    pub fn place(&self) -> &'static str {
        if self.counts_records {
            "record"
        } else {
            "line"
        }
    }
}
