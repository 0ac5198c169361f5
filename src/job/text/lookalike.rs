//! Rows that look the same to people: two spaces or one, `é` in one character or in two.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::address::canonical_address;
use super::simplified::simplified;
use crate::job::{Column, Fields, SignerColumn};

/// What two rows without keys of their own have in common if they look alike: source, signers,
/// title and merge fields, as people see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lookalike([u8; 16]);

impl Lookalike {
    /// Of a row's cells; none for a row with a key of its own.
    pub fn of(fields: &Fields) -> Option<Self> {
        if fields.text(&Column::RowId).is_some() {
            return None;
        }
        let visible: BTreeMap<String, String> = fields
            .iter()
            .filter_map(|(column, text)| Some((column.to_string(), visible_text(column, text)?)))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        let json = serde_json::to_vec(&visible).expect("a map of texts is always JSON");
        let hash: [u8; 32] = Sha256::digest(json).into();
        let (start, _) = hash.split_first_chunk().expect("a hash has 32 bytes");
        Some(Self(*start))
    }

    /// As the ledger keeps it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A cell as people see it; none where it makes no difference.
fn visible_text(column: &Column, text: &str) -> Option<String> {
    match column {
        Column::SourceSessionId | Column::Signer(_, SignerColumn::Sequence) => {
            Some(column.canonical_value(text))
        }
        Column::Signer(_, SignerColumn::Email) => Some(canonical_address(text)),
        Column::Signer(_, SignerColumn::Id) => Some(column.canonical_value(&simplified(text))),
        Column::Title | Column::Signer(..) => Some(simplified(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(cells: &[(&str, &str)]) -> Option<Lookalike> {
        let mut fields = Fields::default();
        fields.set(
            Column::SourceSessionId,
            "3f0c6c1e-0000-4000-8000-000000000001",
        );
        for (column, text) in cells {
            fields.set(column.parse().unwrap(), text);
        }
        Lookalike::of(&fields)
    }

    #[track_caller]
    fn alike(column: &str, one: &str, other: &str) -> bool {
        let (one, other) = (key(&[(column, one)]), key(&[(column, other)]));
        assert!(one.is_some() && other.is_some());
        one == other
    }

    #[test]
    fn what_people_cannot_see_makes_no_difference() {
        for (one, other) in [
            ("Lease 2027", "Lease\u{a0}2027"),
            ("Lease 2027", "Lease  2027"),
            ("Lease 2027", "Lease \u{200b} 2027\u{feff}"),
            ("Lease 2027", "Lease\n2027"),
            ("Lease 2027", "Ｌｅａｓｅ\u{3000}２０２７"),
            ("Caf\u{e9}", "Cafe\u{301}"),
            ("a\u{2011}b", "a\u{2010}b"),
            ("ガ", "ｶﾞ"),
            ("ㄱ", "ﾡ"),
            ("¯", "￣"),
            ("co\u{ad}op", "coop"),
        ] {
            assert!(alike("title", one, other), "{one:?} {other:?}");
            assert!(
                alike("signer_1_merge_City", one, other),
                "{one:?} {other:?}"
            );
        }
        let email = "signer_1_email";
        assert!(alike(
            email,
            "cy@bücher.example",
            "CY@xn--bcher-kva.example"
        ));
        assert!(alike(
            email,
            "cy@BÜCHER.example",
            "cy@bu\u{308}cher.example"
        ));
        // Columns that are not compared.
        let with = |text| key(&[("title", "a"), ("description", text), ("row_id", "")]);
        assert_eq!(with("x"), with("y"));
    }

    #[test]
    fn what_people_see_does() {
        for (one, other) in [
            ("Lease 2027", "lease 2027"),
            ("Lease 2027", "Lease2027"),
            ("m²", "m2"),
            ("ﬁne", "fine"),
            ("Café", "Cafe"),
            ("①", "1"),
            ("ß", "ss"),
            ("½", "1/2"),
        ] {
            assert!(!alike("title", one, other), "{one} {other}");
        }
        assert!(!alike("signer_1_email", "a@x.example", "b@x.example"));
        assert!(!alike("signer_1_role", "Tenant 1", "Tenant 2"));
        let email = "ana@example.com";
        assert_ne!(
            key(&[("signer_1_email", email)]),
            key(&[("signer_2_email", email)])
        );
        assert_eq!(key(&[("row_id", "7")]), None);
    }
}
