//! How a session that the service shows compares with what was asked for.

use unicode_normalization::UnicodeNormalization;

use super::Job;
use crate::job::SignerColumn;
use crate::request::RemoteSession;

/// What differs, for people.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CopyComparison {
    /// In what it is another than was asked for.
    pub(super) differing: Vec<String>,
    /// What is only written otherwise: white space, line breaks, the Unicode form.
    pub(super) respelt: Vec<String>,
    /// The members that could not be compared.
    pub(super) lacking: Vec<&'static str>,
}

pub(super) fn compare_copy(job: &Job, session: &RemoteSession) -> CopyComparison {
    let mut found = CopyComparison::default();
    match &session.transaction_id {
        None => found.lacking.push("TransactionId"),
        Some(has) => {
            let wanted = job.transaction_id.as_str();
            found.note("transaction id", &[has], wanted);
        }
    }
    if let Some(wanted) = job.request.title() {
        let shown: Vec<&String> = session.titles.iter().collect();
        match shown.is_empty() {
            true => found.lacking.push("Title"),
            false => found.note("title", &shown, wanted),
        }
    }
    let emails = job.request.signers.iter();
    let emails: Vec<String> = emails
        .filter_map(|signer| signer.text(&SignerColumn::Email))
        .map(str::to_lowercase)
        .collect();
    match session.emails() {
        None if !emails.is_empty() => found.lacking.push("Signers"),
        None => {}
        Some(has) => {
            for email in emails.iter().filter(|email| !has.contains(&email.as_str())) {
                match has.iter().find(|has| letters(has) == letters(email)) {
                    Some(has) => found
                        .respelt
                        .push(format!("a signer has {has:?}, not {email:?}")),
                    None => found.differing.push(format!("no signer has {email}")),
                }
            }
        }
    }
    found
}

impl CopyComparison {
    /// Compares a text with those that are shown for it. What can't be seen is written as a number.
    fn note(&mut self, what: &str, shown: &[&String], wanted: &str) {
        if shown.iter().any(|has| *has == wanted) {
            return;
        }
        if let Some(has) = shown.iter().find(|has| letters(has) == letters(wanted)) {
            let place = place_of_difference(has, wanted);
            self.respelt
                .push(format!("its {what} is {has:?}, not {wanted:?}{place}"));
            return;
        }
        let has = shown.iter().find(|has| !has.is_empty());
        let has = has.map_or("", |has| has.as_str());
        let place = place_of_difference(has, wanted);
        self.differing
            .push(format!("its {what} is '{has}', not '{wanted}'{place}"));
    }
}

/// Where two texts first differ, if a reader could miss it: by a letter that looks like another, or by one that
/// can't be seen.
fn place_of_difference(has: &str, wanted: &str) -> String {
    let letters = has.chars().map(Some).chain([None]);
    let others = wanted.chars().map(Some).chain([None]);
    let mut pairs = (1..).zip(letters.zip(others));
    match pairs.find(|(_, (one, other))| one != other) {
        Some((number, (one, other)))
            if [one, other]
                .into_iter()
                .flatten()
                .any(|letter| !letter.is_ascii()) =>
        {
            format!(
                " (character {number} is {}, not {})",
                named(one),
                named(other)
            )
        }
        _ => String::new(),
    }
}

/// A letter with its number in Unicode.
fn named(letter: Option<char>) -> String {
    match letter {
        None => "the end".into(),
        Some(letter) if letter.is_alphanumeric() => {
            format!("'{letter}', U+{:04X}", u32::from(letter))
        }
        Some(letter) => format!("U+{:04X}", u32::from(letter)),
    }
}

