//! Whose addresses get no copy.

use super::{AddressKey, Fields};

/// A list of addresses that get no copy, as it was read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// The file's name, for the words of excluded rows.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// The addresses, each once, sorted.
    pub addresses: Vec<AddressKey>,
}

impl Exclusion {
    /// Whether one of a row's people is on it.
    pub fn holds(&self, fields: &Fields) -> bool {
        let mut addresses = fields.addresses();
        addresses.any(|(_, address)| {
            self.addresses
                .binary_search(&AddressKey::of(address))
                .is_ok()
        })
    }
}
