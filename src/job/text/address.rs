//! E-mail addresses as they are compared: two ways to write one address are one.

use sha2::{Digest, Sha256};

use super::simplified::simplified;

/// An address as people see it: in lower case, with its domain as it stands in a request for it (UTS 46).
pub fn canonical_address(text: &str) -> String {
    let text = simplified(text);
    let Some((name, domain)) = text.rsplit_once('@') else {
        return text.to_lowercase();
    };
    let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase());
    format!("{}@{domain}", name.to_lowercase())
}

/// What all ways to write one address share. It does not tell the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressKey([u8; 16]);

impl AddressKey {
    /// That of an address.
    pub fn of(address: &str) -> Self {
        let hash: [u8; 32] = Sha256::digest(canonical_address(address)).into();
        let (start, _) = hash.split_first_chunk().expect("a hash has 32 bytes");
        Self(*start)
    }

    /// As the ledger keeps it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("ana@example.com", " Ana@EXAMPLE.com "),
            ("ana@example.com", "ana\u{200b}@example.com"),
            ("ana@example.com", "ａｎａ@example.com"),
            ("cy@b\u{fc}cher.example", "CY@xn--bcher-kva.example"),
            ("jos\u{e9}@example.com", "jose\u{301}@example.com"),
        ] {
            assert_eq!(AddressKey::of(one), AddressKey::of(other), "{other}");
        }
        for other in ["an@example.com", "ana@example.org", "ana+1@example.com"] {
            assert_ne!(AddressKey::of("ana@example.com"), AddressKey::of(other));
        }
    }
}
