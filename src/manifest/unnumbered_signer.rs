//! What the headers of a signer without its number (`EmailAddress`, `role`) mean in a file: the only
//! signer of each row, or columns of the list's own.

use crate::job::{Column, SignerColumn, signer_number};

/// What the unnumbered headers of a signer mean, all of a file's alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnnumberedHeaderRule {
    /// The only signer of each row.
    Signer,
    /// Columns that are kept for the report.
    #[default]
    Other,
}

/// Decides for a file's headers. A ledger reads a header as it read it at its first import:
/// `read_before` are the columns of its manifests, this one's own first. Else they are the signer where
/// no header is a numbered signer's. What `allowed` names is a column of the user's own.
pub(super) fn unnumbered_headers<'a>(
    headers: impl Iterator<Item = &'a str>,
    allowed: &[String],
    read_before: &[Vec<String>],
) -> UnnumberedHeaderRule {
    let headers: Vec<&str> = headers
        .map(str::trim)
        .filter(|header| !allowed.iter().any(|name| name == header))
        .collect();
    let mut earlier = read_before.iter();
    let earlier = earlier.find_map(|columns| as_read_before(&headers, columns));
    let is_numbered = |header: &&str| signer_number(header).is_some();
    earlier.unwrap_or_else(|| match headers.iter().any(is_numbered) {
        true => UnnumberedHeaderRule::Other,
        false => UnnumberedHeaderRule::Signer,
    })
}

fn as_read_before(headers: &[&str], columns: &[String]) -> Option<UnnumberedHeaderRule> {
    let is_unnumbered = |name: &String| SignerColumn::of_unnumbered(name).is_some();
    if columns.iter().any(is_unnumbered) {
        return Some(UnnumberedHeaderRule::Other);
    }
    let was_signer = headers.iter().any(|header| {
        SignerColumn::of_unnumbered(header).is_some_and(|member| {
            let column = Column::Signer(1, member);
            let is_it = |one: &&str| Column::of_header(one).as_ref() == Some(&column);
            !headers.iter().any(is_it) && columns.contains(&column.to_string())
        })
    });
    was_signer.then_some(UnnumberedHeaderRule::Signer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(headers: &[&str], read_before: &[&[&str]]) -> UnnumberedHeaderRule {
        let owned = |columns: &&[&str]| columns.iter().map(|name| (*name).to_owned()).collect();
        let read_before: Vec<Vec<String>> = read_before.iter().map(owned).collect();
        unnumbered_headers(headers.iter().copied(), &["Email".into()], &read_before)
    }

    #[test]
    fn numbered_signers_make_plain_headers_other_columns() {
        use UnnumberedHeaderRule::{Other, Signer};
        assert_eq!(decided(&["EmailAddress", "title"], &[]), Signer);
        assert_eq!(decided(&["EmailAddress", "Signer 2 Role"], &[]), Other);
        assert_eq!(decided(&["Email", "title"], &[]), Signer);
    }

    #[test]
    fn a_ledger_reads_a_header_as_it_did_first() {
        use UnnumberedHeaderRule::{Other, Signer};
        let plain = ["LastName", "EmailAddress"];
        assert_eq!(decided(&plain, &[&["title", "EmailAddress"]]), Other);
        assert_eq!(decided(&plain, &[&["title", "signer_1_email"]]), Signer);
        // Another signer was added since.
        let more = ["LastName", "EmailAddress", "signer_2_email"];
        let before: &[&str] = &["signer_1_last_name", "signer_1_email"];
        assert_eq!(decided(&more, &[before]), Signer);
        assert_eq!(decided(&more, &[]), Other);
        let both = ["signer_1_email", "EmailAddress"];
        assert_eq!(decided(&both, &[&["signer_1_email"]]), Other);
        // A manifest that is new to the ledger is read as the others are.
        assert_eq!(decided(&plain, &[&["title"], &["EmailAddress"]]), Other);
    }
}
