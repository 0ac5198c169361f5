//! GUIDs as WCF writes them.

use std::fmt;
use std::str::FromStr;

use super::error::SettingError;

/// A GUID: read in any letter case, with or without braces; written in lower case with hyphens. (W)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guid(u128);

impl Guid {
    /// The empty GUID, all zeros: what .NET has where nothing was set. (W)
    pub const ZERO: Self = Self(0);

    /// A new random GUID, marked as version 4.
    #[must_use]
    pub fn random() -> Self {
        Self::marked(fastrand::u128(..))
    }

    /// Another GUID that follows from this one and `number`, the same each time. Ids of signers
    /// are made so: they need no memory and survive a restart.
    #[must_use]
    pub fn derive(self, number: u64) -> Self {
        let seed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let high = mix((self.0 >> 64) as u64 ^ seed);
        let low = mix(self.0 as u64 ^ high);
        Self::marked((u128::from(mix(high ^ low)) << 64) | u128::from(low))
    }

    /// Whether this is the empty GUID.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The 16 bytes, most significant first.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The GUID of 16 bytes, most significant first.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    fn marked(value: u128) -> Self {
        let version = (value & !(0xf << 76)) | (4 << 76);
        Self((version & !(3 << 62)) | (2 << 62))
    }
}

/// The last step of splitmix64.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

impl FromStr for Guid {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let wrong = || {
            SettingError::new(format!(
                "'{text}' is not a GUID: write it as 8-4-4-4-12 hexadecimal digits"
            ))
        };
        let bare = text
            .strip_prefix('{')
            .map_or(Some(text), |rest| rest.strip_suffix('}'));
        let bytes = bare.ok_or_else(wrong)?.as_bytes();
        if bytes.len() != 36 {
            return Err(wrong());
        }
        let mut value = 0_u128;
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 8 | 13 | 18 | 23) {
                if *byte != b'-' {
                    return Err(wrong());
                }
            } else {
                let digit = char::from(*byte).to_digit(16).ok_or_else(wrong)?;
                value = (value << 4) | u128::from(digit);
            }
        }
        Ok(Self(value))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        write!(
            formatter,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            value >> 96,
            (value >> 80) & 0xffff,
            (value >> 64) & 0xffff,
            (value >> 48) & 0xffff,
            value & 0xffff_ffff_ffff,
        )
    }
}

impl serde::Serialize for Guid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Guid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_read_in_any_case_and_written_in_lower_case() {
        let text = "{3F0C6C1E-0000-4000-8000-00000000000A}";
        let guid: Guid = text.parse().expect("a GUID");
        assert_eq!(guid.to_string(), "3f0c6c1e-0000-4000-8000-00000000000a");
        assert_eq!(Guid::from_bytes(guid.to_bytes()), guid);
        assert!("3f0c6c1e".parse::<Guid>().is_err());
    }

    #[test]
    fn derived_guids_are_stable_and_distinct() {
        let guid = Guid::random();
        assert_eq!(guid.derive(1), guid.derive(1));
        assert_ne!(guid.derive(1), guid.derive(2));
        assert_eq!(guid.to_string().as_bytes()[14], b'4');
    }
}
