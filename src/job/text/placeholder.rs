//! Templates that nobody filled in: `{{first_name}}`, `«Vorname»`.

use std::collections::HashSet;

use crate::job::{Column, SignerColumn, normalised};

/// The headers of a list, in any spelling: what a placeholder may stand around.
#[derive(Debug, Clone, Default)]
pub struct HeaderNames(HashSet<String>);

impl HeaderNames {
    /// The names of some headers.
    pub fn new(headers: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut names = Self::default();
        for header in headers {
            names.add(header.as_ref().trim_start_matches("input."));
        }
        names
    }

    /// Adds one more. A merge field goes by its own name as well: `City` for `signer_1_merge_City`.
    pub fn add(&mut self, header: &str) {
        let name = normalised(header);
        if name.is_empty() || self.0.contains(&name) {
            return;
        }
        if let Some((_, key)) = name.split_once("merge").filter(|(start, key)| {
            let number = start.strip_prefix("signer").unwrap_or_default();
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            !number.is_empty() && is_number && !key.is_empty()
        }) {
            self.0.insert(key.to_owned());
        }
        self.0.insert(name);
    }

    fn has(&self, word: &str) -> bool {
        let name = normalised(word);
        self.0.contains(&name)
            || Column::of_header(word).is_some()
            || SignerColumn::of_unnumbered(word).is_some()
            || is_signer_column(&name)
    }
}

/// Also with a number that no signer has, and a merge field without a name.
fn is_signer_column(name: &str) -> bool {
    let rest = name.strip_prefix("signer").unwrap_or_default();
    let member = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_member = || member.starts_with("merge") || SignerColumn::of_name(member).is_some();
    member.len() < rest.len() && is_member()
}

const MARKS: [(&str, &str); 5] = [
    ("{{", "}}"),
    ("${", "}"),
    ("<<", ">>"),
    ("«", "»"),
    ("[[", "]]"),
];

/// The first placeholder of a text, as it stands there: marks around a header, a known column or a
/// word with `_`. Marks around anything else are the text's own: `«Les Lilas»`.
pub(super) fn unfilled(text: &str, headers: &HeaderNames) -> Option<String> {
    if !text.contains(['{', '<', '«', '[']) {
        return None;
    }
    MARKS.into_iter().find_map(|(open, close)| {
        text.match_indices(open).find_map(|(at, _)| {
            let inner = &text[at + open.len()..];
            let inner = &inner[..inner.find(close)?];
            is_name(inner, headers).then(|| format!("{open}{inner}{close}"))
        })
    })
}

/// Also with what template languages allow behind a name and before it: `{{ row.unit | upper }}`.
fn is_name(inner: &str, headers: &HeaderNames) -> bool {
    let inner = inner.trim_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '['));
    let name = inner.split(['|', ':']).next().unwrap_or_default().trim();
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_word = name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let has_letter = name.chars().any(char::is_alphanumeric);
    let names_column = [inner, name, last]
        .into_iter()
        .any(|name| !normalised(name).is_empty() && headers.has(name));
    names_column || is_word && has_letter && name.contains('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_names_a_header_a_known_column_or_a_word_of_a_program() {
        let headers = HeaderNames::new([
            "Vorname",
            "Unit No",
            "input.status",
            "signer_1_merge_City",
            "Signer 2 Merge Move-In Date",
        ]);
        for (text, expected) in [
            ("Lease {{title}}", "{{title}}"),
            ("{{ first_name }}", "{{ first_name }}"),
            ("Dear ${Vorname},", "${Vorname}"),
            ("<<unit no>>", "<<unit no>>"),
            ("Bail «Unit_No»", "«Unit_No»"),
            ("[[EmailAddress]]", "[[EmailAddress]]"),
            ("{{signer1email}}", "{{signer1email}}"),
            ("{{{title}}}", "{{{title}}"),
            (
                "{{ recipient.email | lower }}",
                "{{ recipient.email | lower }}",
            ),
            ("{{customer_no}}", "{{customer_no}}"),
            ("«status»", "«status»"),
            ("«Les Lilas» {{title}}", "{{title}}"),
            ("Lease in {{City}}", "{{City}}"),
            ("«Move-in date»", "«Move-in date»"),
        ] {
            assert_eq!(
                unfilled(text, &headers).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        for text in [
            "Bail «Les Lilas»",
            "{{x}}",
            "[[1]]",
            "<<>>",
            "a << b >> c",
            "${5}",
            "{title}",
            "[[____]]",
            "{{title",
            "title",
            "{{a b_c d}}",
        ] {
            assert_eq!(unfilled(text, &headers), None, "{text}");
        }
    }
}
