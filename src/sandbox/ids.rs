//! Ids: GUIDs as WCF reads them and .NET makes them.

use uuid::{Builder, Uuid};

use super::error::SettingError;

/// Reads an id in any letter case, with or without braces. (W)
pub fn read_id(text: &str) -> Result<Uuid, SettingError> {
    let is_hyphenated = matches!(text.len(), 36 | 38);
    let id = Uuid::try_parse(text).ok().filter(|_| is_hyphenated);
    id.ok_or_else(|| {
        SettingError::new(format!(
            "'{text}' is not a GUID: write it as 8-4-4-4-12 hexadecimal digits"
        ))
    })
}

/// A new random id.
pub fn new_id() -> Uuid {
    Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid()
}

/// The id of the signer at a place, from 0: it follows from the session's, so that it takes no
/// room and survives a restart.
pub fn signer_id(session: Uuid, place: usize) -> Uuid {
    let seed = (place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (high, low) = session.as_u64_pair();
    let high = mix(high ^ seed);
    let low = mix(low ^ high);
    let random = Uuid::from_u64_pair(mix(high ^ low), low);
    Builder::from_random_bytes(random.into_bytes()).into_uuid()
}

/// The last step of splitmix64.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_read_in_any_case_and_written_in_lower_case() {
        let text = "{3F0C6C1E-0000-4000-8000-00000000000A}";
        let id = read_id(text).expect("a GUID");
        assert_eq!(id.to_string(), "3f0c6c1e-0000-4000-8000-00000000000a");
        assert_eq!(Uuid::from_bytes(id.into_bytes()), id);
        for wrong in ["3f0c6c1e", "3f0c6c1e00004000800000000000000a"] {
            assert!(read_id(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ids_of_signers_are_stable_and_distinct() {
        let id = new_id();
        assert_eq!(signer_id(id, 0), signer_id(id, 0));
        assert_ne!(signer_id(id, 0), signer_id(id, 1));
        assert_eq!(signer_id(id, 0).to_string().as_bytes()[14], b'4');
    }
}