/// A text without its white space, in one Unicode form.
fn letters(text: &str) -> String {
    let text = text.nfkc();
    text.filter(|letter| !letter.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::RowKey;
    use crate::job::{Column, CopyRequest, Fields, RowId, SessionId, TransactionId};
    use crate::request::RemoteSigner;

    const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";

    fn id() -> SessionId {
        SessionId::parse("aaaaaaaa-0000-4000-8000-00000000000a").unwrap()
    }

    fn job() -> Job {
        let mut fields = Fields::default();
        fields.set(Column::SourceSessionId, SOURCE);
        fields.set(Column::Title, "Lease");
        fields.set("signer_1_email".parse().unwrap(), "Ana@Example.com");
        Job {
            key: RowKey(1),
            row_id: RowId::parse("1").unwrap(),
            name: "row 1".into(),
            request: CopyRequest::from_fields(&fields).unwrap(),
            transaction_id: TransactionId::parse("t").unwrap(),
        }
    }

    #[test]
    fn a_difference_that_nobody_sees_has_its_place() {
        for (has, place) in [
            (
                "L\u{435}ase",
                " (character 2 is '\u{435}', U+0435, not 'e', U+0065)",
            ),
            ("Lea\u{200b}se", " (character 4 is U+200B, not 's', U+0073)"),
            ("Lease\u{2060}", " (character 6 is U+2060, not the end)"),
            ("Leese", ""),
            ("Leas", ""),
        ] {
            assert_eq!(place_of_difference(has, "Lease"), place);
        }
    }

    fn signer(email: &str) -> RemoteSigner {
        RemoteSigner {
            email: Some(email.into()),
            ..RemoteSigner::default()
        }
    }

    fn session() -> RemoteSession {
        RemoteSession {
            id: id(),
            transaction_id: Some("t".into()),
            titles: vec!["Lease".into()],
            created_at: None,
            owner_email: None,
            signers: Some(vec![signer("ana@example.com"), signer("owner@example.com")]),
        }
    }

    #[test]
    fn a_copy_must_be_what_was_asked_for() {
        assert_eq!(compare_copy(&job(), &session()), CopyComparison::default());
        let other = RemoteSession {
            transaction_id: Some("u".into()),
            titles: vec!["Other".into()],
            signers: Some(vec![signer("bo@example.com")]),
            ..session()
        };
        let found = compare_copy(&job(), &other);
        assert_eq!(
            found.differing,
            [
                "its transaction id is 'u', not 't'",
                "its title is 'Other', not 'Lease'",
                "no signer has ana@example.com"
            ]
        );
        let either = RemoteSession {
            titles: vec!["Source's".into(), "Lease".into()],
            ..session()
        };
        assert!(compare_copy(&job(), &either).differing.is_empty());
    }

    #[test]
    fn what_the_answer_lacks_is_no_difference() {
        let bare = RemoteSession {
            transaction_id: None,
            titles: vec![],
            signers: None,
            ..session()
        };
        let found = compare_copy(&job(), &bare);
        assert!(found.differing.is_empty());
        assert_eq!(found.lacking, ["TransactionId", "Title", "Signers"]);
    }

    #[test]
    fn white_space_line_breaks_and_the_unicode_form_are_no_other_title() {
        let mut job = job();
        job.request
            .values
            .insert(Column::Title, "Caf\u{e9} lease 2027".into());
        for (shown, seen) in [
            ("Caf\u{e9}  lease 2027 ", "Caf\u{e9}  lease 2027 "),
            ("Caf\u{e9} lease\u{a0}2027", "Caf\u{e9} lease\\u{a0}2027"),
            ("Caf\u{e9} lease\r\n2027", "Caf\u{e9} lease\\r\\n2027"),
            ("Cafe\u{301} lease 2027", "Cafe\\u{301} lease 2027"),
        ] {
            let session = RemoteSession {
                titles: vec!["Source's".into(), shown.into()],
                ..session()
            };
            let found = compare_copy(&job, &session);
            let named = match () {
                () if shown.contains('\u{a0}') => " (character 11 is U+00A0, not U+0020)",
                () if shown.contains('\u{301}') => {
                    " (character 4 is 'e', U+0065, not '\u{e9}', U+00E9)"
                }
                () => "",
            };
            let expected = format!("its title is \"{seen}\", not \"Caf\u{e9} lease 2027\"{named}");
            assert_eq!((found.differing, found.respelt), (vec![], vec![expected]));
        }
        for shown in [
            "Cafe lease 2027",
            "caf\u{e9} lease 2027",
            "Caf\u{e9} lease 202",
        ] {
            let session = RemoteSession {
                titles: vec![shown.into()],
                ..session()
            };
            let found = compare_copy(&job, &session);
            assert_eq!(
                (found.differing.len(), found.respelt.len()),
                (1, 0),
                "{shown}"
            );
        }
    }

    #[test]
    fn an_address_in_another_unicode_form_is_the_same() {
        let mut job = job();
        let email = "Jos\u{e9}@example.com".into();
        job.request.signers[0].0.insert(SignerColumn::Email, email);
        let of = |email: &str| RemoteSession {
            signers: Some(vec![signer(email)]),
            ..session()
        };
        let found = compare_copy(&job, &of("jose\u{301}@example.com"));
        assert_eq!((found.differing.len(), found.respelt.len()), (0, 1));
        let found = compare_copy(&job, &of("jose@example.com"));
        assert_eq!((found.differing.len(), found.respelt.len()), (1, 0));
    }
}
