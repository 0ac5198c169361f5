//! Whose addresses get no copy.

use super::AddressKey;

/// A list of addresses that get no copy, as it was read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// The file's name, for the words of excluded rows.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// The addresses, each once.
    pub addresses: Vec<AddressKey>,
}
