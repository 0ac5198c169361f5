//! The ids of sessions, rows and transactions: what they may be, and how this program makes its own.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Why a text is not the id it should be. Finishes the sentence "'TEXT' ...".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// A session id that is not 8-4-4-4-12 hexadecimal digits.
    #[error("is not a session id (a GUID such as 3f0c6c1e-0000-4000-8000-000000000001)")]
    NotAGuid,
    /// A GUID of zeros only, which the service uses for "none".
    #[error("is the empty GUID, which is not a session")]
    EmptyGuid,
    /// A row id that is empty or longer than a key needs to be.
    #[error("is not a row id (1 to 200 characters)")]
    RowIdLength,
    /// A row id with a line break, tab or other control character.
    #[error("contains a line break or control character, which a row id can't have")]
    RowIdControl,
    /// A transaction id that would not survive as a segment of a URL path.
    #[error("is not a transaction id (1 to 64 of the characters A-Z a-z 0-9 _ -)")]
    TransactionId,
}

/// The id of a signing session: a GUID, never the empty one. `Display` is lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionId(Uuid);

impl SessionId {
    /// Reads a GUID in the form the service writes it: hyphens, no braces, any case.
    ///
    /// # Errors
    /// When the text has another form or is the empty GUID.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let is_hyphenated = text.len() == 36;
        match Uuid::try_parse(text) {
            Ok(id) if is_hyphenated && id.is_nil() => Err(InvalidId::EmptyGuid),
            Ok(id) if is_hyphenated => Ok(Self(id)),
            _ => Err(InvalidId::NotAGuid),
        }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// An id that is a text: how it is shown and taken apart.
macro_rules! text_id {
    ($name:ident, $prefix:literal) => {
        impl $name {
            /// What precedes the 26 base32 characters of an id that this program made.
            const PREFIX: &'static str = $prefix;

            /// Whether it has the form of one that this program made.
            pub fn is_generated(&self) -> bool {
                let rest = self.0.strip_prefix(Self::PREFIX);
                rest.is_some_and(|rest| rest.len() == GENERATED && is_base32(rest))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// A row's identity, never its position: the user's own key, or made from the row's content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId(String);

text_id!(RowId, "r1");

impl RowId {
    /// Takes a key that the user gave.
    ///
    /// # Errors
    /// When it is empty, over 200 characters, or has control characters.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        match text.chars().count() {
            1..=200 if text.chars().any(char::is_control) => Err(InvalidId::RowIdControl),
            1..=200 => Ok(Self(text.to_owned())),
            _ => Err(InvalidId::RowIdLength),
        }
    }

    pub(super) fn from_hash(hash: &[u8; 32]) -> Self {
        Self(format!("{}{}", Self::PREFIX, base32(hash)))
    }
}

/// The transaction id that a copy carries, and by which it can be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransactionId(String);

text_id!(TransactionId, "ec-");

impl TransactionId {
    /// Takes a transaction id that the user gave.
    ///
    /// # Errors
    /// When it is not `[A-Za-z0-9_-]{1,64}`: other characters don't survive in the look-up's
    /// URL path (`docs/service.md`, "What a path may hold").
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_owned()))
            .ok_or(InvalidId::TransactionId)
    }

    /// The default: made from a ledger's random id and a row id, so that no other ledger's row
    /// shares it and the same row always has the same one.
    pub fn generated(ledger_id: &str, row_id: &RowId) -> Self {
        let mut digest = Sha256::new();
        for part in [ledger_id, row_id.as_str()] {
            digest.update(part);
            // Kept apart by a byte that neither has.
            digest.update([0xff]);
        }
        Self(format!(
            "{}{}",
            Self::PREFIX,
            base32(&digest.finalize().into())
        ))
    }
}

/// So many base32 characters (130 bits) of a hash are an id.
pub(super) const GENERATED: usize = 26;

/// The beginning of a hash, as ids have it.
fn base32(hash: &[u8; 32]) -> String {
    let mut text = BASE32_NOPAD.encode(hash).to_ascii_lowercase();
    text.truncate(GENERATED);
    text
}

pub(super) fn is_base32(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_is_a_hyphenated_guid_that_is_not_empty() {
        let id = SessionId::parse("3F0C6C1E-0000-4000-8000-000000000001").unwrap();
        assert_eq!(id.to_string(), "3f0c6c1e-0000-4000-8000-000000000001");
        let zero = "00000000-0000-0000-0000-000000000000";
        assert_eq!(SessionId::parse(zero), Err(InvalidId::EmptyGuid));
        for text in [
            "",
            "3f0c6c1e",
            "{3f0c6c1e-0000-4000-8000-000000000001}",
            &zero[1..],
        ] {
            assert_eq!(SessionId::parse(text), Err(InvalidId::NotAGuid), "{text}");
        }
    }

    #[test]
    fn a_generated_transaction_id_is_a_valid_one_and_differs_by_ledger() {
        let row = RowId::parse("42").unwrap();
        let first = TransactionId::generated("a", &row);
        assert_eq!(TransactionId::parse(first.as_str()).unwrap(), first);
        assert!(first.is_generated() && !row.is_generated());
        assert_ne!(TransactionId::generated("b", &row), first);
    }
}
